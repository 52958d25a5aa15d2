import itertools
from contextlib import nullcontext

import numpy as np
import pytest
import torch
from conftest import probabilities
from test_models import BIG, NETWORKS, SETTINGS, network

from hsi.inference import _probabilities
from hsi.patches import pad
from hsi.portions import Portions
from hsi.reduce import fit_pca
from hsi.symmetry import turned, turned_each, turned_pixels
from hsi.training import _scene_step, _window_step, fit
from hsi.windows import windows

SCENE = {"batch": None, "rate": 3e-3, "schedule": "one_cycle", "weight_decay": 0.01}
WINDOWS = {"batch": 16, "rate": 1e-3, "schedule": "constant", "weight_decay": 0.0}


@pytest.fixture(scope="module")
def scene(cube, truth) -> dict[str, torch.Tensor]:
    projection, _ = fit_pca(cube, np.ones(truth.shape, bool), 13, whiten=True)
    rows, columns = np.nonzero(truth)
    some = np.random.default_rng(0).permutation(len(rows))[:60]
    return {
        "padded": torch.from_numpy(pad(projection.apply(cube), 9)),
        "rows": torch.from_numpy(rows[some]),
        "columns": torch.from_numpy(columns[some]),
        "targets": torch.from_numpy(truth[rows[some], columns[some]].astype(np.int64) - 1),
    }


def small(**changes):
    return network(components=13, window=9, classes=3, **changes)


def training(scene, recipe, *, resume=None, epochs=12, model=None, **changes):
    torch.manual_seed(7)
    model = model or small()
    settings = {"smoothing": 0.0, "augment": True, "seed": 7, "epochs": epochs, "resume": resume}
    settings["precision"] = "float32"
    return model, fit(model, **scene, **{**recipe, **settings, **changes})


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])
def test_it_learns_a_separable_scene(scene, recipe, precision):
    model, epochs = training(scene, recipe, epochs=30, precision=precision)
    assert {each.dtype for each in model.parameters()} == {torch.float32}
    losses = [epoch.loss for epoch in epochs]
    assert losses[0] > 0.9
    assert losses[-1] < 0.2
    predicted = probabilities(
        model, scene["padded"].numpy(), None, scene["rows"].numpy(), scene["columns"].numpy(), False
    ).argmax(1)
    assert (predicted == scene["targets"].numpy()).mean() > 0.95


@pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])
def test_the_same_seed_gives_the_same_bits(scene, recipe):
    states = []
    for _ in range(2):
        model, epochs = training(scene, recipe, epochs=3)
        losses = [epoch.loss for epoch in epochs]
        states.append((losses, model.state_dict()))
    assert states[0][0] == states[1][0]
    for name, value in states[0][1].items():
        assert torch.equal(value, states[1][1][name]), name
    model, epochs = training(scene, recipe, epochs=3, seed=8)
    assert [epoch.loss for epoch in epochs] != states[0][0]


@pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])
def test_a_resumed_training_ends_as_an_uninterrupted_one(scene, recipe, tmp_path):
    whole, epochs = training(scene, recipe, epochs=6)
    losses = [epoch.loss for epoch in epochs]

    _, epochs = training(scene, recipe, epochs=6)
    stopped = list(itertools.islice(epochs, 3))[-1]
    torch.save(stopped.state, tmp_path / "state.pt")
    torch.rand(5)  # whatever a new process has drawn meanwhile
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    other = small()
    model, epochs = training(scene, recipe, epochs=6, resume=state, model=other)
    rest = list(epochs)
    assert [epoch.number for epoch in rest] == [4, 5, 6]
    assert [epoch.loss for epoch in rest] == losses[3:]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


@pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in BIG])
def test_every_network_trains_by_either_batching(scene, recipe, name):
    model = network(name, components=13, window=9, classes=3, attention="se")
    before = {key: value.clone() for key, value in model.named_parameters()}
    _, epochs = training(scene, recipe, epochs=2, model=model)
    assert all(0 < epoch.loss < 10 for epoch in epochs)
    for key, value in model.named_parameters():
        assert not torch.equal(value, before[key]), f"{key} never moves"


def test_a_loss_that_is_not_finite_stops_with_the_key_to_change(scene):
    _, epochs = training(scene, SCENE, rate=1e20, schedule="constant")
    with pytest.raises(
        ValueError, match=r"the loss became .* in epoch \d+; lower train\.scene\.rate"
    ):
        list(epochs)


def test_the_schedule_ends_where_the_training_does(scene):
    _, epochs = training(scene, SCENE, epochs=8)
    rates = [epoch.rate for epoch in epochs]
    assert max(rates) == pytest.approx(3e-3, rel=0.2)
    assert rates[-1] < 1e-5
    _, epochs = training(scene, WINDOWS, epochs=2)
    assert [epoch.rate for epoch in epochs] == [1e-3, 1e-3]


@pytest.mark.parametrize("symmetry", range(8))
def test_turning_a_scene_turns_each_window_and_keeps_its_pixel(symmetry):
    padded = torch.randn(2, 9, 12)
    rows, columns = torch.tensor([0, 4, 2]), torch.tensor([7, 0, 3])
    before = windows(padded, 5)[rows, columns]
    there = turned_pixels(rows, columns, (5, 8), symmetry)
    after = windows(turned(padded, symmetry), 5)[there[0], there[1]]
    assert torch.equal(after, turned(before, symmetry))


def test_each_image_of_a_batch_is_turned_its_own_way():
    images = torch.randn(16, 2, 5, 5)
    symmetry = torch.arange(16) % 8
    expected = torch.stack(
        [turned(image, int(way)) for image, way in zip(images, symmetry, strict=True)]
    )
    assert torch.equal(turned_each(images, symmetry), expected)


def test_the_eight_symmetries_differ():
    image = torch.arange(9.0).view(3, 3)
    assert len({tuple(turned(image, k).flatten().tolist()) for k in range(8)}) == 8


def gradients(model, scene, portion, monkeypatch, precision="float32"):
    monkeypatch.setattr("hsi.training.portions", lambda model, components: Portions(portion, 0))
    model.zero_grad()
    steps = fit(
        model, **scene, **{**SCENE, "rate": 1e-9}, smoothing=0.1, augment=True, seed=1, epochs=1,
        precision=precision, resume=None,
    )  # fmt: skip
    next(steps)
    return {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("attention", SETTINGS)
def test_portions_of_windows_give_the_gradient_of_all_at_once(scene, attention, monkeypatch):
    torch.manual_seed(0)
    both = ["conv2d", "conv3d"]
    model = small(batch_norm=False, dropout=0.0, attention=attention, attention_at=both)
    whole = gradients(model, scene, 1000, monkeypatch)
    parts = gradients(model, scene, 7, monkeypatch)
    for name, gradient in whole.items():
        torch.testing.assert_close(parts[name], gradient, atol=1e-6, rtol=1e-3)


def test_bfloat16_points_the_gradient_where_float32_does(scene, monkeypatch):
    torch.manual_seed(0)
    model = small(batch_norm=False, dropout=0.0, attention="se")
    exact = gradients(model, scene, 1000, monkeypatch)
    rounded = gradients(model, scene, 7, monkeypatch, precision="bfloat16")
    for name, gradient in exact.items():
        assert rounded[name].dtype == torch.float32
        assert not torch.equal(rounded[name], gradient), f"{name} was not computed in bfloat16"
        torch.testing.assert_close(rounded[name].norm(), gradient.norm(), rtol=0.05, atol=0)
        cosine = torch.cosine_similarity(rounded[name].flatten(), gradient.flatten(), dim=0)
        assert cosine > 0.99, name


def test_scene_and_windows_batching_compute_the_same_gradient(scene):
    torch.manual_seed(0)
    model = small(batch_norm=False, dropout=0.0)
    found = []
    for batch in (None, len(scene["rows"])):
        model.zero_grad()
        plain = {"rate": 1e-9, "schedule": "constant", "weight_decay": 0.0, "augment": False}
        steps = fit(
            model, **scene, **plain, batch=batch, smoothing=0.0, seed=1, epochs=1,
            precision="float32", resume=None,
        )  # fmt: skip
        loss = next(steps).loss
        found.append((loss, {name: p.grad.clone() for name, p in model.named_parameters()}))
    assert found[0][0] == pytest.approx(found[1][0], rel=1e-5)
    for name, gradient in found[0][1].items():
        torch.testing.assert_close(found[1][1][name], gradient, atol=1e-6, rtol=1e-3)


def test_what_a_side_may_not_see_does_not_touch_its_weights(scene):
    """Pixels further than half a window from every training pixel decide nothing."""
    near = {key: value[scene["rows"] < 12] for key, value in scene.items() if key != "padded"}
    states = []
    for change in (0.0, 5.0):
        padded = scene["padded"].clone()
        padded[:, 12 + 2 * 4 :] += change  # starts one row beyond the last window
        plain = {"augment": False, "epochs": 2}
        model, epochs = training({**near, "padded": padded}, WINDOWS, **plain)
        assert [epoch.number for epoch in epochs] == [1, 2]
        states.append(model.state_dict())
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name


def never_waits(model):
    """Train and classify on torch's meta device, which stands in for a GPU.

    It refuses to mix devices, and to tell a value: whatever makes Python wait for a GPU fails here.
    """
    model.to("meta")
    padded = torch.empty(13, 28, 29, device="meta")
    rows, columns, targets = torch.empty(3, 60, dtype=torch.int64, device="meta")
    data = padded, rows, columns, targets
    on_scene = _scene_step(model, *data, 0.1, True, nullcontext, at_once=16)
    on_windows = _window_step(model, *data, 0.1, True, nullcontext)
    answers = _probabilities(model, padded, (rows, columns), at_once=16)
    assert {each.device.type for each in (on_scene, on_windows, answers)} == {"meta"}
    assert answers.shape == (60, 3)
    assert all(each.grad is not None for each in model.parameters())


@pytest.mark.parametrize("attention", SETTINGS)
def test_a_step_never_waits_for_its_device(attention):
    never_waits(small(attention=attention))


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in BIG])
def test_no_network_waits_for_its_device(name):
    never_waits(small(name=name))

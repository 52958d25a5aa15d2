import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from examples import QUICK, SCENE, WINDOWS, probabilities, request, small, training

from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.networks.memory import MemoryLimits
from hsi.reduction.pca import fit_pca
from hsi.split.blocks import block_split
from hsi.training.loop import fit
from hsi.training.samples import Samples

by_recipe = pytest.mark.parametrize("recipe", [SCENE, WINDOWS], ids=["scene", "windows"])


@pytest.mark.parametrize(
    ("recipe", "epochs"), [(SCENE, 30), (WINDOWS, 18)], ids=["scene", "windows"]
)
def test_it_learns_a_separable_scene(padded, samples, recipe, epochs):
    model, epochs = training(padded, samples, recipe, epochs=epochs)
    losses = [epoch.loss for epoch in epochs]
    assert losses[0] > 0.9
    assert losses[-1] < 0.2
    cube = PaddedCube(padded.numpy(), np.zeros(padded.shape[1:], np.uint8), 9)
    where = samples.rows.numpy(), samples.columns.numpy()
    predicted = probabilities(model, cube, None, *where, turns=False).argmax(1)
    assert (predicted == samples.targets.numpy()).mean() > 0.95


@pytest.mark.parametrize(
    ("recipe", "epochs"), [(SCENE, 16), (WINDOWS, 8)], ids=["scene", "windows"]
)
def test_bfloat16_learns_as_float32_does_and_keeps_its_weights_in_float32(
    padded, samples, recipe, epochs
):
    losses = []
    for precision in ("float32", "bfloat16"):
        model, steps = training(padded, samples, recipe, epochs=epochs, precision=precision)
        losses.append([epoch.loss for epoch in steps])
        assert {each.dtype for each in model.parameters()} == {torch.float32}
    assert losses[1][-1] < 0.8 * losses[1][0]
    assert losses[1] != losses[0]
    assert losses[1] == pytest.approx(losses[0], abs=0.03)


@by_recipe
def test_a_network_knows_the_label_smoothing_that_it_was_trained_with(padded, samples, recipe):
    model, epochs = training(padded, samples, recipe, epochs=1, smoothing=0.25)
    list(epochs)
    assert model.label_smoothing == 0.25


@by_recipe
def test_the_same_seed_gives_the_same_bits(padded, samples, recipe):
    states = []
    for _ in range(2):
        model, epochs = training(padded, samples, recipe, epochs=3)
        losses = [epoch.loss for epoch in epochs]
        states.append((losses, model.state_dict()))
    assert states[0][0] == states[1][0]
    for name, value in states[0][1].items():
        assert torch.equal(value, states[1][1][name]), name
    model, epochs = training(padded, samples, recipe, epochs=3, seed=8)
    assert [epoch.loss for epoch in epochs] != states[0][0]


@by_recipe
def test_a_resumed_training_ends_as_an_uninterrupted_one(padded, samples, recipe, tmp_path):
    whole, epochs = training(padded, samples, recipe, epochs=6)
    losses = [epoch.loss for epoch in epochs]

    _, epochs = training(padded, samples, recipe, epochs=6)
    stopped = list(itertools.islice(epochs, 3))[-1]
    torch.save(stopped.state, tmp_path / "state.pt")
    torch.rand(5)  # whatever a new process has drawn meanwhile
    state = torch.load(tmp_path / "state.pt", weights_only=True)
    other = small()
    model, epochs = training(padded, samples, recipe, epochs=6, resume=state, model=other)
    rest = list(epochs)
    assert [epoch.number for epoch in rest] == [4, 5, 6]
    assert [epoch.loss for epoch in rest] == losses[3:]
    for name, value in whole.state_dict().items():
        assert torch.equal(value, model.state_dict()[name]), name


@by_recipe
@pytest.mark.parametrize("name", QUICK)
def test_every_network_trains_by_either_batching(padded, samples, recipe, name):
    model = small(name, attention="se")
    some = samples[torch.arange(20)]
    _, epochs = training(padded, some, recipe, epochs=1, model=model)
    assert all(0 < epoch.loss < 10 for epoch in epochs)
    for key, parameter in model.named_parameters():
        assert parameter.grad.any(), f"{key} has no gradient"


def test_a_loss_that_is_not_finite_stops_with_the_key_to_change(padded, samples):
    for recipe, key in ((SCENE, "scene"), (WINDOWS, "windows")):
        _, epochs = training(padded, samples, recipe, rate=1e20, schedule="constant")
        with pytest.raises(
            ValueError, match=rf"the loss became .* in epoch \d+; lower train\.{key}\.rate=1e\+20"
        ):
            list(epochs)


def test_the_schedule_ends_where_the_training_does(padded, samples):
    _, epochs = training(padded, samples, SCENE, epochs=8)
    rates = [epoch.rate for epoch in epochs]
    assert max(rates) == pytest.approx(3e-3, rel=0.2)
    assert rates[-1] < 1e-5
    _, epochs = training(padded, samples, WINDOWS, epochs=2)
    assert [epoch.rate for epoch in epochs] == [1e-3, 1e-3]


def test_mini_batches_hold_every_pixel_once_and_differ_in_size_by_one_at_most(padded, samples):
    model, sizes = small(), []
    model.head.register_forward_hook(lambda _, inputs, output: sizes.append(len(output)))
    _, epochs = training(padded, samples, WINDOWS, epochs=1, model=model, batch=32)
    list(epochs)
    assert sizes == [30, 30]
    sizes.clear()
    _, epochs = training(padded, samples, WINDOWS, epochs=1, model=model, batch=16)
    list(epochs)
    assert sizes == [15, 15, 15, 15]


def test_every_epoch_draws_an_order_of_its_own(padded, samples):
    model, read = small(), []
    model.trunk.register_forward_pre_hook(lambda _, inputs: read.append(inputs[0]))
    _, epochs = training(padded, samples, WINDOWS, model, epochs=2, augment=False)
    list(epochs)
    assert len(read) == 8
    assert not torch.equal(read[0], read[4])  # the first batch of each epoch


def test_a_head_reads_no_more_windows_at_once_than_memory_allows(padded, samples, monkeypatch):
    model, sizes = small(), []
    monkeypatch.setattr(model, "memory_limits", lambda components: MemoryLimits(7, 1024))
    model.head.register_forward_hook(lambda _, inputs, output: sizes.append(len(output)))
    _, epochs = training(padded, samples, SCENE, epochs=1, model=model)
    list(epochs)
    assert max(sizes) == 7
    assert sum(sizes) == 60


def test_pixels_further_than_half_a_window_from_every_sample_decide_nothing(padded, samples):
    near = samples[(samples.rows < 12).nonzero()[:, 0]]
    states = []
    for change in (0.0, 5.0):
        changed = padded.clone()
        changed[:, 12 + 2 * 4 :] += change  # starts one row beyond the last window
        model, epochs = training(changed, near, WINDOWS, augment=False, epochs=2)
        assert [epoch.number for epoch in epochs] == [1, 2]
        states.append(model.state_dict())
    for name, value in states[0].items():
        assert torch.equal(value, states[1][name]), name


@by_recipe
@pytest.mark.parametrize("changed", [VALIDATION, TEST], ids=["validation", "test"])
def test_whatever_the_other_sides_hold_a_trained_model_stays_the_same(cube, truth, recipe, changed):
    split = block_split(request(truth, 0.3, 0.1), side=4)
    other = cube.copy()
    others = split.owner == changed
    other[others] = np.random.default_rng(1).integers(0, 60000, other[others].shape)
    weights = []
    for raw in (cube, other):
        projection, _ = fit_pca(raw, split.owner == TRAIN, 13, "none", whiten=True)
        seen = PaddedCube.of(projection.apply(raw), split.owner, 9).seen_by(TRAIN)
        own = Samples.of(Pixels.of_truth(truth, split.sides).on(TRAIN), "cpu")
        torch.manual_seed(0)
        model = small(attention="se")
        how = replace(recipe, epochs=3, schedule="constant")
        assert len(list(fit(model, torch.from_numpy(seen), own, how, seed=0, resume=None))) == 3
        weights.append(model.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]), name


@pytest.mark.parametrize("epochs", range(1, 9))
def test_any_number_of_epochs_trains_at_rates_up_to_the_peak(padded, samples, epochs):
    _, trained = training(padded, samples, SCENE, epochs=epochs)
    rates = [epoch.rate for epoch in trained]
    assert len(rates) == epochs
    assert all(0 < rate <= SCENE.rate for rate in rates)
    assert max(rates) > SCENE.rate / 25, "the warm-up begins there"

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi import models

SETTINGS = {
    "none": {},
    "se": {"reduction": 2},  # few hidden units may all be dead at the start
    "eca": {"gamma": 2.0, "b": 1.0},
    "cbam": {"reduction": 2, "kernel": 7},
}
PLACES = (["conv2d"], ["conv3d"], ["conv2d", "conv3d"])


def hybridsn(components=30, window=25, classes=16, **changes) -> models.TrunkHead:
    return models.build(
        "hybridsn",
        **{
            "components": components,
            "window": window,
            "classes": classes,
            "batch_norm": True,
            "dropout": 0.4,
            "attention": "none",
            "attention_settings": {},
            "attention_at": ["conv2d"],
            **changes,
        },
    )


def parameters(model: models.TrunkHead) -> int:
    return sum(p.numel() for p in model.parameters())


def test_hybridsn_has_the_published_number_of_parameters():
    assert parameters(hybridsn(batch_norm=False)) == 5_122_176
    assert parameters(hybridsn(batch_norm=True)) == 5_122_416
    # K = 15 for Pavia University and Salinas in the paper
    assert parameters(hybridsn(15, classes=9, batch_norm=False)) == 4_844_793
    assert parameters(hybridsn(15, classes=16, batch_norm=False)) == 4_845_696


@given(components=st.integers(13, 18), window=st.integers(4, 8), classes=st.integers(2, 20))
@settings(max_examples=10)
def test_any_components_and_odd_window_that_the_arithmetic_allows(components, window, classes):
    model = hybridsn(components, 2 * window + 1, classes).eval()
    side = 2 * window + 1
    assert model(torch.zeros(2, 1, components, side, side)).shape == (2, classes)


@pytest.mark.parametrize(
    ("components", "window", "message"),
    [
        (12, 25, r"reduce\.components=12 is too few for hybridsn: at least 13"),
        (30, 7, r"patches\.window=7 does not fit hybridsn: odd and at least 9"),
        (30, 10, r"patches\.window=10 does not fit"),
    ],
)
def test_what_the_arithmetic_forbids_is_refused(components, window, message):
    with pytest.raises(ValueError, match=message):
        hybridsn(components, window)


@pytest.mark.parametrize("place", PLACES, ids="+".join)
@pytest.mark.parametrize("attention", SETTINGS)
@pytest.mark.parametrize("batch_norm", [True, False])
def test_every_variant_learns_with_every_parameter(attention, place, batch_norm, tmp_path):
    torch.manual_seed(0)
    recipe = {
        "name": "hybridsn",
        "components": 13,
        "window": 11,
        "classes": 3,
        "batch_norm": batch_norm,
        "dropout": 0.4,
        "attention": attention,
        "attention_settings": SETTINGS[attention],
        "attention_at": place,
    }
    model = models.build(**recipe)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # moves on any gradient
    for _ in range(2):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(
            model(torch.randn(8, 1, 13, 11, 11)), torch.arange(8) % 3
        )
        loss.backward()
        optimizer.step()
    for name, parameter in model.named_parameters():
        assert not torch.equal(parameter, before[name]), f"{name} never moves"

    model.eval()
    x = torch.randn(1, 1, 13, 11, 11)
    assert torch.equal(model(x), model(x))
    models.save(tmp_path / "model.pt", model, recipe)
    assert torch.equal(models.load(tmp_path / "model.pt", "cpu").eval()(x), model(x))


def test_attention_makes_no_difference_to_parameters_it_is_not_in():
    plain, twice = (
        hybridsn(attention="se", attention_settings={"reduction": 16}, attention_at=place)
        for place in (["conv2d"], ["conv2d", "conv3d"])
    )
    assert parameters(plain) - parameters(hybridsn()) == 64 * 4 + 4 + 4 * 64 + 64
    assert parameters(twice) - parameters(plain) == 576 * 36 + 36 + 36 * 576 + 576


def test_a_model_file_is_the_same_bytes_wherever_it_is_saved(tmp_path):
    model = hybridsn(13, 9, 3)
    models.save(tmp_path / "a.pt", model, {"x": 1})
    models.save(tmp_path / "other.pt", model, {"x": 1})
    assert (tmp_path / "a.pt").read_bytes() == (tmp_path / "other.pt").read_bytes()


def test_a_broken_or_foreign_model_file_is_one_line(tmp_path):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    path = tmp_path / "model.pt"
    for content in (b"", b"not a model", None):
        if content is None:
            torch.save({"recipe": Evil(), "state": {}}, path)
        else:
            path.write_bytes(content)
        with pytest.raises(ValueError, match=r"model\.pt is not a model of this version"):
            models.load(path, "cpu")

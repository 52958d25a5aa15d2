"""Every network with every attention at every place, and the published parameter counts."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.attention import ATTENTION
from hsi.models import MODELS, mobilenet, places, res2net, resnet
from hsi.models.build import build, load, save
from hsi.models.one_map import OneMapConv3d
from hsi.models.trunk_head import TrunkHead

# Ratios small enough that some hidden unit of each block is alive at the start.
SETTINGS = {
    "none": {},
    "se": {"reduction": 2, "bias": False},
    "channel": {"reduction": 2},
    "spatial": {"kernel": 3},
    "cbam": {"reduction": 2, "kernel": 3},
    "eca": {"gamma": 2.0, "b": 1.0},
    "nonlocal": {"reduction": 2},
    "strip": {"kernel": 3, "reduction": 8},
}
BIG = {"hybridsn_2d_first", "se_resnet50", "se_resnet101", "se_resnet152", "res2net50"}
NETWORKS = [name for name in MODELS if name != "svm"]  # test_fit_svm.py has the other


def recipe(name="hybridsn", **changes) -> dict:
    return {
        "name": name,
        "components": 30,
        "window": 25,
        "classes": 16,
        "batch_norm": True,
        "dropout": 0.4,
        "attention": "none",
        "attention_settings": SETTINGS[changes.get("attention", "none")],
        "attention_at": None,
        "attention_residual": False,
        **changes,
    }


def network(name="hybridsn", **changes) -> TrunkHead:
    return build(**recipe(name, **changes))


def parameters(model: torch.nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_hybridsn_has_the_published_number_of_parameters():
    assert parameters(network(batch_norm=False)) == 5_122_176
    assert parameters(network(batch_norm=True)) == 5_122_416
    # K = 15 for Pavia University and Salinas in the paper
    assert parameters(network(components=15, classes=9, batch_norm=False)) == 4_844_793
    assert parameters(network(components=15, classes=16, batch_norm=False)) == 4_845_696


def test_hybridsn_2d_first_hands_480896_features_to_its_dense_layers():
    with torch.device("meta"):
        model = network("hybridsn_2d_first", batch_norm=False)
    first = next(each for each in model.head if isinstance(each, torch.nn.Linear))
    assert (first.in_features, first.out_features) == (480_896, 256)
    assert round(parameters(model) / 1e6) == 123


def imagenet(make, attend=lambda place, channels, axes: []) -> int:
    with torch.device("meta"):
        model = make(3, 224, 1000, batch_norm=True, dropout=0.0, attend=attend, imagenet=True)
        assert model(torch.zeros(2, 1, 3, 224, 224)).shape == (2, 1000)
    return parameters(model)


@pytest.mark.parametrize(
    ("make", "published"),
    [
        (resnet.se_resnet18, 11_689_512),
        (resnet.se_resnet34, 21_797_672),
        (resnet.se_resnet50, 25_557_032),
        (resnet.se_resnet101, 44_549_160),
        (resnet.se_resnet152, 60_192_808),
        (mobilenet.mobilenet_v2, 3_504_872),
    ],
)
def test_image_networks_in_their_imagenet_form_have_the_published_counts(make, published):
    assert imagenet(make) == published


def test_res2net_has_25_70_million_parameters():
    assert f"{imagenet(res2net.res2net50) / 1e6:.2f}" == "25.70"


@pytest.mark.parametrize(("bias", "published"), [(False, 28_071_976), (True, 28_088_024)])
def test_se_resnet50_has_the_published_count_without_biases_and_with(bias, published):
    def attend(place, channels, axes):
        return [ATTENTION["se"].load()(channels, reduction=16, bias=bias, axes=axes)]

    assert imagenet(resnet.se_resnet50, attend) == published


def test_the_comparators_are_as_small_as_their_papers_make_them():
    # Makantasis: 3x3 to 90 maps, 3x3 to 270, 180 hidden units, 16 classes
    plain = network("cnn2d", window=5, batch_norm=False)
    expected = (30 * 9 * 90 + 90) + (90 * 9 * 270 + 270) + (270 * 180 + 180) + (180 * 16 + 16)
    assert parameters(plain) == expected
    # Ben Hamida: 30 components leave a depth of 4 to 35 maps
    deep = network("cnn3d", window=5, batch_norm=False)
    layers = [20 * 27, 20 * 20 * 3, 35 * 20 * 27, 35 * 35 * 3, 35 * 35 * 3, 35 * 35 * 2]
    assert parameters(deep) == sum(layers) + 2 * 20 + 4 * 35 + 35 * 4 * 16 + 16


@given(components=st.integers(13, 18), window=st.integers(4, 8), classes=st.integers(2, 20))
@settings(max_examples=10)
def test_any_components_and_odd_window_that_the_arithmetic_allows(components, window, classes):
    side = 2 * window + 1
    for name in ("hybridsn", "cnn2d", "cnn3d", "mobilenet_v2"):
        model = network(name, components=components, window=side, classes=classes).eval()
        assert model(torch.zeros(2, 1, components, side, side)).shape == (2, classes)


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        (
            "hybridsn",
            {"components": 12},
            r"reduce\.components=12 does not fit.*, may be at least 13",
        ),
        (
            "hybridsn",
            {"window": 7},
            r"patches\.window=7 does not fit hybridsn, may be odd and at least 9",
        ),
        ("hybridsn", {"window": 10}, r"patches\.window=10 does not fit"),
        ("hybridsn_2d_first", {"window": 7}, r"patches\.window=7 .*, may be odd and at least 9"),
        (
            "cnn2d",
            {"window": 3},
            r"patches\.window=3 does not fit cnn2d, may be odd and at least 5",
        ),
        ("cnn3d", {"components": 2}, r"reduce\.components=2 does not fit cnn3d, may be at least 3"),
        (
            "se_resnet34",
            {"batch_norm": False},
            r"batch_norm=false does not fit se_resnet34, may be true",
        ),
        ("mobilenet_v2", {"batch_norm": False}, r"batch_norm=false does not fit mobilenet_v2"),
        ("svm", {"attention": "se"}, "may be none for svm, which has no feature maps"),
        ("cnn2d", {"attention": "se", "attention_at": ["conv3d"]}, r"among conv2d for cnn2d"),
        ("hybridsn", {"attention": "se", "attention_at": []}, r"among conv2d, conv3d for hybridsn"),
        ("cnn2d", {"attention": "nonlocal", "attention_residual": True}, "may be false for nonloc"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(name, changes, message):
    with pytest.raises(ValueError, match=message):
        network(name, **changes)


def variants():
    for name in NETWORKS:
        known = MODELS[name].places
        for attention in ATTENTION:
            every = [[place] for place in known] + ([list(known)] if len(known) > 1 else [])
            for at in every if attention != "none" else [None]:
                label = "-".join([name, attention, *(at or [])])
                marks = pytest.mark.slow if name in BIG else ()
                yield pytest.param(name, attention, at, id=label, marks=marks)


@pytest.mark.parametrize(("name", "attention", "at"), list(variants()))
def test_every_variant_learns_with_every_parameter(name, attention, at, tmp_path):
    torch.manual_seed(0)
    chosen = recipe(
        name,
        components=13,
        window=11,
        classes=3,
        attention=attention,
        attention_at=at,
        attention_residual=attention == "channel",
    )
    if name in BIG and "reduction" in chosen["attention_settings"]:
        chosen["attention_settings"] = {**chosen["attention_settings"], "reduction": 8}
    model = build(**chosen)
    before = {key: p.detach().clone() for key, p in model.named_parameters()}
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)  # moves on any gradient
    for _ in range(2):
        optimizer.zero_grad()
        scores = model(torch.randn(8, 1, 13, 11, 11))
        assert scores.shape == (8, 3)
        torch.nn.functional.cross_entropy(scores, torch.arange(8) % 3).backward()
        optimizer.step()
    for key, parameter in model.named_parameters():
        assert not torch.equal(parameter, before[key]), f"{key} never moves"

    model.eval()
    x = torch.randn(1, 1, 13, 11, 11)
    with torch.no_grad():
        alone = model(x)
        assert torch.equal(alone, model(x))
        assert torch.isfinite(alone).all()
        save(tmp_path / "model.pt", model, chosen)
        assert torch.equal(load(tmp_path / "model.pt", "cpu").eval()(x), alone)
        (tmp_path / "model.pt").unlink()  # pytest would keep hundreds of them, gigabytes


@pytest.mark.parametrize("name", ["hybridsn", "hybridsn_2d_first", "cnn2d", "cnn3d"])
def test_without_batch_norm_too_every_parameter_moves(name, tmp_path):
    test_changes = {"components": 13, "window": 9, "classes": 3, "batch_norm": False}
    torch.manual_seed(0)
    model = network(name, **test_changes)
    assert not [each for each in model.modules() if "BatchNorm" in type(each).__name__]
    loss = torch.nn.functional.cross_entropy(
        model(torch.randn(8, 1, 13, 9, 9)), torch.arange(8) % 3
    )
    loss.backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad.abs().sum() > 0, key


@pytest.mark.parametrize("shape", [(1, 1, 9, 6, 7), (3, 1, 4, 3, 5)])
def test_a_convolution_of_one_map_is_torchs_own(shape):
    torch.manual_seed(0)
    ours, plain = OneMapConv3d(5, (4, 3, 2)), torch.nn.Conv3d(1, 5, (4, 3, 2))
    plain.load_state_dict(ours.state_dict())
    x = torch.randn(shape, requires_grad=True)
    found, expected = ours(x), plain(x)
    torch.testing.assert_close(found, expected)
    weight = torch.randn_like(found)
    ours_in, plain_in = ([x, *each.parameters()] for each in (ours, plain))
    torch.testing.assert_close(
        torch.autograd.grad((found * weight).sum(), ours_in),
        torch.autograd.grad((expected * weight).sum(), plain_in),
        atol=1e-5,
        rtol=1e-5,
    )
    with torch.autocast("cpu", torch.bfloat16):  # spectra are not rounded on their way in
        assert torch.equal(ours(x), found)
        assert ours(x.bfloat16()).dtype == torch.float32


def test_attention_goes_where_it_is_asked_for_and_costs_what_it_should():
    def cost(**changes) -> int:
        return parameters(network(**changes)) - parameters(network())

    se = {"attention": "se", "attention_settings": {"reduction": 16, "bias": True}}
    assert cost(**se) == 64 * 4 + 4 + 4 * 64 + 64
    assert cost(**se, attention_at=["conv3d"]) == 576 * 36 + 36 + 36 * 576 + 576
    both = cost(**se, attention_at=["conv3d", "conv2d"])
    assert both == cost(**se) + cost(**se, attention_at=["conv3d"])
    assert places("hybridsn", "none", ["conv2d"]) == ()
    assert places("mobilenet_v2", "se", None) == ("last",)


def test_attention_residual_adds_the_input():
    plain = network(components=13, window=9, attention="se").eval()
    added = network(components=13, window=9, attention="se", attention_residual=True).eval()
    added.load_state_dict(
        {
            key.replace("head.0.", "head.0.attention."): value
            for key, value in plain.state_dict().items()
        }
    )
    features = plain.trunk(torch.randn(2, 1, 13, 9, 9))
    expected = features + plain.head[0](features)
    torch.testing.assert_close(added.head[0](features), expected)


@pytest.mark.parametrize("name", ["se_resnet18", "mobilenet_v2"])
def test_a_window_of_25_ends_as_4_not_as_1(name):
    model = network(name)
    sides = []
    for layer in model.head:
        layer.register_forward_hook(lambda *call: sides.append(tuple(call[-1].shape[2:])))
    with torch.no_grad():
        model.eval()(torch.zeros(1, 1, 30, 25, 25))
    maps = [side for side in sides if len(side) == 2]
    assert maps[0] == (25, 25)
    assert maps[-2:] == [(4, 4), (1, 1)]


def test_a_model_file_is_the_same_bytes_wherever_it_is_saved(tmp_path):
    model = network(components=13, window=9, classes=3)
    save(tmp_path / "a.pt", model, {"x": 1})
    save(tmp_path / "other.pt", model, {"x": 1})
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
            load(path, "cpu")

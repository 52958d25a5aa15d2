"""Every network with every attention at every place."""

import json
from dataclasses import asdict

import pytest
import torch
from examples import BIG, NETWORKS, SETTINGS, network, recipe
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from hsi import choices
from hsi.attention.residual import PlusInput
from hsi.model import ModelRecipe, build_model, parameter_count, restore_model


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
            r"reduce\.components=12 does not fit hybridsn, may be at least 13",
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
        ("cnn3d", {"window": 4}, r"patches\.window=4 does not fit cnn3d"),
        ("cnn3d", {"components": 2}, r"reduce\.components=2 does not fit cnn3d, may be at least 3"),
        ("cnn2d", {"attention": "se", "at": ["conv3d"]}, r"among conv2d for cnn2d"),
        ("hybridsn", {"attention": "se", "at": []}, r"among conv2d, conv3d for hybridsn"),
        ("cnn2d", {"attention": "nonlocal", "residual": True}, "may be false for nonlocal"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would(name, changes, message):
    with pytest.raises(ValueError, match=message):
        network(name, **changes)


@pytest.mark.parametrize("attention", SETTINGS)
def test_only_what_adds_its_input_already_refuses_to_add_it_twice(attention):
    with torch.device("meta"):
        network("cnn2d", attention=attention, residual=False)
        if attention == "nonlocal":
            with pytest.raises(ValueError, match="may be false for nonlocal, which adds its input"):
                network("cnn2d", attention=attention, residual=True)
        else:
            made = network("cnn2d", attention=attention, residual=True)
            added = [each for each in made.modules() if isinstance(each, PlusInput)]
            assert len(added) == (attention != "none")


# The blocks of se_resnet18 or se_resnet50 again, only more of them.
DEEPER = {"se_resnet34", "se_resnet101", "se_resnet152"}


def variants():
    """Every network with every attention at each of its places, and with one attention at all.

    Deeper networks of the same blocks have one attention or none.
    """
    for name in NETWORKS:
        known = choices.NETWORKS[name].places
        for attention in ("none", "se") if name in DEEPER else SETTINGS:
            every = [[place] for place in known] if attention != "none" else [None]
            if attention == "se" and len(known) > 1:
                every.append(list(known))
            for at in every:
                label = "-".join([name, attention, *(at or [])])
                marks = pytest.mark.slow if name in BIG else ()
                yield pytest.param(name, attention, at, id=label, marks=marks)


@pytest.mark.parametrize(("name", "attention", "at"), list(variants()))
def test_every_variant_learns_with_every_parameter(name, attention, at):
    torch.manual_seed(0)
    own = SETTINGS[attention]
    if name in BIG and "reduction" in own:
        own = {**own, "reduction": 8}
    chosen = recipe(
        name,
        components=13,
        window=9,
        classes=3,
        attention=attention,
        at=at,
        residual=attention == "channel",
        attention_settings=own,
    )
    model = build_model(chosen)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    moved = set()
    # The last convolution of the non-local block is zero before the first step.
    for _ in range(2 if attention == "nonlocal" else 1):
        optimizer.zero_grad()
        scores = model(torch.randn(4, 1, 13, 9, 9))
        assert scores.shape == (4, 3)
        cross_entropy(scores, torch.arange(4) % 3).backward()
        moved |= {key for key, each in model.named_parameters() if each.grad.any()}
        optimizer.step()
    assert moved == {key for key, _ in model.named_parameters()}

    model.eval()
    x = torch.randn(1, 1, 13, 9, 9)
    with torch.no_grad():
        alone = model(x)
        assert torch.equal(alone, model(x))
        assert torch.isfinite(alone).all()
        written = json.loads(json.dumps(asdict(chosen)))
        again = restore_model(ModelRecipe.from_dict(written), model.state_dict(), "cpu")
        assert torch.equal(again(x), alone)


@pytest.mark.parametrize("name", ["hybridsn", "hybridsn_2d_first", "cnn2d", "cnn3d"])
def test_without_batch_norm_too_every_parameter_moves(name):
    torch.manual_seed(0)
    model = network(name, components=13, window=9, classes=3, batch_norm=False)
    assert not [each for each in model.modules() if "BatchNorm" in type(each).__name__]
    cross_entropy(model(torch.randn(8, 1, 13, 9, 9)), torch.arange(8) % 3).backward()
    for key, parameter in model.named_parameters():
        assert parameter.grad.any(), key


def test_attention_goes_where_it_is_asked_for_and_costs_what_it_should():
    def cost(**changes) -> int:
        with torch.device("meta"):
            return parameter_count(network(**changes)) - parameter_count(network())

    se = {"attention": "se", "attention_settings": {"reduction": 16, "bias": True}}
    assert cost(**se) == 64 * 4 + 4 + 4 * 64 + 64
    assert cost(**se, at=["conv3d"]) == 576 * 36 + 36 + 36 * 576 + 576
    both = cost(**se, at=["conv3d", "conv2d"])
    assert both == cost(**se) + cost(**se, at=["conv3d"])
    assert cost(attention="none", at=["conv2d"]) == 0


def test_the_usual_place_of_attention_is_the_first_in_the_table():
    with torch.device("meta"):
        for name in [each for each in NETWORKS if each not in BIG]:
            usual, *others = choices.NETWORKS[name].places
            changes = {"name": name, "components": 13, "window": 9, "attention": "se"}
            expected = network(**changes, at=[usual]).state_dict().keys()
            assert network(**changes).state_dict().keys() == expected
            for other in others:
                assert network(**changes, at=[other]).state_dict().keys() != expected


def test_attention_residual_adds_the_input():
    plain = network(components=13, window=9, attention="se").eval()
    added = network(components=13, window=9, attention="se", residual=True).eval()
    added.load_state_dict(
        {
            key.replace("head.0.", "head.0.attention."): value
            for key, value in plain.state_dict().items()
        }
    )
    features = plain.trunk(torch.randn(2, 1, 13, 9, 9))
    expected = features + plain.head[0](features)
    torch.testing.assert_close(added.head[0](features), expected)

"""Every choice of params.yaml by name: its code, its settings, and where attention may go."""

import inspect

import pytest
from pydantic import TypeAdapter, ValidationError
from torch import nn

from hsi import choices
from hsi.choices import (
    ATTENTIONS,
    COMPARATORS,
    NETWORKS,
    REDUCTIONS,
    SMOOTHINGS,
    SPLITS,
    attention_places,
)
from hsi.comparators.comparator import Comparator
from hsi.config import load_params

TABLES = {
    "split": SPLITS,
    "reduce": REDUCTIONS,
    "network": NETWORKS,
    "comparator": COMPARATORS,
    "attention": ATTENTIONS,
    "smoothing": SMOOTHINGS,
}
ALL = [(kind, name) for kind, table in TABLES.items() for name in table]


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_the_code_of_every_choice_can_be_imported_and_takes_its_settings(kind, name):
    choice = TABLES[kind][name]
    code = choice.load()
    assert callable(code)
    if name == "none":  # torch's Identity takes anything
        return
    taken = inspect.signature(code).parameters
    assert set(choice.settings) <= set(taken)
    needed = {key for key, value in taken.items() if value.default is inspect.Parameter.empty}
    given = {
        "split": {"request"},
        "reduce": {"cube", "chosen", "components", "normalise"},
        "network": {"shape", "attend"},
        "comparator": {"classes"},
        "attention": {"channels"},
        "smoothing": set(),
    }
    assert needed <= given[kind] | set(choice.settings), "params.yaml says too little"


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_choice_has_its_block_in_params_yaml(kind, name):
    params = load_params()
    sections = {"split": params.split, "reduce": params.reduce, "smoothing": params.inference}
    section = sections.get(kind, params.model)
    assert set(section.settings_of(name)) == set(TABLES[kind][name].settings)


def test_names_in_one_section_of_params_yaml_differ():
    model = [*NETWORKS, *COMPARATORS, *ATTENTIONS]
    assert len(set(model)) == len(model)


def test_what_a_table_names_is_of_its_kind():
    assert all(issubclass(COMPARATORS[name].load(), Comparator) for name in COMPARATORS)
    assert all(issubclass(ATTENTIONS[name].load(), nn.Module) for name in ATTENTIONS)


def test_the_usual_place_of_an_attention_is_the_first_of_the_network():
    assert attention_places("hybridsn", "se", None) == ("conv2d",)
    assert attention_places("hybridsn", "se", ["conv3d", "conv2d"]) == ("conv3d", "conv2d")
    assert attention_places("hybridsn", "none", ["anything"]) == ()
    assert attention_places("svm", "none", None) == ()


@pytest.mark.parametrize("at", [[], ["blocks"], ["conv2d", "blocks"]])
def test_a_place_that_the_network_does_not_have_is_refused(at):
    with pytest.raises(ValueError, match="among conv2d, conv3d for hybridsn"):
        attention_places("hybridsn", "se", at)


def test_a_comparator_has_no_attention():
    with pytest.raises(ValueError, match="may be none for svm"):
        attention_places("svm", "se", None)


def test_the_input_is_added_once():
    choices.refuse_double_residual("se", True)
    choices.refuse_double_residual("nonlocal", False)
    with pytest.raises(ValueError, match="may be false for nonlocal"):
        choices.refuse_double_residual("nonlocal", True)


@pytest.mark.parametrize(
    ("kind", "accepted", "refused"),
    [
        ("Count", [1, 9], [0, -1, 1.5]),
        ("OddCount", [1, 7], [0, 8, -3]),
        ("Positive", [0.1, 2], [0, -1]),
        ("NotNegative", [0, 2.5], [-0.1]),
        ("Fraction", [0, 0.99], [1, -0.1]),
        ("Folds", [2], [1]),
        ("Grid", [[1, 0.5]], [[], [0], 1]),
        ("Seed", [0, 2**32 - 1], [-1, 2**32]),
    ],
)
def test_each_kind_of_number_has_its_bounds(kind, accepted, refused):
    adapter = TypeAdapter(getattr(choices, kind))
    for value in accepted:
        assert adapter.validate_python(value) == value
    for value in refused:
        with pytest.raises(ValidationError):
            adapter.validate_python(value)

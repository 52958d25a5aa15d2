"""What the benchmarks write is what the code would write today."""

from pathlib import Path

import pytest

from benchmarks import compare, networks
from hsi.attention import ATTENTION
from hsi.config import ModelParams, load_params
from hsi.models import MODELS


@pytest.mark.slow
def test_the_table_of_networks_is_of_this_code():
    page = networks.page()
    assert page == Path("docs/networks.md").read_text(), "run python -m benchmarks.networks"
    assert (
        "| hybridsn | none |  | [Roy 2020](https://arxiv.org/abs/1902.06701) | 5,122,416 " in page
    )
    for name in [*MODELS, *ATTENTION]:
        assert f"| {name} |" in page


def row(attention: str, seed: int, oa: float) -> dict[str, object]:
    scores = {"oa": oa, "aa": 0.9, "kappa": 0.9, "floor_oa": 0.8, "floor_aa": 0.7}
    where = {"network": "hybridsn", "attention": attention, "seed": str(seed)}
    rest = {"parameters": "10", "train_seconds": "", "experiment": "x", "machine": "m"}
    return {**where, **scores, **rest}


def test_a_difference_is_paired_by_seed_and_has_an_interval():
    plain = [row("none", seed, oa) for seed, oa in ((1, 0.90), (2, 0.95), (3, 0.97))]
    steady = [row("se", seed, oa) for seed, oa in ((1, 0.911), (2, 0.960), (3, 0.979))]
    # differences 1.1, 1.0, 0.9: deviation 0.1, t(0.975, 2) = 4.3027, 4.3027 * 0.1 / sqrt(3) = 0.248
    assert compare.difference(steady, plain) == "+1.00 ± 0.25: better"
    assert compare.difference(plain, steady) == "-1.00 ± 0.25: worse"
    shaky = [row("se", seed, oa) for seed, oa in ((1, 0.93), (2, 0.94), (3, 0.98))]
    assert compare.difference(shaky, plain).endswith("no difference shown")
    assert compare.difference(steady[:1], plain) == "+1.10 (one seed)"
    assert compare.difference([row("se", 9, 0.9)], plain) == ""


def test_the_page_says_what_was_not_run():
    text = compare.table([("hybridsn", "none"), ("cnn2d", "se")], [row("none", 1, 0.9)])
    assert "| hybridsn | none | 1 | 90.00 | 90.00 | 90.00 | 80.00 |  | 10 |  |" in text
    assert "| cnn2d | se | not run |" in text


def test_every_variant_of_the_comparison_is_one_that_params_yaml_takes():
    model = load_params().model.model_dump()
    for network, attention in [*compare.attentions(), *compare.networks()]:
        ModelParams.model_validate({**model, "name": network, "attention": attention})
        assert f"model.name={network}" in compare.changes(network, attention, 1)

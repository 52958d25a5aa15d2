"""The page of networks is what the code gives today."""

from pathlib import Path

import pytest

from benchmarks import networks
from hsi.choices import ATTENTIONS, COMPARATORS, NETWORKS


@pytest.mark.slow
def test_the_page_of_networks_is_of_this_code():
    written = networks.page()
    assert written == networks.PAGE.read_text(), "run python -m benchmarks.networks"
    source = "[Roy 2020](https://arxiv.org/abs/1902.06701)"
    assert f"| hybridsn | none |  | {source} | 5,122,416 |" in written
    for name in [*NETWORKS, *ATTENTIONS, *COMPARATORS]:
        assert f"| {name} |" in written
    _, comparators = written.split("## Comparators")
    for name in COMPARATORS:
        assert f"| {name} |" in comparators


def test_the_page_is_beside_the_other_results():
    assert Path("docs/results/networks.md") == networks.PAGE


def test_one_trunk_run_costs_less_where_the_trunk_slides():
    parameters, patchwise, whole = networks.costs("hybridsn", "none", None)
    assert parameters == 5_122_416
    assert patchwise / 1e6 == pytest.approx(247.68, abs=0.01)
    assert whole / 1e6 == pytest.approx(5.66, abs=0.01)

"""What the benchmarks write is what the code would write today."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import compare, maps, networks, page
from benchmarks.networks import make
from benchmarks.timing import run_measured
from hsi.attention import ATTENTION
from hsi.config import ModelParams, load_params
from hsi.models import MODELS
from hsi.patches import pad


@pytest.mark.slow
def test_the_table_of_networks_is_of_this_code():
    written = networks.page()
    assert written == Path("docs/networks.md").read_text(), "run python -m benchmarks.networks"
    assert (
        "| hybridsn | none |  | [Roy 2020](https://arxiv.org/abs/1902.06701) | 5,122,416 "
        in written
    )
    for name in [*MODELS, *ATTENTION]:
        assert f"| {name} |" in written


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


def test_a_section_replaces_its_last_version_and_no_other(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(page, "PAGE", tmp_path / "performance.md")
    page.publish("step", "A step", "first")
    page.publish("maps", "Maps", page.table(["a", "b"], [["1", "2"]]))
    page.publish("step", "A step", "second")
    text = page.PAGE.read_text()
    assert "first" not in text
    assert text.index("## Maps") < text.index("## A step") < text.index("second")
    assert "| a | b |\n| --- | --- |\n| 1 | 2 |" in text
    assert text.count("`python -m benchmarks.step`") == 1
    assert page.machine() in text
    page.publish("step", "A step", "second")
    assert page.PAGE.read_text() == text
    assert "second" in capsys.readouterr().out


def test_both_ways_to_a_map_that_are_timed_are_the_same_map():
    model = make("hybridsn", "se", None, "cpu", 9)
    padded = pad(np.random.default_rng(0).normal(size=(30, 6, 7)).astype(np.float32), 9)
    slow, fast = maps.patchwise(model, padded), maps.whole(model, padded)
    assert slow.shape == (42, 16)
    np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_a_process_is_measured_by_its_own_peak_of_memory(tmp_path):
    def peak(megabytes: int) -> float:
        code = f"x = bytearray(b'1' * 2**20) * {megabytes}"
        spent, peak = run_measured([sys.executable, "-c", code])
        assert 0 < spent < 60
        return peak

    assert 180 < peak(200) - peak(1) < 220
    with pytest.raises(subprocess.CalledProcessError):
        run_measured([sys.executable, "-c", "raise SystemExit(3)"])

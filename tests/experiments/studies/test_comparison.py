import pandas as pd
import pytest

from experiments.studies.comparison import comparisons, read_pairs, read_runs
from experiments.studies.record import PAIRS, RUNS, write_record


def verdicts(study, folder):
    return comparisons(study, read_runs(study, folder / RUNS), read_pairs(folder / PAIRS))


@pytest.mark.parametrize(("gain", "verdict"), [(0.05, "better"), (-0.05, "worse")])
def test_a_difference_that_every_run_has_is_shown_and_none_is_not(
    planned, folder, recorded, gain, verdict
):
    study = planned()
    recorded(study.seeds, gain)
    on_blocks, on_random = verdicts(study, folder)
    assert on_blocks.verdict == verdict
    assert on_blocks.p == pytest.approx(2 / 2**6)
    assert on_blocks.oa.mean() == pytest.approx(100 * gain, abs=0.3)
    assert on_random.verdict == "no difference shown"
    assert (on_random.only_first, on_random.only_second) == (6 * 20, 6 * 10)
    assert f"se against plain on blocks: {verdict} (OA " in on_blocks.sentence


def test_a_difference_is_paired_by_seed_and_its_interval_decides_nothing(planned, folder):
    study = planned(splits={"random": ["split.method=random"]}, gaps=[], seeds=[1, 2, 3])
    scores = {"plain": (0.90, 0.95, 0.97), "se": (0.911, 0.960, 0.979)}
    rows = [
        {"split": "random", "variant": variant, "seed": seed, "oa": oa, "aa": 0.9, "kappa": 0.9,
         "experiment": "e", "commit": "c", "machine": "m"}
        for variant, values in scores.items() for seed, oa in enumerate(values, 1)
    ]  # fmt: skip
    write_record(folder / RUNS, rows[::-1])  # the order of lines means nothing
    (found,) = verdicts(study, folder)
    # differences 1.1, 1.0, 0.9: deviation 0.1, t(0.975, 2) = 4.3027, 4.3027 * 0.1 / sqrt(3) = 0.248
    assert "no difference shown (OA +1.00 ± 0.25 points over 3 paired runs" in found.sentence
    assert found.p == 0.25
    write_record(folder / RUNS, [row for row in rows if row["seed"] == 1])
    (found,) = verdicts(study, folder)
    assert "no difference shown (OA +1.10 (one run) points over 1 paired run," in found.sentence
    write_record(
        folder / RUNS, [row for row in rows if (row["variant"] == "se") == (row["seed"] < 2)]
    )
    assert verdicts(study, folder) == []


def test_a_record_of_pairs_that_is_not_there_is_empty(tmp_path):
    assert isinstance(read_pairs(tmp_path / "pairs.csv"), pd.DataFrame)
    assert len(read_pairs(tmp_path / "pairs.csv")) == 0

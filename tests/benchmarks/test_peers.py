"""Published code beside the default run."""

import numpy as np
import pytest

from benchmarks import peers
from hsi.files import write_array

SCRIPT = """
from pathlib import Path
import scipy.io
cube = scipy.io.loadmat("../data/Indian_pines_corrected.mat")["indian_pines_corrected"]
truth = scipy.io.loadmat("../data/Indian_pines_gt.mat")["indian_pines_gt"]
assert cube.shape == (8, 6, 4) and truth.shape == (8, 6)
lines = ["1.5 Training_Time (s)", "97.5 Overall accuracy (%)", "88.25 Average accuracy (%)"]
Path("cls_result/classification_report.txt").write_text(chr(10).join(lines))
"""


@pytest.fixture
def raw(tmp_path, monkeypatch):
    folder = tmp_path / "raw"
    write_array(folder / "cube.npy", np.ones((8, 6, 4), np.uint16))
    write_array(folder / "truth.npy", np.ones((8, 6), np.int32))
    return folder


def test_the_script_runs_unchanged_on_a_copy_and_its_report_is_read(tmp_path, raw):
    code = tmp_path / "code"
    (code / "cls_SSFTT_IP").mkdir(parents=True)
    (code / peers.SCRIPT).write_text(SCRIPT)
    (tmp_path / "work").mkdir()
    found = peers.run_ssftt(code, raw, tmp_path / "work")
    assert (found["training"], found["oa"], found["aa"]) == (1.5, 97.5, 88.25)
    assert found["seconds"] > 0 < found["peak"]
    assert [path.name for path in code.rglob("*")] == ["cls_SSFTT_IP", "IP_train.py"]


def test_a_folder_without_the_script_is_refused(tmp_path, raw):
    with pytest.raises(ValueError, match="is not a copy of SSFTT"):
        peers.run_ssftt(tmp_path, raw, tmp_path)


def test_the_split_has_a_tenth_of_each_class_for_training():
    truth = np.repeat([0, 1, 2], [100, 200, 50]).reshape(35, 10)
    sides = peers.split_of_ssftt(truth)
    train, test = sides["train"], sides["test"]
    assert np.array_equal(train + test, truth)
    assert not ((train > 0) & (test > 0)).any()
    assert [int((train == k).sum()) for k in (1, 2)] == [20, 5]

import numpy as np
import pytest

from hsi.inference.prediction import Prediction


def test_it_survives_its_files_in_the_types_that_are_promised(tmp_path):
    generator = np.random.default_rng(0)
    made = Prediction(
        generator.integers(1, 17, (3, 4)).astype(np.int32),
        generator.random((3, 4)).astype(np.float32),
        generator.random((3, 4)).astype(np.float32),
    )
    made.save(tmp_path / "inference")
    again = Prediction.load(tmp_path / "inference")
    for name in ("classes", "confidence", "entropy"):
        found, expected = getattr(again, name), getattr(made, name)
        assert np.array_equal(found, expected)
        assert found.dtype == expected.dtype


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"classes\.npy is missing; run `dvc repro`"):
        Prediction.load(tmp_path)


def test_pixels_without_data_have_no_class_and_no_confidence():
    raster = np.ones((2, 2), np.float32)
    valid = np.array([[True, False], [True, True]])
    found = Prediction(np.full((2, 2), 3, np.int32), raster, raster).only(valid)
    assert found.classes.tolist() == [[3, 0], [3, 3]]
    assert np.array_equal(np.isnan(found.confidence), ~valid)
    assert np.array_equal(np.isnan(found.entropy), ~valid)
    assert found.classes.dtype == np.int32
    assert found.confidence.dtype == np.float32

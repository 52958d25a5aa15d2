import numpy as np
import pytest

from hsi.maps.raw import fill_raw, write_part

SHAPE = (2, 5, 7)


def test_parts_in_any_order_fill_their_windows_and_nothing_else(tmp_path):
    path, expected = tmp_path / "raw", np.full(SHAPE, 9, "<u2")
    fill_raw(path, SHAPE, np.uint16(9))
    generator = np.random.default_rng(0)
    for rows, columns in (
        (slice(3, 5), slice(4, 7)),
        (slice(0, 1), slice(None)),
        (slice(1, 4), slice(2, 3)),
        (slice(0, 0), slice(None)),
    ):
        window = expected[:, rows, columns]
        window[:] = generator.integers(0, 2**16, window.shape)
        write_part(path, SHAPE, rows, columns, np.asfortranarray(window))
    assert np.array_equal(np.fromfile(path, "<u2").reshape(SHAPE), expected)


def test_a_part_of_another_shape_is_refused(tmp_path):
    fill_raw(tmp_path / "raw", SHAPE, np.uint8(0))
    for values in (np.ones((2, 1, 6), np.uint8), np.ones((1, 1, 7), np.uint8)):
        with pytest.raises(ValueError, match=r"rows 4 to 5 and columns 0 to 7 of 2 layers need"):
            write_part(tmp_path / "raw", SHAPE, slice(4, 9), slice(None), values)
    assert not np.fromfile(tmp_path / "raw", np.uint8).any()

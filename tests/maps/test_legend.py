import numpy as np
import pytest

from hsi.maps.legend import one_line, pixel_values, smallest_type


@pytest.mark.parametrize("labels", [(1, 2, 3), (7,), (2, 9, 5), (1, 65535)])
def test_a_raster_holds_the_labels_of_the_user_where_it_can(labels):
    assert pixel_values(labels) == labels


@pytest.mark.parametrize("labels", [(0, 1, 2), (-1, 5, 6), (1, 2, 65536)])
def test_else_it_holds_classes(labels):
    assert pixel_values(labels) == (1, 2, 3)


@pytest.mark.parametrize(("largest", "dtype"), [(1, "u1"), (255, "u1"), (256, "<u2")])
def test_two_bytes_only_where_one_does_not_do(largest, dtype):
    assert smallest_type(largest) == np.dtype(dtype)


def test_names_lose_control_characters_and_nothing_else():
    assert one_line("a\n\tb\x00c\x7fd\ud800e") == "a  b c d e"
    assert one_line("水 <é> & 'x', \"y\"") == "水 <é> & 'x', \"y\""

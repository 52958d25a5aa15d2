import pytest
from attention.plain import count

from hsi.attention.se import SqueezeExcite


@pytest.mark.parametrize(
    ("reduction", "bias", "expected"),
    [(16, False, 2 * 64 * 4), (16, True, 2 * 64 * 4 + 4 + 64), (1000, False, 2 * 64)],
)
@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(reduction, bias, axes, expected):
    assert count(SqueezeExcite(64, reduction, bias, axes=axes)) == expected

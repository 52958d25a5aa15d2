import pytest
import torch
from attention.plain import count, gate, noise, random

from hsi.attention.strip import StripPooling


@pytest.mark.parametrize(
    ("reduction", "hidden"), [(1, 64), (4, 16), (1000, 1)], ids=["paper", "narrow", "one"]
)
@pytest.mark.parametrize("axes", [2, 3])
def test_number_of_parameters(reduction, hidden, axes):
    made = StripPooling(64, 3, reduction, axes=axes)
    assert count(made) == (axes * 3 + 1) * 64 * hidden + 64


def test_the_logits_are_a_sum_over_rows_and_columns():
    logits = torch.logit(gate(random("strip"), noise()))
    mixed = logits.diff(dim=2).diff(dim=3)
    torch.testing.assert_close(mixed, torch.zeros_like(mixed))

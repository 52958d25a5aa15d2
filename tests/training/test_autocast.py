import pytest
import torch

from hsi.training.autocast import autocast


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_matrix_products_are_computed_in_the_precision_asked_for(precision):
    x = torch.randn(4, 4)
    with autocast(x, precision):
        assert (x @ x).dtype == getattr(torch, precision)
    assert (x @ x).dtype == torch.float32

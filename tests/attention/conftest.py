"""How all tests of attention modules run."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """To share maps this small among threads takes longer than to compute them."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def same_numbers():
    """Every test draws the same random numbers in every run."""
    torch.manual_seed(0)

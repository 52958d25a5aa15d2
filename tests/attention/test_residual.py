import pytest
import torch
from attention.plain import PLAIN, SPACE, count, noise, random

from hsi.attention.residual import PlusInput
from hsi.choices import ATTENTIONS


@pytest.mark.parametrize("axes", SPACE)
@pytest.mark.parametrize("name", ATTENTIONS)
def test_the_input_is_added_and_no_parameter(name, axes):
    made, x = random(name, axes), noise(axes)
    torch.testing.assert_close(PlusInput(made)(x), x + PLAIN[name](made, x))
    assert count(PlusInput(made)) == count(made)

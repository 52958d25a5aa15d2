import pytest
import torch

from hsi.cube.symmetry import SYMMETRIES, apply_symmetries, apply_symmetry, symmetric_pixels
from hsi.cube.windows import windows


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_turning_a_scene_turns_each_window_and_keeps_its_pixel(symmetry):
    padded = torch.randn(2, 9, 12)
    rows, columns = torch.tensor([0, 4, 2]), torch.tensor([7, 0, 3])
    before = windows(padded, 5)[rows, columns]
    there = symmetric_pixels(rows, columns, (5, 8), symmetry)
    after = windows(apply_symmetry(padded, symmetry), 5)[there[0], there[1]]
    assert torch.equal(after, apply_symmetry(before, symmetry))


def test_each_image_of_a_batch_gets_its_own_symmetry():
    images = torch.randn(16, 2, 5, 5)
    symmetry = torch.arange(16) % SYMMETRIES
    expected = torch.stack(
        [apply_symmetry(image, int(own)) for image, own in zip(images, symmetry, strict=True)]
    )
    assert torch.equal(apply_symmetries(images, symmetry), expected)


def test_the_eight_symmetries_differ():
    image = torch.arange(9.0).view(3, 3)
    turned = {tuple(apply_symmetry(image, k).flatten().tolist()) for k in range(SYMMETRIES)}
    assert len(turned) == SYMMETRIES == 8

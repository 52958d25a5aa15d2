import pytest
import torch

from hsi.training.samples import Samples
from hsi.training.strips import strips

WINDOW = 5
HEIGHT, WIDTH = 12, 9


@pytest.fixture
def numbered() -> torch.Tensor:
    """A padded cube of one component whose inner pixels hold their number in reading order."""
    padded = torch.full((1, HEIGHT + 4, WIDTH + 4), -1.0)
    padded[0, 2:-2, 2:-2] = torch.arange(HEIGHT * WIDTH).view(HEIGHT, WIDTH)
    return padded


@pytest.fixture
def samples() -> Samples:
    """Pixels in no order, each with its number in reading order as its target."""
    generator = torch.Generator().manual_seed(0)
    numbers = torch.randperm(HEIGHT * WIDTH, generator=generator)[:22]
    return Samples(numbers // WIDTH, numbers % WIDTH, numbers)


def centres(image: torch.Tensor, some: Samples) -> list[float]:
    """What a strip holds at the centre of the window of each pixel."""
    return image[0, some.rows + WINDOW // 2, some.columns + WINDOW // 2].tolist()


@pytest.mark.parametrize("augment", [True, False])
def test_every_pixel_is_in_one_strip_at_the_centre_of_its_window(numbered, samples, augment):
    for seed in range(20):
        torch.manual_seed(seed)
        found = []
        for image, some in strips(numbered, samples, WINDOW, 4, augment):
            assert len(some) in (5, 6)
            assert int(some.rows.min()) == 0
            assert image.shape[1] == int(some.rows.max()) + WINDOW  # no row more than it needs
            assert centres(image, some) == some.targets.tolist()
            found.extend(some.targets.tolist())
        assert sorted(found) == sorted(samples.targets.tolist())


def test_a_strip_holds_what_lies_between_its_pixels_and_around_them(numbered, samples):
    found = list(strips(numbered, samples, WINDOW, 3, augment=False))
    for image, some in found:
        top = int((some.targets // WIDTH).min())
        assert torch.equal(image, numbered[:, top : top + image.shape[1]])
    assert sum(image.shape[1] for image, _ in found) < HEIGHT + 3 * WINDOW + 3


def test_the_scene_lies_in_all_eight_ways_if_it_is_augmented_and_in_one_if_not(numbered, samples):
    torch.manual_seed(0)
    for augment, ways in ((True, 8), (False, 1)):
        seen = set()
        for _ in range(60):
            ((image, _),) = strips(numbered, samples, WINDOW, 1, augment)
            seen.add(tuple(image.flatten().tolist()))
        assert len(seen) == ways


def test_strips_come_in_another_order_in_another_epoch(numbered, samples):
    torch.manual_seed(0)
    orders = {
        tuple(int(some.targets.min()) for _, some in strips(numbered, samples, WINDOW, 3, False))
        for _ in range(30)
    }
    assert len(orders) == 6

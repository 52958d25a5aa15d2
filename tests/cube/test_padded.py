import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.padded import EVERYONE, PaddedCube, hidden_from, pad, write_padded
from hsi.cube.pixels import TEST, TRAIN, VALIDATION

SIZES = st.sampled_from([1, 3, 5, 9])


def drawn(height: int, width: int, components: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """A cube without zeros, and owners of its pixels."""
    generator = np.random.default_rng(0)
    cube = generator.uniform(1, 2, (components, height, width)).astype(np.float32)
    return cube, generator.integers(0, 4, (height, width)).astype(np.uint8)


@settings(max_examples=40)
@given(size=SIZES, height=st.integers(1, 9), width=st.integers(1, 9))
def test_padding_puts_half_a_window_of_zeros_on_each_side(size, height, width):
    cube = np.random.default_rng(0).normal(size=(2, height, width)).astype(np.float32)
    padded = pad(cube, size)
    border = size // 2
    assert padded.shape == (2, height + size - 1, width + size - 1)
    inner = padded[:, border : border + height, border : border + width]
    assert np.array_equal(inner, cube)
    assert np.isclose(np.abs(padded).sum(), np.abs(cube).sum())


def test_a_side_sees_shared_and_own_pixels():
    owner = np.array([[EVERYONE, TRAIN, TEST]], np.uint8)
    assert hidden_from(TRAIN, owner).tolist() == [[False, False, True]]
    assert hidden_from(TEST, owner).tolist() == [[False, True, False]]
    assert hidden_from(VALIDATION, owner).tolist() == [[False, True, True]]


@pytest.mark.parametrize("window", [1, 5])
def test_a_padded_cube_knows_its_border_and_its_scene(window):
    cube, owner = drawn(6, 7, components=3)
    padded = PaddedCube.of(cube, owner, window)
    assert padded.border == window // 2
    assert padded.components == 3
    assert padded.size == (6, 7)
    assert np.array_equal(padded.scene_owner, owner)
    assert padded.owner.sum() == owner.sum(), "the border is everyone's"


def test_without_an_owner_every_side_sees_everything():
    cube, _ = drawn(6, 7)
    padded = PaddedCube.of(cube, None, 3)
    assert not padded.owner.any()
    assert np.array_equal(padded.seen_by(TRAIN), padded.values)


def test_what_a_side_sees_are_its_own_and_shared_pixels_and_zeros():
    cube, owner = drawn(6, 7)
    padded = PaddedCube.of(cube, owner, 3)
    seen = padded.seen_by(TEST)[:, 1:-1, 1:-1]
    visible = (owner == TEST) | (owner == EVERYONE)
    assert np.array_equal(seen[:, visible], cube[:, visible])
    assert not seen[:, ~visible].any()


@settings(max_examples=40)
@given(
    border=SIZES,
    narrower=st.sampled_from([0, 2, 4, 8]),
    side=st.sampled_from([None, TRAIN, TEST]),
    data=st.data(),
)
def test_a_tile_is_cut_from_the_padded_cube_with_the_pixels_around_it(border, narrower, side, data):
    window = max(1, border - narrower)
    cube, owner = drawn(6, 7)
    (top, bottom), (left, right) = (
        sorted(data.draw(st.lists(st.integers(0, n), min_size=2, max_size=2, unique=True)))
        for n in (6, 7)
    )
    padded = PaddedCube.of(cube, owner, border)
    tile = padded.tile(slice(top, bottom), slice(left, right), window, side)
    visible = cube if side is None else cube * ~hidden_from(side, owner)
    around = window - 1
    expected = pad(visible, window)[:, top : bottom + around, left : right + around]
    assert np.array_equal(tile, expected)


def test_a_tile_is_a_copy():
    cube, owner = drawn(6, 7)
    padded = PaddedCube.of(cube, owner, 3)
    before = padded.values.copy()
    padded.tile(slice(0, 6), slice(0, 7), 3, TRAIN)[:] = 9
    assert np.array_equal(padded.values, before)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_cube_padded_into_files_in_parts_is_the_one_in_memory(tmp_path, monkeypatch, in_memory):
    cube, owner = drawn(6, 7)
    monkeypatch.setattr("hsi.files.CHUNK", 2 * 2 * 7)  # two rows at a time
    write_padded(tmp_path, cube, owner, 5)
    loaded = PaddedCube.load(tmp_path, 5, in_memory)
    expected = PaddedCube.of(cube, owner, 5)
    assert np.array_equal(loaded.values, expected.values)
    assert np.array_equal(loaded.owner, expected.owner)
    assert isinstance(loaded.values, np.memmap) != in_memory
    tile = (slice(1, 4), slice(2, 7), 3, TRAIN)
    assert np.array_equal(loaded.tile(*tile), expected.tile(*tile))


def test_a_window_larger_than_the_scene_is_refused(tmp_path):
    cube, owner = drawn(6, 7)
    with pytest.raises(ValueError, match=r"patches\.window=7 is larger than the scene of 6 x 7"):
        write_padded(tmp_path, cube, owner, 7)
    assert not list(tmp_path.iterdir())

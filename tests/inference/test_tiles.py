"""The trunk once over a scene and the head on windows give the answer of window by window."""

import numpy as np
import pytest
import torch
from examples import QUICK, SETTINGS, network, probabilities, small
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.choices import NETWORKS
from hsi.cube.padded import EVERYONE, PaddedCube, write_padded
from hsi.cube.pixels import TEST, TRAIN, VALIDATION
from hsi.cube.symmetry import SYMMETRIES, apply_symmetry
from hsi.inference.tiles import classify_scene, in_symmetry, tiles
from hsi.networks.memory import MemoryLimits


def attended(name, attention, place, **changes):
    known = NETWORKS[name].places
    at = [known[place % len(known)]]
    model = network(name, classes=4, attention=attention, at=at, **changes)
    # To count what a network computes takes longer than to classify scenes as small as these.
    model.memory_limits = lambda components: MemoryLimits(1000, 1024)
    return model


def noise(components, height, width, window=9, seed=0) -> PaddedCube:
    """A cube of random numbers, of which every side sees every pixel."""
    cube = np.random.default_rng(seed).normal(size=(components, height, width))
    return PaddedCube.of(cube.astype(np.float32), None, window)


def everywhere(height, width):
    """Row and column of every pixel, in reading order."""
    rows, columns = np.indices((height, width))
    return rows.ravel(), columns.ravel()


@settings(max_examples=20)
@given(
    name=st.sampled_from(QUICK),
    attention=st.sampled_from(sorted(SETTINGS)),
    place=st.integers(0, 1),
    window=st.sampled_from([9, 11, 13]),
    components=st.integers(13, 15),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
    seed=st.integers(0, 99),
)
def test_whole_scene_equals_window_by_window(
    name, attention, place, window, components, height, width, seed
):
    torch.manual_seed(seed)
    model = attended(name, attention, place, components=components, window=window)
    if model.margin == 0:  # each window costs a whole network
        height, width = min(height, 4), min(width, 4)
    model.train()
    model(torch.randn(4, 1, components, window, window))  # running statistics away from 0 and 1
    cube = noise(components, height, width, window, seed)
    rows, columns = everywhere(height, width)
    ours = probabilities(model, cube, None, rows, columns, turns=False)

    model.eval()
    patches = np.stack(
        [cube.values[:, r : r + window, c : c + window] for r, c in zip(rows, columns, strict=True)]
    )
    with torch.no_grad():
        alone = model(torch.from_numpy(patches)[:, None]).softmax(1).numpy()
    np.testing.assert_allclose(ours, alone, atol=1e-5)
    first, second = np.sort(alone, 1)[:, :-3:-1].T
    clear = first - second > 2e-5
    assert np.array_equal(ours.argmax(1)[clear], alone.argmax(1)[clear])


@settings(max_examples=12)
@given(
    name=st.sampled_from(QUICK),
    attention=st.sampled_from(sorted(SETTINGS)),
    place=st.integers(0, 1),
    side=st.integers(1, 4),
    height=st.integers(1, 8),
    width=st.integers(1, 8),
    turns=st.booleans(),
    seed=st.integers(0, 99),
)
def test_tiles_give_the_answer_of_the_whole_scene_across_their_seams(
    name, attention, place, side, height, width, turns, seed
):
    torch.manual_seed(seed)
    model = attended(name, attention, place, components=13, window=9)
    longest = 2 if model.margin == 0 else 3 * side  # few windows if each costs a whole network
    height, width = min(height, longest), min(width, longest)
    cube = noise(13, height, width, seed=seed)
    rows, columns = everywhere(height, width)
    whole = probabilities(model, cube, None, rows, columns, turns)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(model, "memory_limits", lambda components: MemoryLimits(5, side))
        order = np.random.default_rng(seed).permutation(len(rows))
        some = probabilities(model, cube, None, rows[order], columns[order], turns)
        np.testing.assert_allclose(some, whole[order], atol=1e-5)
        raster = np.full((height, width, 4), np.nan, np.float32)
        for down, across, probability in classify_scene(model, cube, None, turns):
            assert max(probability.shape[:2]) <= side
            assert np.isnan(raster[down, across]).all(), "no pixel twice"
            raster[down, across] = probability
        np.testing.assert_allclose(raster.reshape(-1, 4), whole, atol=1e-5)


@given(height=st.integers(1, 50), width=st.integers(1, 50), side=st.integers(1, 60))
def test_tiles_cover_every_pixel_once_and_are_of_similar_size(height, width, side):
    covered = np.zeros((height, width), int)
    lengths = [[], []]
    for down, across in tiles(height, width, side):
        covered[down, across] += 1
        for axis, each in enumerate((down, across)):
            lengths[axis].append(each.stop - each.start)
    assert (covered == 1).all()
    for each in lengths:
        assert 0 < min(each) <= max(each) <= min(side, min(each) + 1)


WHERE = np.array([0, 6, 3]), np.array([7, 0, 5])


def test_a_scene_in_a_file_is_classified_as_one_in_memory(tmp_path):
    torch.manual_seed(0)
    model = small()
    cube = np.random.default_rng(0).normal(size=(13, 11, 12)).astype(np.float32)
    owner = np.random.default_rng(1).integers(0, 4, (11, 12)).astype(np.uint8)
    write_padded(tmp_path, cube, owner, 9)
    stored = PaddedCube.load(tmp_path, 9, in_memory=False)
    assert isinstance(stored.values, np.memmap)
    for side in (None, TEST):
        in_memory = probabilities(model, PaddedCube.of(cube, owner, 9), side, *WHERE, False)
        assert np.array_equal(probabilities(model, stored, side, *WHERE, False), in_memory)


@pytest.mark.parametrize("side", [TRAIN, VALIDATION, TEST])
def test_pixels_of_other_sides_are_zeros_to_a_side(side):
    torch.manual_seed(0)
    model = small()
    cube = np.random.default_rng(0).normal(size=(13, 11, 12)).astype(np.float32)
    owner = np.random.default_rng(1).integers(0, 4, (11, 12)).astype(np.uint8)
    whole = PaddedCube.of(cube, owner, 9)
    masked = PaddedCube.of(cube * np.isin(owner, (EVERYONE, side)), None, 9)
    seen = probabilities(model, masked, None, *WHERE, False)
    assert np.array_equal(probabilities(model, whole, side, *WHERE, False), seen)
    assert not np.allclose(seen, probabilities(model, whole, None, *WHERE, False))
    raster = np.concatenate([part for _, _, part in classify_scene(model, whole, side, False)])
    np.testing.assert_allclose(raster[WHERE], seen, atol=1e-6)


def test_a_network_of_smaller_windows_reads_a_cube_that_was_padded_for_larger_ones():
    torch.manual_seed(0)
    model = small()
    rows, columns = everywhere(6, 5)
    wide, narrow = (noise(13, 6, 5, window) for window in (15, 9))
    found = probabilities(model, wide, None, rows, columns, turns=False)
    assert np.array_equal(found, probabilities(model, narrow, None, rows, columns, turns=False))


def test_probabilities_sum_to_one_and_leave_no_trace_of_training_mode():
    model, cube = small().train(), noise(13, 6, 5)
    rows, columns = np.array([0, 5]), np.array([4, 0])
    first = probabilities(model, cube, None, rows, columns, turns=False)
    assert first.sum(1) == pytest.approx([1, 1], abs=1e-6)
    assert np.array_equal(first, probabilities(model, cube, None, rows, columns, turns=False))


def test_turns_make_the_answer_independent_of_how_the_scene_lies():
    torch.manual_seed(0)
    model = small()
    cube = np.random.default_rng(0).normal(size=(13, 6, 5)).astype(np.float32)
    rows, columns = np.array([0, 5, 2]), np.array([4, 0, 2])
    straight = PaddedCube.of(cube, None, 9)
    turned = PaddedCube.of(np.rot90(cube, axes=(1, 2)).copy(), None, 9)
    expected = probabilities(model, straight, None, rows, columns, turns=True)
    np.testing.assert_allclose(
        probabilities(model, turned, None, 4 - columns, rows, turns=True), expected, atol=1e-6
    )
    alone = probabilities(model, straight, None, rows, columns, turns=False)
    assert not np.allclose(alone, expected, atol=1e-4)


@pytest.mark.parametrize("symmetry", range(SYMMETRIES))
def test_the_answer_of_a_turned_scene_is_put_back_in_its_place(symmetry):
    model = small("hybridsn").eval()
    scene = torch.from_numpy(noise(13, 4, 5).values)
    turned = in_symmetry(model, apply_symmetry(scene, symmetry), None, 0, 20).T
    found = in_symmetry(model, scene, None, symmetry, 20).T.unflatten(1, (4, 5))
    assert torch.equal(apply_symmetry(found, symmetry).flatten(1), turned)

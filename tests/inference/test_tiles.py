"""Trunk once over the scene, head on windows of its output: the same answer as window by window."""

import numpy as np
import pytest
import torch
from conftest import probabilities
from hypothesis import given, settings
from hypothesis import strategies as st
from test_models import BIG, NETWORKS, SETTINGS, network

from hsi.files import read_array, write_array
from hsi.inference import classify_scene, tiles
from hsi.models import MODELS
from hsi.patches import pad
from hsi.portions import Portions

QUICK = [name for name in NETWORKS if name not in BIG] + ["hybridsn_2d_first"]


def attended(name, attention, place, **changes):
    known = MODELS[name].places
    at = [known[place % len(known)]]
    return network(name, classes=4, attention=attention, attention_at=at, **changes)


@settings(max_examples=40)
@given(
    name=st.sampled_from(QUICK),
    attention=st.sampled_from(sorted(SETTINGS)),
    place=st.integers(0, 1),
    window=st.sampled_from([9, 11, 13]),
    components=st.integers(13, 15),
    height=st.integers(1, 12),
    width=st.integers(1, 12),
    seed=st.integers(0, 99),
)
def test_whole_scene_equals_window_by_window(
    name, attention, place, window, components, height, width, seed
):
    torch.manual_seed(seed)
    model = attended(name, attention, place, components=components, window=window)
    model.train()
    model(torch.randn(4, 1, components, window, window))  # running statistics away from 0 and 1
    cube = np.random.default_rng(seed).normal(size=(components, height, width)).astype(np.float32)
    padded = pad(cube, window)
    rows, columns = (each.ravel() for each in np.indices((height, width)))
    ours = probabilities(model, padded, None, rows, columns, turns=False)

    model.eval()
    patches = np.stack(
        [padded[:, r : r + window, c : c + window] for r, c in zip(rows, columns, strict=True)]
    )
    with torch.no_grad():
        alone = model(torch.from_numpy(patches)[:, None]).softmax(1).numpy()
    np.testing.assert_allclose(ours, alone, atol=1e-5)
    first, second = np.sort(alone, 1)[:, :-3:-1].T
    clear = first - second > 2e-5
    assert np.array_equal(ours.argmax(1)[clear], alone.argmax(1)[clear])


@settings(max_examples=15)
@given(
    name=st.sampled_from(QUICK),
    attention=st.sampled_from(sorted(SETTINGS)),
    place=st.integers(0, 1),
    side=st.integers(1, 9),
    height=st.integers(1, 14),
    width=st.integers(1, 14),
    turns=st.booleans(),
    seed=st.integers(0, 99),
)
def test_tiles_give_the_answer_of_the_whole_scene_across_their_seams(
    name, attention, place, side, height, width, turns, seed
):
    torch.manual_seed(seed)
    model = attended(name, attention, place, components=13, window=9)
    cube = np.random.default_rng(seed).normal(size=(13, height, width)).astype(np.float32)
    padded = pad(cube, 9)
    rows, columns = (each.ravel() for each in np.indices((height, width)))
    whole = probabilities(model, padded, None, rows, columns, turns)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hsi.inference.portions", lambda *_: Portions(windows=5, side=side))
        order = np.random.default_rng(seed).permutation(len(rows))
        some = probabilities(model, padded, None, rows[order], columns[order], turns)
        np.testing.assert_allclose(some, whole[order], atol=1e-5)
        raster = np.full((height, width, 4), np.nan, np.float32)
        for down, across, probability in classify_scene(model, padded, None, turns):
            assert max(probability.shape[:2]) <= side
            assert np.isnan(raster[down, across]).all(), "no pixel twice"
            raster[down, across] = probability
        np.testing.assert_allclose(raster.reshape(-1, 4), whole, atol=1e-5)


@given(height=st.integers(1, 50), width=st.integers(1, 50), side=st.integers(1, 60))
def test_tiles_cover_every_pixel_once_and_are_of_like_size(height, width, side):
    covered = np.zeros((height, width), int)
    lengths = [[], []]
    for down, across in tiles(height, width, side):
        covered[down, across] += 1
        for axis, each in enumerate((down, across)):
            lengths[axis].append(each.stop - each.start)
    assert (covered == 1).all()
    for each in lengths:
        assert 0 < min(each) <= max(each) <= min(side, min(each) + 1)


def test_a_scene_in_a_file_is_classified_as_one_in_memory_and_hidden_pixels_are_zeros(tmp_path):
    torch.manual_seed(0)
    model = network(components=13, window=9, classes=4)
    padded = np.random.default_rng(0).normal(size=(13, 15, 16)).astype(np.float32)
    write_array(tmp_path / "cube.npy", padded)
    stored = read_array(tmp_path / "cube.npy", in_memory=False)
    hidden = np.random.default_rng(1).random((15, 16)) < 0.5
    where = np.array([0, 6, 3]), np.array([7, 0, 5])
    in_memory = probabilities(model, padded, None, *where, False)
    assert np.array_equal(probabilities(model, stored, None, *where, False), in_memory)
    seen = probabilities(model, padded * ~hidden, None, *where, False)
    assert np.array_equal(probabilities(model, stored, hidden, *where, False), seen)
    assert not np.allclose(seen, in_memory)


def test_probabilities_sum_to_one_and_leave_no_trace_of_training_mode():
    model = network(components=13, window=9, classes=4).train()
    padded = pad(np.random.default_rng(0).normal(size=(13, 6, 5)).astype(np.float32), 9)
    rows, columns = np.array([0, 5]), np.array([4, 0])
    first = probabilities(model, padded, None, rows, columns, turns=False)
    assert first.sum(1) == pytest.approx([1, 1], abs=1e-6)
    assert np.array_equal(first, probabilities(model, padded, None, rows, columns, turns=False))


def test_turns_make_the_answer_independent_of_how_the_scene_lies():
    torch.manual_seed(0)
    model = network(components=13, window=9, classes=4)
    cube = np.random.default_rng(0).normal(size=(13, 6, 5)).astype(np.float32)
    rows, columns = np.array([0, 5, 2]), np.array([4, 0, 2])
    straight = probabilities(model, pad(cube, 9), None, rows, columns, turns=True)
    turned = pad(np.rot90(cube, axes=(1, 2)).copy(), 9)
    np.testing.assert_allclose(
        probabilities(model, turned, None, 4 - columns, rows, turns=True), straight, atol=1e-6
    )
    alone = probabilities(model, pad(cube, 9), None, rows, columns, turns=False)
    assert not np.allclose(alone, straight, atol=1e-4)

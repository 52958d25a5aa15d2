"""Trunk once over the scene, head on windows of its output: the same answer as window by window."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from test_models import BIG, NETWORKS, SETTINGS, network

from hsi.inference import classify
from hsi.models import MODELS
from hsi.patches import pad

QUICK = [name for name in NETWORKS if name not in BIG] + ["hybridsn_2d_first"]


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
    known = MODELS[name].places
    model = network(
        name,
        components=components,
        window=window,
        classes=4,
        attention=attention,
        attention_at=[known[place % len(known)]],
    )
    model.train()
    model(torch.randn(4, 1, components, window, window))  # running statistics away from 0 and 1
    cube = np.random.default_rng(seed).normal(size=(components, height, width)).astype(np.float32)
    padded = pad(cube, window)
    rows, columns = (each.ravel() for each in np.indices((height, width)))
    ours = classify(model, padded, rows, columns, turns=False)

    model.eval()
    patches = np.stack(
        [padded[:, r : r + window, c : c + window] for r, c in zip(rows, columns, strict=True)]
    )
    with torch.no_grad():
        alone = model(torch.from_numpy(patches)[:, None]).softmax(1).numpy()
    np.testing.assert_allclose(ours, alone, atol=1e-5)


def test_probabilities_sum_to_one_and_leave_no_trace_of_training_mode():
    model = network(components=13, window=9, classes=4).train()
    padded = pad(np.random.default_rng(0).normal(size=(13, 6, 5)).astype(np.float32), 9)
    rows, columns = np.array([0, 5]), np.array([4, 0])
    first = classify(model, padded, rows, columns, turns=False)
    assert first.sum(1) == pytest.approx([1, 1], abs=1e-6)
    assert np.array_equal(first, classify(model, padded, rows, columns, turns=False))


def test_turns_make_the_answer_independent_of_how_the_scene_lies():
    torch.manual_seed(0)
    model = network(components=13, window=9, classes=4)
    cube = np.random.default_rng(0).normal(size=(13, 6, 5)).astype(np.float32)
    rows, columns = np.array([0, 5, 2]), np.array([4, 0, 2])
    straight = classify(model, pad(cube, 9), rows, columns, turns=True)
    turned = pad(np.rot90(cube, axes=(1, 2)).copy(), 9)
    np.testing.assert_allclose(
        classify(model, turned, 4 - columns, rows, turns=True), straight, atol=1e-6
    )
    alone = classify(model, pad(cube, 9), rows, columns, turns=False)
    assert not np.allclose(alone, straight, atol=1e-4)

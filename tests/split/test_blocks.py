"""Blocks, and the proof that nothing crosses between them."""

import numpy as np
import pytest
import torch
from conftest import probabilities
from hypothesis import given
from hypothesis import strategies as st

from hsi.blocks import block_split
from hsi.models.build import build
from hsi.patches import hidden_from, pad
from hsi.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.reduce import fit_pca
from hsi.split import leak
from hsi.training import fit

NAMES = ("a", "b", "c")
WINDOW = 9


@given(
    seed=st.integers(0, 2**32 - 1),
    block=st.integers(2, 9),
    train=st.one_of(st.floats(0.01, 0.4), st.integers(1, 20)),
    validation=st.one_of(st.just(0), st.floats(0.01, 0.2)),
)
def test_every_class_trains_and_tests_and_nothing_is_shared(truth, seed, block, train, validation):
    sides, owner = block_split(truth, NAMES, train, validation, block, seed)
    assert set(np.unique(owner)) <= {TRAIN, VALIDATION, TEST}
    assert np.array_equal(sides[sides > 0], owner[sides > 0])
    assert (sides[truth == 0] == 0).all()
    assert np.array_equal((sides > 0)[owner == TEST], (truth > 0)[owner == TEST])
    for number in (1, 2, 3):
        own = sides[truth == number]
        wanted = train if train >= 1 else max(1, round(train * own.size))
        assert 1 <= (own == TRAIN).sum() <= wanted
        held = ((owner == TRAIN) & (truth == number)).sum()
        assert (own == TRAIN).sum() == min(held, wanted)
        assert (own == TEST).sum() >= 1
    pixels = Pixels.of_truth(truth, sides)
    assert leak(pixels, owner, 9) == (0, 0)
    assert leak(pixels, owner, 25) == (0, 0)


def test_a_side_is_made_of_whole_blocks(truth):
    _, owner = block_split(truth, NAMES, 0.2, 0, 5, 3)
    height, width = truth.shape
    whole = [
        (top, left)
        for top in range(5)
        for left in range(5)
        if all(
            (owner[row : row + 5, column : column + 5] == owner[row, column]).all()
            for row in range(top, height - 4, 5)
            for column in range(left, width - 4, 5)
        )
    ]
    assert len(whole) == 1  # the one origin that fits


def test_the_training_share_is_what_was_asked_for(truth):
    sides, _ = block_split(truth, NAMES, 0.1, 0, 4, 0)
    for number in (1, 2, 3):
        own = sides[truth == number]
        assert (own == TRAIN).sum() == round(0.1 * own.size)


def test_the_seed_decides_origin_and_draw(truth):
    first = block_split(truth, NAMES, 0.1, 0.1, 5, 1)
    again = block_split(truth, NAMES, 0.1, 0.1, 5, 1)
    other = block_split(truth, NAMES, 0.1, 0.1, 5, 2)
    assert all(np.array_equal(left, right) for left, right in zip(first, again, strict=True))
    assert not np.array_equal(first[1], other[1])


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (2, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_a_class_in_one_block_has_it_cut_in_two(seed, shape):
    truth = np.ones((30, 30), np.int32)
    truth[10 : 10 + shape[0], 10 : 10 + shape[1]] = 2
    sides, owner = block_split(truth, ("sea", "island"), 0.5, 0, 15, seed)
    own = sides[truth == 2]
    assert (own == TRAIN).any()
    assert (own == TEST).any()
    assert leak(Pixels.of_truth(truth, sides), owner, 25) == (0, 0)


def test_a_class_of_one_pixel_and_a_block_beyond_the_scene_are_named():
    truth = np.ones((6, 6), np.int32)
    truth[2, 2] = 2
    with pytest.raises(ValueError, match=r"class 'oats' has 1 labelled pixels: at least 2"):
        block_split(truth, ("hay", "oats"), 0.1, 0, 3, 0)
    with pytest.raises(ValueError, match=r"split.block=7 is larger than the scene of 6 x 6"):
        block_split(truth, ("hay", "oats"), 0.1, 0, 7, 0)


def test_a_class_that_cannot_be_on_both_sides_is_named():
    truth = np.zeros((2, 4), np.int32)
    truth[0] = [1, 2, 3, 1]  # in blocks of one pixel: of 2 and 3 there is one block each
    truth[1] = [0, 2, 3, 0]
    for seed in range(10):
        sides, _ = block_split(truth, NAMES, 0.5, 0, 1, seed)
        assert {tuple(sorted(sides[truth == k])) for k in (1, 2, 3)} == {(TRAIN, TEST)}


def prepared(
    raw: np.ndarray, truth: np.ndarray, sides: np.ndarray, owner: np.ndarray
) -> tuple[np.ndarray, Pixels]:
    """What the stages make of a scene: PCA of the training side, padded; and the pixel table."""
    projection, _ = fit_pca(raw, owner == TRAIN, 13, True)
    return pad(projection.apply(raw), WINDOW), Pixels.of_truth(truth, sides)


def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return build(
        "hybridsn",
        components=13,
        window=WINDOW,
        classes=3,
        batch_norm=True,
        dropout=0.4,
        attention="se",
        attention_settings={"reduction": 16, "bias": False},
        attention_at=None,
        attention_residual=False,
    )


@pytest.mark.parametrize("batch", [None, 16])
@pytest.mark.parametrize("changed", [VALIDATION, TEST])
def test_whatever_the_other_sides_hold_a_trained_model_stays_the_same(cube, truth, batch, changed):
    sides, owner = block_split(truth, NAMES, 0.3, 0.1, 4, 0)
    generator = np.random.default_rng(1)
    other = cube.copy()
    other[owner == changed] = generator.integers(0, 60000, other[owner == changed].shape)
    weights = []
    for raw in (cube, other):
        padded, pixels = prepared(raw, truth, sides, owner)
        own = pixels.on(TRAIN)
        model = network()
        epochs = fit(
            model,
            torch.from_numpy(padded * ~hidden_from(TRAIN, pad(owner, WINDOW))),
            *(torch.from_numpy(each) for each in (own.rows, own.columns)),
            torch.from_numpy(own.targets).long(),
            batch=batch,
            epochs=3,
            rate=1e-3,
            schedule="constant",
            weight_decay=0.01,
            smoothing=0.0,
            augment=True,
            precision="float32",
            seed=0,
            resume=None,
        )
        assert len(list(epochs)) == 3
        weights.append(model.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]), name


@pytest.mark.parametrize("turns", [False, True])
def test_whatever_the_other_sides_hold_the_answers_on_test_stay_the_same(cube, truth, turns):
    sides, owner = block_split(truth, NAMES, 0.3, 0.1, 4, 0)
    padded, pixels = prepared(cube, truth, sides, owner)
    test, hidden = pixels.on(TEST), hidden_from(TEST, pad(owner, WINDOW))
    model = network()
    asked = test.rows.astype(np.int64), test.columns.astype(np.int64), turns
    answers = probabilities(model, padded, hidden, *asked)
    other = padded.copy()
    other[:, pad(owner, WINDOW) == TRAIN] = 1e6
    other[:, pad(owner, WINDOW) == VALIDATION] = -1e6
    assert np.array_equal(answers, probabilities(model, other, hidden, *asked))
    assert not np.array_equal(answers, probabilities(model, padded, None, *asked))

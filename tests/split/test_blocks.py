"""Blocks, and the proof that nothing crosses between them."""

import numpy as np
import pytest
import torch
from examples import network, probabilities, request, scene_info
from hypothesis import given, settings
from hypothesis import strategies as st

from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TEST, TRAIN, VALIDATION, Pixels
from hsi.networks.trunk_head import TrunkHead
from hsi.reduction.pca import fit_pca
from hsi.split.blocks import block_split
from hsi.split.leakage import leak
from hsi.split.request import Request, Split
from hsi.training.loop import fit
from hsi.training.samples import Samples, TrainingRecipe

NAMES = ("a", "b", "c")
WINDOW = 9


def asked(
    truth: np.ndarray,
    train: float | int,
    validation: float | int = 0,
    seed: int = 0,
    names: tuple[str, ...] = NAMES,
) -> Request:
    return request(truth, train, validation, seed, scene_info(names))


@settings(max_examples=50)
@given(
    seed=st.integers(0, 2**32 - 1),
    block=st.integers(2, 9),
    train=st.one_of(st.floats(0.01, 0.4), st.integers(1, 20)),
    validation=st.one_of(st.just(0), st.floats(0.01, 0.2)),
)
def test_every_class_trains_and_tests_and_nothing_is_shared(truth, seed, block, train, validation):
    split = block_split(asked(truth, train, validation, seed), block)
    sides, owner = split.sides, split.owner
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
    owner = block_split(asked(truth, 0.2, seed=3), 5).owner
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
    sides = block_split(asked(truth, 0.1), 4).sides
    for number in (1, 2, 3):
        own = sides[truth == number]
        assert (own == TRAIN).sum() == round(0.1 * own.size)


def test_the_seed_decides_origin_and_draw(truth):
    first, again, other = (block_split(asked(truth, 0.1, 0.1, seed), 5) for seed in (1, 1, 2))
    assert np.array_equal(first.sides, again.sides)
    assert np.array_equal(first.owner, again.owner)
    assert not np.array_equal(first.owner, other.owner)


@pytest.mark.parametrize("shape", [(1, 4), (4, 1), (2, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_a_class_in_one_block_has_it_cut_in_two(seed, shape):
    truth = np.ones((30, 30), np.int32)
    truth[10 : 10 + shape[0], 10 : 10 + shape[1]] = 2
    split = block_split(asked(truth, 0.5, seed=seed, names=("sea", "island")), 15)
    own = split.sides[truth == 2]
    assert (own == TRAIN).any()
    assert (own == TEST).any()
    assert leak(Pixels.of_truth(truth, split.sides), split.owner, 25) == (0, 0)


def test_a_class_of_one_pixel_and_a_block_beyond_the_scene_are_named():
    truth = np.ones((6, 6), np.int32)
    truth[2, 2] = 2
    with pytest.raises(ValueError, match=r"class 'oats' has 1 labelled pixels: at least 2"):
        block_split(asked(truth, 0.1, names=("hay", "oats")), 3)
    larger = r"\(7 pixels\) is larger than the scene of 6 x 6; lower split\.blocks\.side"
    with pytest.raises(ValueError, match=larger):
        block_split(asked(truth, 0.1, names=("hay", "oats")), 7)


def test_a_class_that_cannot_be_on_both_sides_is_named():
    truth = np.zeros((2, 4), np.int32)
    truth[0] = [1, 2, 3, 1]  # in blocks of one pixel: of 2 and 3 there is one block each
    truth[1] = [0, 2, 3, 0]
    for seed in range(10):
        sides = block_split(asked(truth, 0.5, seed=seed), 1).sides
        assert {tuple(sorted(sides[truth == k])) for k in (1, 2, 3)} == {(TRAIN, TEST)}


def prepared(raw: np.ndarray, truth: np.ndarray, split: Split) -> tuple[PaddedCube, Pixels]:
    """What the stages make of a scene: PCA of the training side, padded; and the pixel table."""
    projection, _ = fit_pca(raw, split.owner == TRAIN, 13, "none", True)
    cube = PaddedCube.of(projection.apply(raw), split.owner, WINDOW)
    return cube, Pixels.of_truth(truth, split.sides)


def small() -> TrunkHead:
    torch.manual_seed(0)
    return network(components=13, window=WINDOW, classes=3, attention="se")


@pytest.mark.parametrize("batch", [None, 16])
@pytest.mark.parametrize("changed", [VALIDATION, TEST])
def test_whatever_the_other_sides_hold_a_trained_model_stays_the_same(cube, truth, batch, changed):
    split = block_split(asked(truth, 0.3, 0.1), 4)
    generator = np.random.default_rng(1)
    other = cube.copy()
    hidden = split.owner == changed
    other[hidden] = generator.integers(0, 60000, other[hidden].shape)
    recipe = TrainingRecipe(
        batch=batch,
        epochs=2,
        rate=1e-3,
        schedule="constant",
        weight_decay=0.01,
        smoothing=0.0,
        augment=True,
        precision="float32",
    )
    weights = []
    for raw in (cube, other):
        padded, pixels = prepared(raw, truth, split)
        model = small()
        visible = torch.from_numpy(padded.seen_by(TRAIN))
        epochs = fit(
            model, visible, Samples.of(pixels.on(TRAIN), "cpu"), recipe, seed=0, resume=None
        )
        assert len(list(epochs)) == 2
        weights.append(model.state_dict())
    for name, value in weights[0].items():
        assert torch.equal(value, weights[1][name]), name


@pytest.mark.parametrize("turns", [False, True])
def test_whatever_the_other_sides_hold_the_answers_on_test_stay_the_same(cube, truth, turns):
    split = block_split(asked(truth, 0.3, 0.1), 4)
    padded, pixels = prepared(cube, truth, split)
    test, model = pixels.on(TEST), small()
    where = test.rows, test.columns, turns
    answers = probabilities(model, padded, TEST, *where)
    values = padded.values.copy()
    values[:, padded.owner == TRAIN] = 1e6
    values[:, padded.owner == VALIDATION] = -1e6
    other = PaddedCube(values, padded.owner, WINDOW)
    assert np.array_equal(answers, probabilities(model, other, TEST, *where))
    assert not np.array_equal(answers, probabilities(model, padded, None, *where))

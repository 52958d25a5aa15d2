"""How a model answers, as params.yaml asks for it."""

import numpy as np
import pytest
import torch
from examples import network

from experiments.answering import answering
from hsi.comparators.lda import LDA
from hsi.config import Params, load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.box import Box
from hsi.inference.smoothing import NoSmoothing

ALL = np.ones((26, 21), bool)


def asked(**inference) -> Params:
    params = load_params()
    walker = params.inference.random_walker.model_copy(update=inference.pop("walker", {}))
    changed = params.inference.model_copy(update={**inference, "random_walker": walker})
    return params.model_copy(update={"inference": changed})


@pytest.fixture
def scene(cube, truth):
    pixels = Pixels.of_truth(truth, np.where(truth > 0, TRAIN, 0).astype(np.uint8))
    pixels = Pixels(*(each.astype(np.int64) for each in vars(pixels).values()))
    components = cube[..., :13].transpose(2, 0, 1).astype(np.float32) / 1000
    return PaddedCube.of(components, None, 9), ALL, pixels, np.arange(len(pixels)) // 6


@pytest.fixture
def comparator(scene):
    cube, _, pixels, groups = scene
    model = LDA(3, folds=3, shrinkage=[0.1])
    features = torch.from_numpy(cube.at(pixels.rows, pixels.columns))
    model.fit(features, torch.from_numpy(pixels.targets), torch.from_numpy(groups), seed=0)
    return model


def test_a_network_averages_over_turns_and_a_comparator_has_no_use_for_them(scene, comparator):
    assert [each.turns for each in answering(asked(), network("cnn2d", components=13, window=9),
                                             *scene)] == [True, True]  # fmt: skip
    here, elsewhere = answering(asked(), comparator, *scene)
    assert here == elsewhere
    assert (here.turns, here.smoothing, here.temperature) == (False, NoSmoothing(), 1.0)


def test_constants_of_a_walker_are_chosen_for_a_comparator(scene, comparator):
    params = asked(
        smoothing="random_walker", folds=2, walker={"seeds": "training", "gamma": 0.1, "beta": 1.0}
    )
    here, elsewhere = answering(params, comparator, *scene)
    assert (here.smoothing.seeds, elsewhere.smoothing.seeds) == ("training", "none")
    assert here.smoothing.sharpness in (1.0, 2.0)
    assert here.smoothing.scale == elsewhere.smoothing.scale > 0
    assert here.temperature != 1.0


def test_a_box_gets_a_temperature_for_a_comparator_and_none_for_a_network(scene, comparator):
    here, elsewhere = answering(asked(smoothing="box", folds=2), comparator, *scene)
    assert here == elsewhere
    assert here.smoothing == Box(5)
    assert here.temperature != 1.0
    plain, _ = answering(asked(smoothing="box"), network("cnn2d", components=13, window=9), *scene)
    assert (plain.smoothing, plain.temperature) == (Box(5), 1.0)

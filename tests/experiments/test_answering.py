"""How a model answers, as params.yaml asks for it."""

import numpy as np
import pytest
import torch
from examples import network

from experiments.answering import answering, answering_elsewhere
from hsi.comparators.lda import LDA
from hsi.config import Params, load_params
from hsi.cube.padded import PaddedCube
from hsi.cube.pixels import TRAIN, Pixels
from hsi.inference.box import Box
from hsi.inference.labelled import LabelledScene
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
    padded = PaddedCube.of(components, None, 9)
    return LabelledScene(padded, ALL, pixels, np.arange(len(pixels)) // 6)


@pytest.fixture
def comparator(scene):
    pixels = scene.pixels
    model = LDA(3, folds=3, shrinkage=[0.1])
    features = torch.from_numpy(scene.cube.at(pixels.rows, pixels.columns))
    model.fit(features, torch.from_numpy(pixels.targets), torch.from_numpy(scene.groups), seed=0)
    return model


def test_a_network_averages_over_turns_and_a_comparator_has_no_use_for_them(scene, comparator):
    model = network("cnn2d", components=13, window=9)
    answerer, found = answering(asked(), model, scene)
    assert answerer is model
    assert found.turns
    answerer, found = answering(asked(), comparator, scene)
    assert answerer is comparator
    assert (found.turns, found.smoothing, found.temperature) == (False, NoSmoothing(), 1.0)


def test_constants_of_a_walker_that_are_not_set_are_chosen_for_a_comparator(scene, comparator):
    params = asked(
        smoothing="random_walker", folds=2, walker={"seeds": "training", "gamma": 0.1, "beta": 1.0}
    )
    _, found = answering(params, comparator, scene)
    assert found.smoothing.seeds == "training"
    assert found.smoothing.sharpness in (1.0, 2.0)
    assert (found.smoothing.gamma, found.smoothing.beta) == (0.1, 1.0)
    assert found.smoothing.scale > 0
    assert found.temperature != 1.0


def test_constants_that_are_set_for_anchors_are_chosen_anew_for_other_scenes(scene, comparator):
    walker = {"seeds": "training", "sharpness": 3.0, "gamma": 0.7, "beta": 0.5, "borders": 2.0}
    params = asked(smoothing="random_walker", folds=2, walker=walker)
    here = answering(params, comparator, scene)[1].smoothing
    assert (here.sharpness, here.gamma, here.borders) == (3.0, 0.7, 2.0)
    elsewhere = answering_elsewhere(params, comparator, scene).smoothing
    assert (elsewhere.seeds, elsewhere.borders) == ("none", 0.0)
    assert elsewhere.sharpness in (1.0, 2.0)
    assert elsewhere.gamma != 0.7
    of_network = answering_elsewhere(params, network("cnn2d", components=13, window=9), scene)
    assert (of_network.smoothing.gamma, of_network.smoothing.seeds) == (0.7, "none")


def test_a_box_gets_a_temperature_for_a_comparator_and_none_for_a_network(scene, comparator):
    _, found = answering(asked(smoothing="box", folds=2), comparator, scene)
    assert found.smoothing == Box(5)
    assert found.temperature != 1.0
    _, plain = answering(asked(smoothing="box"), network("cnn2d", components=13, window=9), scene)
    assert (plain.smoothing, plain.temperature) == (Box(5), 1.0)


def test_a_comparator_that_learns_from_its_map_answers_in_place_of_the_given_one(scene, comparator):
    params = asked(
        smoothing="random_walker", folds=2, self_training=True, walker={"seeds": "training"}
    )
    answerer, found = answering(params, comparator, scene)
    assert answerer is not comparator
    assert found.smoothing.borders in (0.0, 1.0)
    assert found.temperature > 0

"""What many tests build: small networks, how to train them, and what they say about pixels."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from hsi import choices
from hsi.cube.padded import PaddedCube
from hsi.inference.tiles import classify
from hsi.model import Model, ModelRecipe
from hsi.networks.build import AttentionRecipe, build_network
from hsi.networks.trunk_head import InputShape, TrunkHead
from hsi.scene.info import SceneInfo
from hsi.scene.regions import regions_of
from hsi.split.request import Request
from hsi.training.loop import Epoch, fit
from hsi.training.samples import Samples, TrainingRecipe

# Settings of each attention, with ratios so small that some hidden unit is alive at the start.
SETTINGS = {
    "none": {},
    "se": {"reduction": 2, "bias": False},
    "channel": {"reduction": 2},
    "spatial": {"kernel": 3},
    "cbam": {"reduction": 2, "kernel": 3},
    "eca": {"gamma": 2.0, "b": 1.0},
    "nonlocal": {"reduction": 2},
    "strip": {"kernel": 3, "reduction": 8},
}
NETWORKS = tuple(choices.NETWORKS)
# One network of each family that trains in no time on windows of 9 pixels.
QUICK = ("hybridsn", "hybridsn_2d_first", "se_resnet18", "mobilenet_v2", "cnn2d", "cnn3d")
# Networks of so many weights that to build and train one takes seconds.
BIG = {"hybridsn_2d_first", "se_resnet50", "se_resnet101", "se_resnet152", "res2net50"}

# One step over the whole scene in each epoch, and mini-batches of windows.
SCENE = TrainingRecipe(
    batch=None,
    epochs=12,
    rate=3e-3,
    schedule="one_cycle",
    weight_decay=0.01,
    smoothing=0.0,
    augment=True,
    precision="float32",
)
WINDOWS = replace(SCENE, batch=16, rate=1e-3, schedule="constant", weight_decay=0.0)


def recipe(
    name: str = "hybridsn",
    components: int = 30,
    window: int = 25,
    classes: int = 16,
    batch_norm: bool = True,
    dropout: float = 0.4,
    attention: str = "none",
    at: Collection[str] | None = None,
    residual: bool = False,
    attention_settings: dict[str, float | int] | None = None,
) -> ModelRecipe:
    """A network as a model file describes it; networks without a choice ignore `batch_norm`."""
    settings = {"batch_norm": batch_norm, "dropout": dropout}
    if attention_settings is None:
        attention_settings = SETTINGS[attention]
    return ModelRecipe(
        name,
        {key: settings[key] for key in choices.NETWORKS[name].settings},
        InputShape(components, window, classes),
        AttentionRecipe(attention, attention_settings, at, residual),
    )


def network(name: str = "hybridsn", **changes) -> TrunkHead:
    """An untrained network; `changes` are the other arguments of `recipe`."""
    made = recipe(name, **changes)
    return build_network(made.name, made.shape, made.settings, made.attention)


def small(name: str = "hybridsn", **changes) -> TrunkHead:
    """The smallest network of a family: 13 components, windows of 9 pixels, 3 classes."""
    return network(name, **{"components": 13, "window": 9, "classes": 3, **changes})


def training(
    padded: torch.Tensor,
    samples: Samples,
    how: TrainingRecipe,
    model: TrunkHead | None = None,
    seed: int = 7,
    resume: dict[str, Any] | None = None,
    **changes,
) -> tuple[TrunkHead, Iterator[Epoch]]:
    """A network that learns as its epochs are iterated over; `changes` are of the recipe."""
    torch.manual_seed(7)
    model = model or small()
    return model, fit(model, padded, samples, replace(how, **changes), seed=seed, resume=resume)


def scene_info(
    class_names: Sequence[str] = ("wheat", "class 5", "fallow"),
    labels: Sequence[int] | None = None,
    bands: int = 24,
    **changes,
) -> SceneInfo:
    """What is known about a scene; without other labels those of classes 1, 2, ... are the same."""
    info = SceneInfo(
        name="custom",
        labels=tuple(labels or range(1, len(class_names) + 1)),
        unlabelled=(0,),
        nodata=None,
        class_names=tuple(class_names),
        sensor="AVIRIS",
        wavelengths=None,
        false_colour=(bands - 1, bands // 2, 0),
        citation="",
        licence="CC0",
    )
    return replace(info, **changes)


def request(
    truth: np.ndarray,
    train: float | int = 0.1,
    validation: float | int = 0,
    seed: int = 0,
    info: SceneInfo | None = None,
) -> Request:
    """A request for a split of a scene that has data everywhere, without polygons."""
    info = info or scene_info([f"class {k}" for k in range(1, truth.max() + 1)])
    valid, regions = np.ones(truth.shape, bool), regions_of(truth)
    return Request(truth, valid, regions, info, train, validation, seed)


def probabilities(
    model: Model,
    cube: PaddedCube,
    side: int | None,
    rows: np.ndarray,
    columns: np.ndarray,
    turns: bool,
) -> np.ndarray:
    """(pixels, classes) of all that `classify` yields, in the order of the pixels."""
    parts = list(classify(model, cube, side, rows, columns, turns))
    order = np.concatenate([which for which, _ in parts])
    assert np.array_equal(np.sort(order), np.arange(len(rows)))
    return np.concatenate([part for _, part in parts])[order.argsort()]

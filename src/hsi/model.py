"""A model is a trained network or a fitted comparator: build it by name, save it, and load it.

A model file holds the weights and the recipe of the model. Loading one executes nothing.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from hsi.choices import COMPARATORS
from hsi.comparators.comparator import Comparator
from hsi.networks.build import AttentionRecipe, build_network
from hsi.networks.trunk_head import InputShape, TrunkHead
from hsi.tensors import read_tensors, write_tensors

Model = TrunkHead | Comparator


@dataclass(frozen=True)
class ModelRecipe:
    """All that is needed to build an untrained model.

    Attributes:
        name: One of NETWORKS or COMPARATORS.
        settings: The settings of its block in params.yaml.
        shape: Sizes to build for.
        attention: The attention of a network; a comparator has none.
    """

    name: str
    settings: dict[str, Any]
    shape: InputShape
    attention: AttentionRecipe

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> "ModelRecipe":
        """Restore a recipe from `dataclasses.asdict` of it."""
        return cls(
            content["name"],
            content["settings"],
            InputShape(**content["shape"]),
            AttentionRecipe(**content["attention"]),
        )


def build_model(recipe: ModelRecipe) -> Model:
    """Build an untrained model.

    Raises:
        ValueError: If the sizes or the attention do not fit the network.
    """
    if recipe.name in COMPARATORS:
        comparator: Comparator = COMPARATORS[recipe.name].load()(
            recipe.shape.classes, **recipe.settings
        )
        return comparator
    return build_network(recipe.name, recipe.shape, recipe.settings, recipe.attention)


def parameter_count(model: Model) -> int:
    """Return the number of parameters of a network, or of stored numbers of a comparator."""
    return sum(each.numel() for each in model.parameters())


def save_model(path: Path, model: Model, recipe: ModelRecipe) -> None:
    """Write a model file."""
    write_tensors(path, model.state_dict(), asdict(recipe))


def load_model(path: Path, device: str) -> tuple[Model, ModelRecipe]:
    """Read a model file.

    Raises:
        FileNotFoundError: If the file is missing.
        ValueError: If the file is damaged, or not a model file of this version.
    """
    weights, about = read_tensors(path)
    try:
        recipe = ModelRecipe.from_dict(about)
        return restore_model(recipe, weights, device), recipe
    except Exception as error:  # of whatever is built from what a stranger wrote
        raise ValueError(
            f"{path} is not a model of this version; run `dvc repro -f train`"
        ) from error


def restore_model(recipe: ModelRecipe, weights: dict[str, Tensor], device: str) -> Model:
    """Build a model and give it trained weights."""
    with torch.device("meta"):
        model = build_model(recipe)
    if isinstance(model, TrunkHead):  # files written before November 2026 do not have it
        weights = {"label_smoothing": torch.zeros(()), **weights}
    model.load_state_dict(weights, assign=True)
    return model.to(device).eval()

"""A model is a trained network or a fitted comparator: build it by name, save it, and load it.

A model file is a safetensors file of the weights, with the recipe of the model as JSON in its
header. Loading one executes nothing. https://huggingface.co/docs/safetensors
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from hsi.choices import COMPARATORS
from hsi.comparators.comparator import Comparator
from hsi.files import write
from hsi.networks.build import AttentionRecipe, build_network
from hsi.networks.trunk_head import InputShape, TrunkHead

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
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    # One entry alone: safetensors writes several in no fixed order.
    write(path, memoryview(to_bytes(weights, {"recipe": json.dumps(asdict(recipe))})))


def load_model(path: Path, device: str) -> tuple[Model, ModelRecipe]:
    """Read a model file.

    Raises:
        ValueError: If the file is not a whole model file of this version.
    """
    try:
        with safe_open(path, "pt") as file:
            recipe = ModelRecipe.from_dict(json.loads(file.metadata()["recipe"]))
            names = list(file.keys())
            weights: dict[str, Tensor] = {name: file.get_tensor(name) for name in names}
        return restore_model(recipe, weights, device), recipe
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{path} is not a model of this version; run `dvc repro -f train`"
        ) from error


def restore_model(recipe: ModelRecipe, weights: dict[str, Tensor], device: str) -> Model:
    """Build a model and give it trained weights."""
    with torch.device("meta"):
        model = build_model(recipe)
    model.load_state_dict(weights, assign=True)
    return model.to(device).eval()

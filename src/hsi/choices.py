"""Everything that params.yaml can choose by name: one table for each kind of choice.

A table maps a name to the code behind it and to the settings that its own block in params.yaml
holds (`model.se.reduction`, `split.blocks.side`, ...). `hsi.config` checks the blocks, and
`Choice.load` imports the code when it is needed. To add a choice, write one file and add one line
here (docs/extending.md).

The tables stand together because every stage checks all of params.yaml: in this form a stage
depends on this file and not on every folder. Nothing here imports torch.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field


def _odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("may be an odd number")
    return value


def _not_a_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("may be a number")
    return value


# pydantic alone takes true for 1.
Whole = Annotated[int, BeforeValidator(_not_a_truth_value)]
Real = Annotated[float, Field(allow_inf_nan=False), BeforeValidator(_not_a_truth_value)]
Positive = Annotated[Real, Field(gt=0)]
NotNegative = Annotated[Real, Field(ge=0)]
Fraction = Annotated[Real, Field(ge=0, lt=1)]
Count = Annotated[Whole, Field(ge=1, lt=2**31)]
OddCount = Annotated[Count, AfterValidator(_odd)]
Kernel = Annotated[OddCount, Field(le=99)]
Slope = Annotated[Real, Field(ge=0.1, le=99)]
Offset = Annotated[Real, Field(ge=-99, le=99)]
Folds = Annotated[Whole, Field(ge=2, le=100)]
Grid = Annotated[list[Positive], Field(min_length=1)]
Counts = Annotated[list[Count], Field(min_length=1)]
Shares = Annotated[list[Fraction], Field(min_length=1)]
NotNegativeWhole = Annotated[Whole, Field(ge=0)]
Seed = Annotated[Whole, Field(ge=0, lt=2**32)]


@dataclass(frozen=True)
class Choice:
    """One thing that params.yaml can name.

    Attributes:
        code: Where its code is, as `module:name`.
        settings: The keys of its block in params.yaml, and the type of each value.
    """

    code: str
    settings: dict[str, Any]

    def load(self) -> Any:  # noqa: ANN401  each table says what its code is
        """Import the code."""
        return resolve_name(self.code)


@dataclass(frozen=True)
class Network(Choice):
    """A network: a function of `InputShape` and `Attend`, with its settings as keywords.

    Attributes:
        places: Where attention may be inserted; the first is the usual place.
    """

    places: tuple[str, ...]


@dataclass(frozen=True)
class Attention(Choice):
    """An attention module: a class that takes the channel count, its settings, and `axes`.

    `axes` is the number of axes after the channels: 2 (row, column) or 3 (depth, row, column). The
    module maps (B, C, *space) to the same shape.

    Attributes:
        adds_input: Whether the module adds its input to its output itself.
    """

    adds_input: bool = False


# Functions of `hsi.split.request.Request` that return a `Split`.
SPLITS = {
    "random": Choice("hsi.split.random:random_split", {}),
    "blocks": Choice("hsi.split.blocks:block_split", {"side": Count}),
    "polygons": Choice("hsi.split.polygons:polygon_split", {}),
    "folds": Choice(
        "hsi.split.folds:fold_split", {"side": Count, "count": Folds, "fold": NotNegativeWhole}
    ),
    "random_matched": Choice("hsi.split.matched:matched_split", {"side": Count}),
    "file": Choice(
        "hsi.split.masks:mask_split",
        {
            "train": Path,
            "train_key": str | None,
            "validation": Path | None,
            "validation_key": str | None,
            "test": Path,
            "test_key": str | None,
            "labels": Literal["refuse", "mask"],
        },
    ),
}

# Functions of a cube, the pixels to fit to, the number of components and a normalisation:
# `hsi.reduction`.
REDUCTIONS = {
    "pca": Choice("hsi.reduction.pca:fit_pca", {"whiten": bool}),
    "mnf": Choice("hsi.reduction.mnf:fit_mnf", {"ridge": NotNegative, "whiten": bool}),
}

# Functions of spectra; they have no settings.
NORMALISATIONS = {
    name: Choice(f"hsi.reduction.normalise:{name}", {}) for name in ("none", "unit", "snv")
}

_CONVOLUTIONAL = {"batch_norm": bool, "dropout": Fraction}
_NORMALISED = {"dropout": Fraction}  # batch normalisation is part of the design

NETWORKS = {
    "hybridsn": Network(
        "hsi.networks.hybridsn:hybridsn", _CONVOLUTIONAL, places=("conv2d", "conv3d")
    ),
    "hybridsn_2d_first": Network(
        "hsi.networks.hybridsn_2d_first:hybridsn_2d_first",
        _CONVOLUTIONAL,
        places=("conv3d", "conv2d"),
    ),
    "se_resnet18": Network("hsi.networks.resnet:se_resnet18", _NORMALISED, places=("blocks",)),
    "se_resnet34": Network("hsi.networks.resnet:se_resnet34", _NORMALISED, places=("blocks",)),
    "se_resnet50": Network("hsi.networks.resnet:se_resnet50", _NORMALISED, places=("blocks",)),
    "se_resnet101": Network("hsi.networks.resnet:se_resnet101", _NORMALISED, places=("blocks",)),
    "se_resnet152": Network("hsi.networks.resnet:se_resnet152", _NORMALISED, places=("blocks",)),
    "mobilenet_v2": Network(
        "hsi.networks.mobilenet:mobilenet_v2", _NORMALISED, places=("last", "blocks")
    ),
    "res2net50": Network("hsi.networks.res2net:res2net50", _NORMALISED, places=("blocks",)),
    "cnn2d": Network("hsi.networks.cnn:cnn2d", _CONVOLUTIONAL, places=("conv2d",)),
    "cnn3d": Network("hsi.networks.cnn:cnn3d", _CONVOLUTIONAL, places=("conv3d",)),
}

_TREES = {"folds": Folds, "trees": Count, "leaf": Counts}

# Subclasses of `hsi.comparators.comparator.Comparator`: classical classifiers of single pixels.
COMPARATORS = {
    "svm": Choice("hsi.comparators.svm:SVM", {"folds": Folds, "cost": Grid, "gamma": Grid}),
    "random_forest": Choice("hsi.comparators.forest:Forest", _TREES),
    "extra_trees": Choice("hsi.comparators.forest:ExtraTrees", _TREES),
    "kernel_ridge": Choice(
        "hsi.comparators.kernel_ridge:KernelRidge",
        {"gamma": Grid, "ridge": Grid, "most": Count},
    ),
    "lda": Choice("hsi.comparators.lda:LDA", {"folds": Folds, "shrinkage": Shares}),
    "knn": Choice("hsi.comparators.neighbours:Neighbours", {"folds": Folds, "neighbours": Counts}),
}

ATTENTIONS = {
    "none": Attention("torch.nn:Identity", {}),
    "se": Attention("hsi.attention.se:SqueezeExcite", {"reduction": Count, "bias": bool}),
    "channel": Attention("hsi.attention.channel:ChannelAttention", {"reduction": Count}),
    "spatial": Attention("hsi.attention.spatial:SpatialAttention", {"kernel": Kernel}),
    "cbam": Attention(
        "hsi.attention.cbam:ChannelThenSpatial", {"reduction": Count, "kernel": Kernel}
    ),
    "eca": Attention("hsi.attention.eca:EfficientChannelAttention", {"gamma": Slope, "b": Offset}),
    "nonlocal": Attention("hsi.attention.non_local:NonLocal", {"reduction": Count}, True),
    "strip": Attention("hsi.attention.strip:StripPooling", {"kernel": Kernel, "reduction": Count}),
}


# Subclasses of `hsi.inference.smoothing.Smoothing`, with the values of their block as fields.
SMOOTHINGS = {
    "none": Choice("hsi.inference.smoothing:NoSmoothing", {}),
    "box": Choice("hsi.inference.box:Box", {"width": OddCount}),
    "random_walker": Choice(
        "hsi.inference.random_walker:RandomWalker",
        {
            "seeds": Literal["none", "training"],
            "sharpness": Positive | None,
            "gamma": Positive | None,
            "beta": NotNegative | None,
            "borders": NotNegative | None,
        },
    ),
}


def attention_places(model: str, attention: str, at: Collection[str] | None) -> tuple[str, ...]:
    """Return the places of a model where attention is inserted.

    Args:
        model: One of NETWORKS or COMPARATORS.
        attention: One of ATTENTIONS.
        at: The places asked for; None for the network's usual one.

    Raises:
        ValueError: If the model has no such place.
    """
    if attention == "none":
        return ()
    if model in COMPARATORS:
        raise ValueError(f"may be none for {model}, which has no feature maps")
    known = NETWORKS[model].places
    if at is None:
        return known[:1]
    if not at or not set(at) <= set(known):
        raise ValueError(f"may be null (the usual place) or among {', '.join(known)} for {model}")
    return tuple(at)


def refuse_double_residual(attention: str, residual: bool) -> None:
    """Refuse to add the input to an attention that adds it already.

    Raises:
        ValueError: If both would add it.
    """
    if residual and ATTENTIONS[attention].adds_input:
        raise ValueError(f"may be false for {attention}, which adds its input already")

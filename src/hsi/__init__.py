"""Hyperspectral image classification: load a trained classifier and map a scene.

>>> import hsi
>>> prediction = hsi.load("data/classifier").predict(cube)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hsi.classifier import Classifier, load

__version__ = "0.2.0"
__all__ = ["Classifier", "__version__", "load"]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import `Classifier` and `load` when they are first used: they need torch."""
    if name in ("Classifier", "load"):
        return getattr(import_module("hsi.classifier"), name)
    raise AttributeError(f"module 'hsi' has no attribute {name!r}")

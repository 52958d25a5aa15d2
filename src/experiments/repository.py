"""The repository that a person works in."""

import os
from pathlib import Path


def root() -> Path:
    """Return the repository that a person works in, even from a queued experiment's copy.

    DVC says where it is, or in a clone of it, in which a study runs, HSI_ROOT does.
    """
    return Path(os.environ.get("HSI_ROOT") or os.environ.get("DVC_ROOT") or ".").resolve()

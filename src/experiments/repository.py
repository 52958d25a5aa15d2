"""The repository that a person works in."""

import os
from pathlib import Path


def root() -> Path:
    """Return the repository that a person works in, even from a queued experiment's copy."""
    return Path(os.environ.get("DVC_ROOT", ".")).resolve()

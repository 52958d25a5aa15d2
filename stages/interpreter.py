"""The interpreter of the stages: DVC runs the first `python` on the PATH, which may be another.

Where that one lacks a package, as without `source .venv/bin/activate`, a stage goes on in the
interpreter of .venv. A stage of a study goes on in a fork of one that has imported the packages
already: see src/experiments/studies/warm.py. Older Pythons read this file too, in order to say so.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

NEEDED = (
    *(
        "filelock",
        "h5py",
        "jaxtyping",
        "matplotlib",
        "mlflow",
        "numpy",
        "pooch",
        "psutil",
        "pyamg",
        "pydantic",
    ),
    *("pyogrio", "rasterio", "safetensors", "scipy", "shapely", "sklearn", "torch", "tqdm", "yaml"),
)
TRIED = "HSI_STAGE_IN_VENV"  # in the environment of a stage that has changed its interpreter


def use_an_interpreter_with_all_packages(repository: Path) -> None:
    """Go on in .venv's interpreter if this one cannot run the stages; end if that cannot either."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if sys.version_info < (3, 11):  # noqa: UP036
        missing.insert(0, "Python 3.11")
    if not missing:
        if "HSI_WARM" in os.environ:
            from experiments.studies.warm import hand_over

            hand_over()
        return
    # In the copy of a queued experiment, DVC_ROOT is the repository that it came from.
    tops = [Path(top) for top in (os.environ.get("DVC_ROOT"), str(repository)) if top]
    found = [top / ".venv/bin/python" for top in tops if (top / ".venv/bin/python").exists()]
    if found and TRIED not in os.environ and hasattr(sys, "orig_argv"):
        os.environ[TRIED] = "1"
        python = os.path.abspath(found[0])  # not resolved: the link is what makes it .venv's
        os.execv(python, [python, *sys.orig_argv[1:]])
    renew = "rm -f .venv/ready, " if TRIED in os.environ else ""
    sys.exit(
        f"stages: {sys.executable} lacks {', '.join(missing)}; "
        f"mend it by {renew}`make .venv/ready` and `source .venv/bin/activate`"
    )

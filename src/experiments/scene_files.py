"""The user's own files: only those whose changes DVC notices may enter the pipeline."""

import os
from pathlib import Path

from experiments.repository import root

SCENES = Path("data/scenes")  # the folder that the stages depend on in dvc.yaml


def tracked(path: Path, key: str) -> Path:
    """Return the path of a file if DVC runs the pipeline again after a change of the file.

    DVC compares the files in data/scenes and what links to single files there lead to. It does not
    look into linked folders, and not at paths outside.

    Args:
        path: The file, from the top of the repository.
        key: The key of params.yaml that names it, for errors.

    Raises:
        ValueError: If DVC would not notice a change of the file.
        FileNotFoundError: If the file is missing.
    """
    inside = Path(os.path.normpath(path))
    if not inside.is_relative_to(SCENES):
        raise ValueError(
            f"params.yaml: {key}: may be a file in {SCENES}, whose changes DVC notices (got "
            f"'{path}'); put the file there, or a link to it: ln -s '{path.absolute()}' {SCENES}/"
        )
    for folder in inside.parents:
        if folder.is_symlink():
            raise ValueError(
                f"params.yaml: {key}: '{path}' lies in a linked folder, in which DVC notices no "
                f"change; make {folder} a folder and link the files in it instead"
            )
    if inside.is_symlink() and not inside.exists():
        raise FileNotFoundError(f"{path} is a link to {inside.readlink()}, which does not exist")
    if not inside.exists() and (root() / inside).exists():
        raise FileNotFoundError(
            f"{path} is not in the copy of the repository that this experiment runs in, because "
            f"neither DVC nor git tracks it: run `dvc add {inside}` and `git add {inside}.dvc`"
        )
    return inside

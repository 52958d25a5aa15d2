"""Trainings that have ended, whose checkpoints wait until DVC has stored the model.

DVC copies a model into its cache only after the stage has ended, and on a full disk it cannot. Then
the next `dvc repro` trains again, from the last checkpoint: no epoch is computed twice.
"""

import subprocess
import sys
from pathlib import Path

from experiments.repository import root
from hsi.files import write

SCRATCH = ".scratch"  # of the repository


def checkpoint_of(key: str) -> Path:
    """Return the checkpoint of a training, by its fingerprint."""
    return root() / SCRATCH / f"{key}.pt"


def wait_for_dvc(checkpoint: Path, model_md5: str) -> None:
    """Note the model of a training that has ended; a full disk is no error."""
    try:
        write(checkpoint.with_suffix(".md5"), model_md5.encode())
    except OSError as error:
        print(f"warning: {error}", file=sys.stderr)


def remove_stored() -> None:
    """Remove the checkpoints of all trainings whose models are in DVC's cache."""
    for note in sorted((root() / SCRATCH).glob("*.md5")):
        try:
            stored = _is_stored(note.read_text(encoding="utf-8"))
        except FileNotFoundError:  # another process has removed it meanwhile
            continue
        if stored:
            note.with_suffix(".pt").unlink(missing_ok=True)
            note.unlink(missing_ok=True)


def _is_stored(md5: str) -> bool:
    name = Path("files/md5", md5[:2], md5[2:])
    if (root() / ".dvc/cache" / name).exists():
        return True
    asked = [sys.executable, "-m", "dvc", "cache", "dir"]  # it may be elsewhere
    done = subprocess.run(
        asked, cwd=root(), capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return done.returncode == 0 and (root() / done.stdout.strip() / name).exists()

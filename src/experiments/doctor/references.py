"""References in git that a `dvc exp run` has while it works, and leaves if it is killed.

As long as EXEC_BASELINE is there `dvc exp list` may fail, and the next `dvc exp run` would also run
an experiment that is left in refs/exps/stash.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.doctor.finding import Finding
from experiments.doctor.head import OF_A_RUN
from experiments.git import git

PATTERNS = (*OF_A_RUN, "refs/exps/stash", "refs/exps/temp")


def remove(root: Path, references: list[str]) -> str:
    """Remove references; EXEC_BRANCH itself, and not the experiment that it leads to."""
    for reference in references:
        git(root, "update-ref", "--no-deref", "-d", reference)
    return ""


def find(root: Path) -> Iterator[Finding]:
    """Look for such references; it is assumed that no DVC works here."""
    left = git(root, "for-each-ref", "--format=%(refname)", *PATTERNS).splitlines()
    if left:
        what = f"references of a killed `dvc exp run`: {', '.join(left)}"
        yield Finding(what, "remove them", partial(remove, root, left))

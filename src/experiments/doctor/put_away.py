"""Uncommitted changes that `dvc exp run` had put away when it was killed.

It moves them to `git stash` while it makes an experiment of them, brings them back, and then checks
out the experiment, which contains them, from the reference EXEC_MERGE.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.doctor.dead_holders import held_by_the_dead
from experiments.doctor.finding import Finding
from experiments.git import commit_of, git, holds, is_clean

ARGUMENTS = ".dvc/tmp/repro.dat"  # of `dvc exp run`, which adds them to the index
MERGE = "refs/exps/exec/EXEC_MERGE"
SOON = 60  # seconds from DVC's lock to its stash


def stashed(root: Path) -> str:
    """Return the commit of the stash that a dead DVC made, or nothing."""
    since = held_by_the_dead(root, "workspace")
    if not since or not commit_of(root, "refs/stash"):
        return ""
    entries = [each.split() for each in git(root, "stash", "list", "--format=%H %ct").splitlines()]
    made = [commit for commit, at in entries if int(since) <= int(at) <= since + SOON]
    return made[-1] if made else ""


def names(root: Path, commit: str) -> list[str]:
    """Return the files that a stash or an experiment changed."""
    changed = git(root, "diff", "--name-only", f"{commit}^1", commit).splitlines()
    return [name for name in changed if name != ARGUMENTS]


def entry(root: Path, commit: str) -> str:
    """Return the name by which `git stash` knows a commit."""
    return f"stash@{{{git(root, 'stash', 'list', '--format=%H').splitlines().index(commit)}}}"


def unstash(root: Path, commit: str) -> str:
    """Bring back files and index as they were before `dvc exp run`."""
    take_arguments_away(root)
    same_files = holds(root, "diff", "--quiet", commit)
    if same_files and holds(root, "diff", "--cached", "--quiet", f"{commit}^2"):
        git(root, "stash", "drop", "--quiet", entry(root, commit))
        return "they were back already"
    told = ""
    if not is_clean(root):
        message = "what a killed `dvc exp run` left in the workspace (make doctor)"
        git(root, "stash", "push", "--quiet", "-m", message)
        told = "what was in the workspace instead is kept: `git stash show -p`"
    git(root, "stash", "pop", "--quiet", "--index", entry(root, commit))
    return told


def apply_experiment(root: Path, commit: str) -> str:
    """Bring back the changes that only an experiment has, or keep them as a stash."""
    # First, so that they are not lost if git finds a file in the way.
    git(root, "stash", "store", "-m", "a killed `dvc exp run`'s workspace (make doctor)", commit)
    if not is_clean(root):
        return "other files have changes, so these are in `git stash`: `git stash show -p`"
    git(root, "stash", "pop", "--quiet", "--index")
    take_arguments_away(root)
    return "the changes are back, with what -S set"


def subject_of_stash(root: Path) -> str:
    """Return the message of the last entry of `git stash`, or nothing without one."""
    known = commit_of(root, "refs/stash")
    return git(root, "log", "-1", "--format=%s", known) if known else ""


def told(root: Path) -> Finding:
    """Say what is in `git stash` where nothing proves that DVC put it there.

    A `dvc exp run` that is given again before the doctor removes the proof.
    """
    listed = ", ".join(names(root, commit_of(root, "refs/stash")))
    when = git(root, "log", "-1", "--format=%cd", "--date=local", "refs/stash")
    what = f"`git stash` has changes of {listed} from {when}"
    remedy = "if a killed `dvc exp run` put them away: "
    if is_clean(root):
        return Finding(what, f"{remedy}`git stash pop --index`", None, wrong=False)
    both = "`git stash && git stash pop --index stash@{1}`"
    return Finding(what, f"{remedy}{both}, which keeps what is here now", None, wrong=False)


def take_arguments_away(root: Path) -> str:
    """Take DVC's own file out of the index, where the next commit would include it."""
    git(root, "rm", "--quiet", "--cached", "--force", "--ignore-unmatch", ARGUMENTS)
    (root / ARGUMENTS).unlink(missing_ok=True)
    return ""


def find(root: Path) -> Iterator[Finding]:
    """Look for changes that are not in the workspace, and for DVC's file in the index."""
    commit = stashed(root)
    if commit:
        listed = ", ".join(names(root, commit))
        what = f"a killed `dvc exp run` had put away uncommitted changes of {listed}"
        yield Finding(what, "bring them back from `git stash`", partial(unstash, root, commit))
    elif subject_of_stash(root).startswith("WIP on "):  # of a person, it may have a message
        yield told(root)
    merge = commit_of(root, MERGE)
    if merge and held_by_the_dead(root, "refs/exps/exec"):
        changed = names(root, merge)
        lost = [name for name in changed if holds(root, "diff", "--quiet", "HEAD", "--", name)]
        if lost:
            what = f"a killed `dvc exp run` had not yet brought back changes of {', '.join(lost)}"
            remedy = f"bring them back from {MERGE}"
            yield Finding(what, remedy, partial(apply_experiment, root, merge))
    if git(root, "ls-files", ARGUMENTS):
        what = f"{ARGUMENTS} is staged, as a killed `dvc exp run` left it"
        remedy = "take it out of the index"
        yield Finding(what, remedy, partial(take_arguments_away, root))

"""A HEAD without a branch, which a `dvc exp run` leaves when it is killed.

DVC detaches HEAD to run an experiment and has the branch in its memory alone. Git's reflog names
it: "checkout: moving from BRANCH to" and the 40 digits of a commit, where a person's own command
leaves the name that they gave.
"""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from experiments.doctor.dead_holders import held_by_the_dead
from experiments.doctor.finding import Finding
from experiments.git import commit_of, git, git_folder, holds

# EXEC_HEAD and EXEC_APPLY are there after every run; these only while one works or if it died.
OF_A_RUN = tuple(
    f"refs/exps/exec/{name}" for name in ("EXEC_MERGE", "EXEC_BASELINE", "EXEC_BRANCH")
)
HASH = re.compile(r"[0-9a-f]{40}")
BUSY = ("rebase-merge", "rebase-apply", "BISECT_LOG")


def branch_before(root: Path) -> str:
    """Return the branch from which DVC detached HEAD, or nothing if a person detached it."""
    if any((git_folder(root) / name).exists() for name in BUSY):
        return ""
    moves = git(root, "log", "-g", "-200", "--format=%gs", "HEAD").splitlines()
    for move in moves:
        found = re.fullmatch(r"checkout: moving from (\S+) to (\S+)", move)
        if found is None:
            continue
        source, target = found.groups()
        if not HASH.fullmatch(target):
            return ""
        if not HASH.fullmatch(source):
            return source if commit_of(root, f"refs/heads/{source}") else ""
    here = ("for-each-ref", "--points-at", "HEAD", "--format=%(refname:short)", "refs/heads")
    branches = [] if moves else git(root, *here).splitlines()  # git was told to keep no reflog
    return branches[0] if len(branches) == 1 else ""


def is_experiment(root: Path) -> bool:
    """Say whether HEAD is at a commit that DVC made of an experiment."""
    known = git(root, "for-each-ref", "--points-at", "HEAD", "refs/exps/*/*/*")
    subject = git(root, "log", "-1", "--format=%s")
    return bool(known) or subject.startswith("dvc: commit experiment ")


def run_died(root: Path) -> bool:
    """Say whether a `dvc exp run` was killed that had not yet put HEAD back."""
    if any(commit_of(root, name) for name in OF_A_RUN):
        return True
    if held_by_the_dead(root, "workspace") or held_by_the_dead(root, "refs/exps/exec"):
        return True
    last = git(root, "log", "-g", "-1", "--format=%gs", "HEAD")
    return (last.startswith("commit: ") and is_experiment(root)) or detached_in_place(root)


def detached_in_place(root: Path) -> bool:
    """Say whether HEAD left its branch without leaving its commit, where experiments have run.

    So DVC detaches it. Where it was killed, and a later run has put away all else that was left,
    this is what still tells of it: that run began without a branch and went back there.
    """
    ran = (root / ".dvc/tmp/exps/rwlock").is_file() or commit_of(root, "refs/exps/exec/EXEC_HEAD")
    if not ran:
        return False
    moves = git(root, "log", "-g", "-200", "--format=%H %gs", "HEAD").splitlines()
    for number, move in enumerate(moves[:-1]):
        commit, _, told = move.partition(" ")
        found = re.fullmatch(r"checkout: moving from (\S+) to (\S+)", told)
        if found and not HASH.fullmatch(found[1]):
            return bool(HASH.fullmatch(found[2])) and moves[number + 1].startswith(commit)
    return False


def back(root: Path, branch: str) -> str:
    """Put HEAD back on a branch; files and index stay as they are."""
    before = commit_of(root, "HEAD~" if is_experiment(root) else "HEAD")
    if commit_of(root, f"refs/heads/{branch}") == before:
        told = f"doctor: back to {branch}"
        git(root, "symbolic-ref", "-m", told, "HEAD", f"refs/heads/{branch}")
    else:  # the branch has moved on; git refuses if that would lose a change
        git(root, "switch", "--quiet", branch)
    return f"on branch {branch}, with all uncommitted changes"


def find(root: Path) -> Iterator[Finding]:
    """Look whether HEAD is on a branch, and whether DVC took it from one."""
    if holds(root, "symbolic-ref", "--quiet", "HEAD"):
        return
    at = git(root, "rev-parse", "--short", "HEAD")
    branch = branch_before(root)
    if not branch or not run_died(root):
        remedy = f"if it should be: `git switch {branch or 'BRANCH'}`"
        yield Finding(f"HEAD is on no branch, at {at}", remedy, None, wrong=False)
        return
    unsaved = ("rev-list", "HEAD", "--not", "--branches", "--remotes", "--tags")
    own = git(root, *unsaved).splitlines()[is_experiment(root) :]
    if own:
        what = f"a killed `dvc exp run` took HEAD from branch {branch}, and it has commits since"
        remedy = f"`git switch -c NAME` keeps the {len(own)} in a new branch; nothing is changed"
        yield Finding(what, remedy, None)
        return
    what = f"HEAD is on no branch, at {at}: a killed `dvc exp run` took it from branch {branch}"
    remedy = f"`git switch {branch}`, with all uncommitted changes kept"
    yield Finding(what, remedy, partial(back, root, branch))

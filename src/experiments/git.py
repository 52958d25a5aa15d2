"""Commands of git in a repository."""

import subprocess
from pathlib import Path


def git(root: Path, *arguments: str) -> str:
    """Run a git command and return what it printed.

    Raises:
        OSError: With git's own message, if the command failed.
    """
    done = subprocess.run(
        ["git", "-c", "core.quotePath=false", *arguments],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        told = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise OSError(f"git {' '.join(arguments)}: {told}")
    return done.stdout.strip()


def holds(root: Path, *arguments: str) -> bool:
    """Say whether a git command that answers by its exit code says yes."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    return done.returncode == 0


def commit_of(root: Path, name: str) -> str:
    """Return the full hash of a commit, or nothing if there is none of that name."""
    asked = ["git", "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}"]
    return subprocess.run(
        asked, cwd=root, capture_output=True, encoding="utf-8", check=False
    ).stdout.strip()


def git_folder(root: Path) -> Path:
    """Return git's own folder of a repository or of a worktree."""
    return root / git(root, "rev-parse", "--git-dir")


def is_clean(root: Path) -> bool:
    """Say whether no tracked file and nothing in the index differs from HEAD."""
    return not git(root, "status", "--porcelain", "--untracked-files=no")

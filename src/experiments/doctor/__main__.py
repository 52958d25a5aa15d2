"""The command line of the doctor: look for what a killed DVC left, and put it right after asking.

    make doctor          # asks before it changes anything; only reports if nobody can answer
    make doctor YES=1    # without asking

Run it from the top of the repository. It exits with 1 if anything that was found stays.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from experiments.doctor import (
    broken_files,
    checkpoints,
    damaged,
    dead_holders,
    folders,
    head,
    lock_files,
    put_away,
    references,
    tasks,
)
from experiments.doctor.finding import Finding
from experiments.doctor.processes import at_work

# HEAD first, for what follows restores files; the names of the dead last, for others ask for them.
KINDS = (
    broken_files,
    head,
    put_away,
    references,
    lock_files,
    tasks,
    folders,
    damaged,
    dead_holders,
    checkpoints,
)
# By the second HEAD and put-away changes are found, so it stays as long as any of the first does.
LOST = (head, put_away)
EVIDENCE = (references, dead_holders)


def treat(finding: Finding, root: Path, sure: bool) -> bool:
    """Say what was found and put it right if the person wants it.

    Returns:
        Whether nothing wrong stays.
    """
    print(f"{finding.what}\n    {finding.remedy}")
    if finding.mend is None:
        return not finding.wrong
    if not sure:
        if not sys.stdin.isatty() or input("    do it? [y/N] ").strip().lower() not in ("y", "yes"):
            return False
        refuse_while_somebody_works(root)
    try:
        told = finding.mend()
    except Exception as error:  # of git or DVC, which say why
        print(f"    not done: {error}")
        return False
    print(f"    done{f': {told}' if told else ''}")
    return True


def refuse_while_somebody_works(root: Path) -> None:
    """Stop if a process of DVC or git works in the repository."""
    workers = at_work(root)
    if workers:
        sys.exit("doctor: nothing is touched while these work here:\n" + "\n".join(workers))


def main(arguments: list[str] | None = None) -> None:
    """Go through every kind of thing that may be found."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.doctor",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--yes", action="store_true", help="put everything right without asking")
    sure = parser.parse_args(arguments).yes
    root = Path.cwd()
    if not (root / ".dvc").is_dir() or not (root / ".git").exists():
        sys.exit(f"doctor: {root} is not the top of a repository of git and DVC")
    refuse_while_somebody_works(root)
    results, lost = [], False
    for kind in KINDS:  # each looks at what the ones before have left
        for finding in kind.find(root):
            if lost and kind in EVIDENCE:
                remedy = "stays until HEAD and the changes named above are put right"
                finding = replace(finding, remedy=remedy, mend=None)
            results.append(treat(finding, root, sure))
            lost = lost or (kind in LOST and not results[-1])
    if not results:
        print("nothing that a killed DVC would leave was found")
    elif not all(results):
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except (OSError, KeyboardInterrupt) as error:
        sys.exit(f"doctor: {error or 'interrupted'}")

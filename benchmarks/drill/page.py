"""Write docs/results/reliability.md: what was broken, how often, and what came out."""

from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.drill.case import DOCTOR, FAILED, NAMED, RIGHT, Record
from benchmarks.performance_page import table
from benchmarks.stages import stage_names
from hsi.files import write
from hsi.machine import processor_name

PAGE = Path("docs/results/reliability.md")
PACKAGES = ("dvc", "mlflow", "torch")
HEADS = ["what is done", "times", "right again", "by `make doctor`", "named", "failed"]
COLUMNS = (RIGHT, DOCTOR, NAMED, FAILED)
SHOWN = 40  # failures in full
WHOLE = {  # how many cases a whole drill has; empty for as many as there are files
    "kill -9 of `dvc repro`": "100",
    "kill -9 of `dvc exp run`": "10",
    "kill -9 of `dvc exp run --temp`": "10",
    "kill -9 of the worker of `dvc queue start`": "10",
    **{f"disk full in {stage}": "3" for stage in stage_names(Path())},
    "MLflow dead": "3",
    "MLflow hangs": "3",
    "MLflow dies": "3",
    "MLflow's database locked for 30 s": "3",
    "flipped bit in data/, with a new time": "",
    "flipped bit in data/, in silence": "",
    "flipped bit in the cache": "",
    "two `dvc repro` at once": "5",
    "`dvc queue start -j 2`, 8 experiments, empty store": "5",
}
HEAD = """# What survives a crash

`make drill` writes this page; do not edit it. It breaks the pipeline on purpose, on a tiny scene
with a training of a few seconds, and counts what comes out.

- **right again**: the same command, given again, ends with every output bit for bit that of an
  undisturbed run, one finished MLflow run with each epoch once, HEAD on its branch, both branches
  and the uncommitted work of a person (an edit, a staged edit, a new file) as before, and no lock.
  Of a killed `dvc exp run` there may be two runs, if the killed one had already ended or if a queue
  goes on with it too.
- **by `make doctor`**: the same after `make doctor YES=1` and the command once more.
- **named**: the command says what is wrong and uses nothing that is damaged, or MLflow's failure
  is a warning and the results are right. Where a file is damaged, the line leads to what is right
  again as above.
- **failed**: an expectation was not met; each failure is listed below.

A drill that was stopped goes on where it was, so the column "times" says how much of a whole drill
has run. A record of an earlier commit is taken out where the fault, or the expectation of the
drill, was mended since; its case is to be run again, and is missing from the count until then.
"""
TAIL = """## How it is done

Moments are drawn at random, from a generator with the seed above, over the time that the command
takes undisturbed. A kill is SIGKILL to every process that works in the repository, a queue's worker
too. To save the seconds of imports, DVC and the stages run in forks of a process that has imported
the packages (src/experiments/studies/warm.py); they are processes of their own. A checkpoint is
written every 0.2 s of a training instead of every 20 s, so that kills meet checkpoints.

The disk is a tmpfs of 200 MB, filled but for none or a part of what the stage will write, so the
next stage may be the one that meets its end; without any room DVC fails at its own lock file before
some stages begin.

A bit is flipped at a random place of each file: below data/ once with the time of the file renewed
and once in silence, as a bad disk does it, and then another model is trained from there; in the
cache in silence, and then everything below data/ is restored from there. MLflow's server is killed,
and its database locked, at random moments between the beginning of `train` and the end.

## What was not tried

Loss of power, and with it what a disk has acknowledged and not written; kills of single
processes of a run; network file systems; Windows and macOS; GPUs; a remote
of DVC; a flipped bit in memory, in git's objects, in the code, in MLflow's database or in the
person's own files in data/scenes; two users; a disk that fails to read.
"""


def counts(records: list[Record]) -> list[list[str]]:
    """Return a row of the table for each drill, also for those that have not run."""
    found: dict[str, list[Record]] = {drill: [] for drill in WHOLE}
    for record in records:
        found.setdefault(record.drill, []).append(record)
    rows = []
    for drill, some in found.items():
        many = [str(sum(each.kind == kind for each in some)) for kind in COLUMNS]
        whole = WHOLE.get(drill, str(len(some)))
        rows.append([drill, f"{len(some)} of {whole}" if whole else f"{len(some)} files", *many])
    return rows


def publish(records: list[Record]) -> None:
    """Print the table, and write the page.

    Args:
        records: What was tried; the last one of a case counts.
    """
    last = list({(record.name, record.seed): record for record in records}.values())
    failed = [record for record in last if record.kind == FAILED]
    commits = " and ".join(sorted({record.commit for record in last}))
    seeds = ", ".join(str(seed) for seed in sorted({record.seed for record in last}))
    versions = ", ".join(f"{name} {version(name).split('+')[0]}" for name in PACKAGES)
    hours = sum(record.seconds for record in last) / 3600
    machine = (
        f"{date.today()}, commits {commits}, seed {seeds}: {processor_name()}, Linux; {versions}. "
        f"{len(last)} cases, {hours:.1f} hours of work."
    )
    shown = table(HEADS, counts(last))
    lines = [f"- {each.name} (seed {each.seed}): {each.detail}" for each in failed[:SHOWN]]
    if len(failed) > SHOWN:
        lines.append(f"- and {len(failed) - SHOWN} more")
    listed = "\n".join(lines) or "None."
    print(shown)
    parts = [HEAD, machine, shown, f"## Failures\n\n{listed}", TAIL.rstrip()]
    write(PAGE, ("\n\n".join(part.strip() for part in parts) + "\n").encode())

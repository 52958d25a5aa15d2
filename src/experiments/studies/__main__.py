"""The command line of studies: run what a study's record lacks, and write its report.

    make study STUDY=leak_free                                        # the usual way
    PYTHONPATH=src python -m experiments.studies leak_free --jobs 2   # the same, two runs at a time
    make study STUDY=leak_free CLUSTER=tcp://127.0.0.1:8786           # on workers of a Dask cluster
    PYTHONPATH=src python -m experiments.studies leak_free --queue && dvc queue start -j 2
    PYTHONPATH=src python -m experiments.studies leak_free --report   # only write the report again

Run it from the top of the repository. After --queue, run it once more to collect the results. With
--jobs the runs share the cores; a seed gives the same result again with the same number of jobs.
docs/running.md says what a cluster needs.
"""

import argparse
import sys
from pathlib import Path

from experiments.studies.plan import find, read
from experiments.studies.record import RUNS, read_record
from experiments.studies.report import write_report
from experiments.studies.run import log_to_mlflow, record_pairs, run_missing
from hsi.cluster import FORMS


def main(arguments: list[str] | None = None) -> None:
    """Read the plan, run what is missing, count pairs, write the report, and log it to MLflow."""
    parser = argparse.ArgumentParser(
        prog="python -m experiments.studies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("study", help="a name, docs/studies/NAME, or the path of a study.yaml")
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--jobs", type=int, default=1, help="how many runs at a time, on this machine"
    )
    where.add_argument("--cluster", help=FORMS)
    action = parser.add_mutually_exclusive_group()
    action.add_argument("--queue", action="store_true", help="add missing runs to DVC's queue")
    action.add_argument("--report", action="store_true", help="write the report, run nothing")
    given = parser.parse_args(arguments)
    try:
        follow(given)
    except (ValueError, OSError) as error:
        sys.exit(f"study: {error}")
    except KeyboardInterrupt:
        sys.exit("study: interrupted; what has ended is recorded, and the same command goes on")


def follow(given: argparse.Namespace) -> None:
    """Do what the command line asks for.

    Raises:
        ValueError: Naming what is wrong in the plan, or in what is given.
        OSError: Of git, or of a full disk.
    """
    folder = find(given.study)
    study = read(folder, Path("params.yaml"))
    failures = []
    if not given.report:
        cluster = given.cluster or f"local:{given.jobs}"
        failures = run_missing(study, folder, None if given.queue else cluster)
        record_pairs(study, folder)
    if read_record(folder / RUNS):
        write_report(study, folder)
        log_to_mlflow(folder)
        print(f"report: {folder / 'report.html'}")
    else:
        print(f"no run of this study is recorded in {folder / RUNS} yet")
    if failures:
        sys.exit("study: these runs failed, the others are recorded\n" + "\n".join(failures))


if __name__ == "__main__":
    main()

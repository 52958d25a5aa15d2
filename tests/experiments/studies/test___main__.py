"""The command line of studies."""

import pytest

from experiments.studies import __main__ as command
from experiments.studies.record import RUNS


@pytest.fixture
def called(monkeypatch, blank_pictures):
    """What the command calls beside the report, in order."""
    calls = []

    def run_missing(study, folder, cluster):
        calls.append(("run", cluster))
        return ["a run: it broke"] if cluster == "local:13" else []

    monkeypatch.setattr(command, "run_missing", run_missing)
    monkeypatch.setattr(command, "record_pairs", lambda study, folder: calls.append("pairs"))
    monkeypatch.setattr(command, "log_to_mlflow", lambda folder: calls.append("mlflow"))
    return calls


def test_a_study_is_run_reported_and_logged(planned, folder, recorded, called, capsys):
    recorded(planned().seeds, 0.05)
    command.main([str(folder), "--jobs", "2"])
    assert called == [("run", "local:2"), "pairs", "mlflow"]
    assert f"report: {folder / 'report.html'}" in capsys.readouterr().out
    assert (folder / "README.md").is_file()


def test_the_workers_of_a_cluster_take_the_place_of_jobs(planned, folder, recorded, called):
    recorded(planned().seeds, 0.05)
    command.main([str(folder), "--cluster", "tcp://127.0.0.1:8786"])
    assert called[0] == ("run", "tcp://127.0.0.1:8786")


def test_a_report_alone_runs_nothing(planned, folder, recorded, called):
    recorded(planned().seeds, 0.05)
    command.main([str(folder), "--report"])
    assert called == ["mlflow"]
    assert (folder / "report.html").is_file()


def test_a_queued_study_has_no_report_yet(planned, folder, called, capsys):
    planned()
    command.main([str(folder), "--queue"])
    assert called == [("run", None), "pairs"]
    assert f"no run of this study is recorded in {folder / RUNS} yet" in capsys.readouterr().out


def test_failures_are_listed_after_the_report(planned, folder, recorded, called):
    recorded(planned().seeds, 0.05)
    with pytest.raises(SystemExit, match=r"these runs failed.*\na run: it broke"):
        command.main([str(folder), "--jobs", "13"])
    assert called[-1] == "mlflow"


def test_a_mistake_is_one_line(planned, folder, called):
    planned()
    (folder / "study.yaml").write_text("seeds: [1]\nabout: x\n")
    with pytest.raises(SystemExit, match=r"^study: .*study.yaml: scored_on: is missing"):
        command.main([str(folder)])
    with pytest.raises(SystemExit, match=r"^study: nowhere: there is no such study"):
        command.main(["nowhere"])
    assert called == []


def test_an_interruption_is_one_line(planned, folder, monkeypatch, called):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    planned()
    monkeypatch.setattr(command, "run_missing", interrupt)
    with pytest.raises(SystemExit, match=r"^study: interrupted; what has ended is recorded"):
        command.main([str(folder)])

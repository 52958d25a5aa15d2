import json
import os
import sys

import pytest
from fake_mlflow import FakeClient

from experiments import mlflow_page
from experiments.mlflow_page import link, main, shared_view


@pytest.fixture
def client(monkeypatch) -> FakeClient:
    """A store in which the experiments of two scenes are."""
    fake = FakeClient()
    for name in ("salinas", "indian_pines"):
        fake.create_experiment(name, None)
    monkeypatch.setattr(mlflow_page, "open_store", lambda experiment: (fake, experiment))
    monkeypatch.setattr(sys, "argv", ["mlflow_page"])
    for name in ("MLFLOW_TRACKING_URI", "PORT"):
        monkeypatch.delenv(name, raising=False)
    return fake


@pytest.fixture
def executed(monkeypatch) -> list[tuple[list[str], dict[str, str]]]:
    """The commands that would take the place of this process, with their environments."""
    commands: list[tuple[list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda path, *how: commands.append(how))
    return commands


def test_the_link_leads_to_the_scores_of_the_scene_in_params_yaml(client):
    found = link("http://here")
    assert found == (
        "http://here/#/experiments/indian_pines/runs"
        "?workflowType=machine_learning&viewStateShareKey=scores"
    )
    assert client.experiment_tags == {
        ("indian_pines", "mlflow.sharedViewState.scores"): shared_view()
    }


def test_the_view_shows_oa_and_its_floor_first():
    view = json.loads(shared_view())
    assert view["orderByKey"] == "metrics.`oa`"
    assert {"metrics.`oa`", "metrics.`floor_oa`"} <= set(view["selectedColumns"])
    assert [chart["metricKey"] for chart in view["compareRunCharts"]][:2] == ["oa", "floor_oa"]


def test_the_page_over_the_runs_of_the_repository_listens_on_this_machine_only(
    client, executed, monkeypatch, capsys
):
    monkeypatch.setenv("PORT", "5001")
    main()
    ((command, environment),) = executed
    assert command[command.index("--host") + 1] == "127.0.0.1"
    assert command[command.index("--port") + 1] == "5001"
    assert environment["MLFLOW_BACKEND_STORE_URI"].endswith("/.mlflow/mlflow.db")
    assert capsys.readouterr().out.startswith("http://127.0.0.1:5001/#/experiments/indian_pines/")


def test_make_n_prints_the_link_alone(client, executed, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["mlflow_page", "--link"])
    main()
    assert not executed
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_the_page_of_a_server_is_named_and_none_is_started(client, executed, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example.org:5000/")
    main()
    assert not executed
    printed = capsys.readouterr().out
    assert printed.startswith("http://tracking.example.org:5000/#/experiments/indian_pines/runs?")


def test_no_password_is_printed_or_on_a_command_line(client, executed, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@tracking.example.org:5000")
    main()
    assert capsys.readouterr().out.startswith("http://tracking.example.org:5000/#/experiments/")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql+psycopg2://ann:secret@db/mlflow")
    main()
    ((command, environment),) = executed
    assert not any("secret" in part for part in command)
    assert environment["MLFLOW_BACKEND_STORE_URI"].endswith("ann:secret@db/mlflow")


def test_a_server_that_is_down_is_named_with_a_warning(client, executed, monkeypatch, capsys):
    def down(experiment: str) -> None:
        raise ConnectionError("nobody\nanswers")

    monkeypatch.setattr(mlflow_page, "open_store", down)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking.example.org:5000")
    main()
    printed = capsys.readouterr()
    assert printed.out == "http://tracking.example.org:5000/#/experiments\n"
    assert printed.err == "warning: nobody answers\n"

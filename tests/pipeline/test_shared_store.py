"""Two people who share a store: what one has trained, the other does not train again.

The store is a DVC remote in S3, and an MLflow server over PostgreSQL with its artifacts in the same
S3, as docs/running.md sets it up.
"""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from hsi.files import md5
from tests import dask_cluster
from tests.pipeline.clone import NO_SERVER, Clone, copy
from tests.pipeline.servers import (
    MlflowServer,
    keys,
    mlflow_server,
    object_store,
    postgres,
    postgres_programs,
)

MODEL, MAP = Path("data/model/model.safetensors"), Path("data/map/classes.tif")
EPOCHS = 3
PATIENCE = 600  # seconds for a study, of which a free machine needs sixty
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        postgres_programs() is None,
        reason="THE SHARED STORE IS NOT TESTED: no PostgreSQL; `apt-get install postgresql`",
    ),
]


class Person(NamedTuple):
    """Somebody with a clone of their own, as on a machine of their own.

    Attributes:
        clone: The clone.
        variables: What the person sets in the shell.
    """

    clone: Clone
    variables: dict[str, str]

    def run(self, *command: str, **extra: str) -> str:
        """Run a command, and return what it prints."""
        done = self.clone.run(*command, **{**self.variables, **extra})
        return done.stdout + done.stderr

    def has(self, path: Path) -> bool:
        return (self.clone.path / path).exists()


class Team(NamedTuple):
    """Two people, the server, and a folder for further clones.

    Attributes:
        ann: She has trained, pushed and committed.
        server: Of MLflow.
        folder: For clones.
        printed: What her `dvc repro` printed.
    """

    ann: Person
    server: MlflowServer
    folder: Path
    printed: str

    def newcomer(self, name: str, revision: str) -> Person:
        """Let somebody join, who clones the repository at a revision."""
        path = self.folder / name
        self.ann.clone.run("git", "clone", "-q", str(self.ann.clone.path), str(path))
        clone = Clone(path)
        clone.run("git", "checkout", "-q", "-B", "main", revision)
        return Person(clone, variables_of(name, self.server, self.folder))

    def runs(self) -> list[dict]:
        """Return the runs that the server has of the scene, as Ann sees them."""
        asked = ("experiments/get-by-name?experiment_name=custom", "runs/search")
        known = self.ann.variables
        user = (known["MLFLOW_TRACKING_USERNAME"], known["MLFLOW_TRACKING_PASSWORD"])
        number = self.server.ask(asked[0], None, *user)["experiment"]["experiment_id"]
        found = self.server.ask(asked[1], {"experiment_ids": [number]}, *user).get("runs", [])
        return [
            {
                "id": run["info"]["run_id"],
                "status": run["info"]["status"],
                "artifacts": run["info"]["artifact_uri"],
                **{
                    kind: {each["key"]: each["value"] for each in run["data"].get(kind, [])}
                    for kind in ("tags", "metrics")
                },
            }
            for run in found
        ]


def variables_of(name: str, server: MlflowServer, folder: Path) -> dict[str, str]:
    """What a person sets in the shell; DVC's site cache is that of another machine."""
    return {
        **keys(),
        **server.new_user(name),
        "DVC_SITE_CACHE_DIR": str(folder / f"site-{name}"),
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "50",  # seconds; a busy machine may need more than our 10
    }


def ran(printed: str) -> list[str]:
    """The stages that DVC ran."""
    return re.findall(r"^Running stage '(\w+)'", printed, re.MULTILINE)


@pytest.fixture(scope="module")
def team(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Ann, who trains a variant with `dvc repro` and shares it; the servers run until the end."""
    folder = tmp_path_factory.mktemp("team")
    programs = postgres_programs()
    assert programs
    with postgres(programs) as database, object_store(folder, "hsi") as store:
        reaches = {**keys(), "MLFLOW_S3_ENDPOINT_URL": store}
        with mlflow_server(folder, database, "s3://hsi/mlflow", reaches) as server:
            ann = Person(copy(finished, folder / "ann"), variables_of("ann", server, folder))
            # Some put the account into the address, which MLflow prints.
            known = ann.variables
            account = f"://ann:{known['MLFLOW_TRACKING_PASSWORD']}@"
            known["MLFLOW_TRACKING_URI"] = server.address.replace("://", account)
            shutil.rmtree(ann.clone.path / ".mlflow")
            ann.run("dvc", "remote", "add", "-d", "team", "s3://hsi/dvc")
            ann.run("dvc", "remote", "modify", "team", "endpointurl", store)
            ann.clone.commit("where we share")
            ann.clone.set(train={"epochs": EPOCHS})
            printed = ann.run(
                "dvc", "repro", MLFLOW_TRACKING_PASSWORD="", MLFLOW_TRACKING_USERNAME=""
            )
            ann.run("dvc", "push")
            ann.run("dvc", "push", "--run-cache")
            ann.clone.commit("three epochs")
            yield Team(ann, server, folder, printed)


def test_one_trains_and_the_server_has_the_run(team):
    assert ran(team.printed) == ["train", "infer", "evaluate", "deliver", "map"]
    assert "not tracked" not in team.printed
    assert f"at: {team.server.address}/#/experiments/" in team.printed, "MLflow prints a link"
    (run,) = team.runs()
    assert run["status"] == "FINISHED"
    assert run["tags"]["model_md5"] == md5(team.ann.clone.path / MODEL)
    assert run["metrics"]["oa"] > 0
    assert run["artifacts"].startswith("mlflow-artifacts:/")
    assert not team.ann.has(Path(".mlflow")), "nothing is kept in the repository"
    files = (
        "import mlflow, sys; "
        "print(*[f.path for f in mlflow.MlflowClient().list_artifacts(sys.argv[1])])"
    )
    listed = team.ann.run(sys.executable, "-c", files, run["id"]).split()
    assert {"map.png", "confusion.png", "evaluate.json", "classifier"} <= set(listed)


def test_no_credential_is_in_any_file_that_git_or_the_store_shares(team):
    secret = [
        value for key, value in team.ann.variables.items() if "SECRET" in key or "PASS" in key
    ]
    assert len(secret) == 2
    for value in secret:
        assert not team.ann.clone.run("git", "grep", "-F", value, fails=True).stdout
        assert value not in team.printed
        assert value not in json.dumps(team.runs())


@pytest.mark.parametrize("commands", [("dvc pull", "dvc repro"), ("dvc repro --pull",)])
def test_a_clone_of_the_commit_gets_model_and_map_and_runs_nothing(team, commands):
    who = team.newcomer("bob" if len(commands) == 2 else "eve", "origin/main")
    printed = "".join(who.run(*command.split()) for command in commands)
    assert ran(printed) == []
    for file in (MODEL, MAP):
        ours, theirs = (person.clone.path / file for person in (team.ann, who))
        assert ours.read_bytes() == theirs.read_bytes()
    assert not who.clone.run("git", "status", "--porcelain").stdout
    assert len(team.runs()) == 1


def test_the_same_values_on_an_older_commit_train_nothing_and_go_to_the_same_run(team):
    dan = team.newcomer("dan", "origin/main~")
    before = team.runs()
    dan.clone.set(train={"epochs": EPOCHS})
    printed = dan.run("dvc", "repro", "--pull")
    assert ran(printed) == ["evaluate", "deliver", "map"]
    assert "Stage 'train' is cached" in printed
    assert "not tracked" not in printed, printed
    assert (dan.clone.path / MODEL).read_bytes() == (team.ann.clone.path / MODEL).read_bytes()
    after = team.runs()
    assert [run["id"] for run in after] == [run["id"] for run in before]


def test_a_wrong_password_costs_one_warning_that_does_not_tell_it(team):
    password = "not-the-right-one"
    in_address = team.server.address.replace("://", f"://ann:{password}@")
    server = {"MLFLOW_TRACKING_URI": team.server.address}
    nobody = {"MLFLOW_TRACKING_USERNAME": "", "MLFLOW_TRACKING_PASSWORD": ""}
    nowhere = f"http://ann:{password}@{NO_SERVER.removeprefix('http://')}"
    cases = [
        {**server, "MLFLOW_TRACKING_PASSWORD": password},
        {**server, **nobody},
        {**nobody, "MLFLOW_TRACKING_URI": in_address},
        {"MLFLOW_TRACKING_URI": nowhere},
    ]
    # One process: each `dvc repro` would take seconds to import torch and MLflow.
    code = (
        "import json, os, sys; from stages import map\n"
        "for case in json.loads(sys.argv[1]): os.environ.update(case); map.main()"
    )
    printed = team.ann.run(sys.executable, "-c", code, json.dumps(cases))
    lines = [line for line in printed.splitlines() if "warning" in line]
    assert len(lines) == len(cases), printed
    assert all(line.startswith("warning: not tracked in MLflow: ") for line in lines)
    assert [line.count("You are not authenticated") for line in lines] == [1, 1, 1, 0]
    assert password not in printed
    assert len(team.runs()) == 1


STUDY = {
    "about": "Two seeds of two comparators.",
    "scored_on": "test",
    "seeds": [345, 346],
    "always": ["patches.window=1", "inference.turns=false"],
    "splits": {"random": []},
    "variants": {"lda": ["model.name=lda"], "knn": ["model.name=knn"]},
    "compare": [["lda", "knn"]],
    "gaps": [],
}


def test_a_study_on_workers_elsewhere_ends_though_one_of_them_dies(team, tmp_path):
    fay = team.newcomer("fay", "origin/main")
    folder = fay.clone.path / "docs/studies/mine"
    folder.mkdir(parents=True)
    (folder / "study.yaml").write_text(yaml.safe_dump(STUDY))
    fay.clone.commit("a study")
    fay.run("git", "push", "--quiet", "origin", "HEAD:refs/heads/study")
    environment = fay.clone.environment(**fay.variables, TMPDIR=str(tmp_path))
    refs = ("git", "for-each-ref", "--format=%(refname:lstrip=4)", "refs/exps")
    with dask_cluster.cluster(2, tmp_path, environment) as running:
        command = ["python", "-m", "experiments.studies", "mine", "--cluster", running.address]
        with subprocess.Popen(
            command,
            cwd=fay.clone.path,
            env=environment | {"PYTHONPATH": "src"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as study:
            try:
                # Ann's repository is the origin.
                while study.poll() is None and not team.ann.run(*refs):
                    time.sleep(0.1)
                before = team.ann.run(*refs).split()
                dask_cluster.kill_all(running.workers[0])
                said, _ = study.communicate(timeout=PATIENCE)
            finally:
                study.kill()
    assert study.returncode == 0, said
    assert len(before) < 4, "the worker dies in the middle"
    rows = fay.clone.table("docs/studies/mine/runs.csv")
    assert len({(row["variant"], row["seed"]) for row in rows}) == 4
    names = sorted(row["experiment"] for row in rows)
    assert names == sorted(fay.run(*refs).split())
    assert fay.run("dvc", "exp", "show", "--csv").count("mine-random") == 4
    ended = [run["tags"] for run in team.runs() if run["status"] == "FINISHED"]
    # What ended as its worker died, before it was pushed, ran again and has two runs.
    assert {tags["dvc.exp_name"] for tags in ended if "mlflow.parentRunId" in tags} == set(names)

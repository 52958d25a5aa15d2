"""`make ui`: MLflow's page over the runs of this repository, or of the server that keeps them.

The link that it prints leads to the runs of the scene in params.yaml, in a table of their scores
beside the floor. Everyone who opens the link on the same server sees the same table.
"""

import json
import os
import sys

from experiments.mlflow_run import in_one_line
from experiments.mlflow_store import address, is_server, open_store, without_password
from hsi.config import load_params

VIEW = "scores"  # the key by which MLflow's page finds a shared view of an experiment
COLUMNS = ("oa", "floor_oa", "gain_over_floor", "aa")


def shared_view() -> str:
    """Return the state of MLflow's page: scores as columns and as charts, the best run first."""
    columns = [f"metrics.`{name}`" for name in COLUMNS]
    section = {"uuid": VIEW, "name": "Scores beside the floor", "display": True}
    chart = {"type": "BAR", "metricSectionId": VIEW, "deleted": False, "runsCountToCompare": 100}
    state = {
        "orderByKey": columns[0],
        "orderByAsc": False,
        "selectedColumns": ["attributes.`Dataset`", *columns],
        "compareRunSections": [{**section, "isReordered": True}],
        "compareRunCharts": [{**chart, "uuid": name, "metricKey": name} for name in COLUMNS[:3]],
        "isAccordionReordered": True,
    }
    return json.dumps(state)


def link(server: str) -> str:
    """Return the address of the runs of the scene; without an experiment, that of the page."""
    try:
        client, number = open_store(load_params().scene.name)
        client.set_experiment_tag(number, f"mlflow.sharedViewState.{VIEW}", shared_view())
    except Exception as error:  # a tracking server can fail in any way, params.yaml too
        print(f"warning: {in_one_line(error)}", file=sys.stderr)
        return f"{server}/#/experiments"
    shown = f"workflowType=machine_learning&viewStateShareKey={VIEW}"
    return f"{server}/#/experiments/{number}/runs?{shown}"


def main() -> None:
    """Print the link and, unless a server keeps the runs or `--link` is given, serve the page."""
    store, port = address(), os.environ.get("PORT", "5000")
    if is_server(store):
        print(link(without_password(store.rstrip("/"))))
        return
    print(link(f"http://127.0.0.1:{port}"), flush=True)
    if "--link" in sys.argv:
        return
    # Every user of the machine can read a command line, so the address is not part of it.
    environment = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_BACKEND_STORE_URI": store,
    }
    command = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", port, "--workers", "1"]
    os.execve(sys.executable, [sys.executable, *command], environment)


if __name__ == "__main__":
    main()

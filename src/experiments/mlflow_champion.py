"""`make champion`: name the model in the workspace the champion of its scene, in MLflow's registry.

MLflow then loads and serves it as `models:/SCENE@champion`, whichever run it came from.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.mlflow_model import FOLDER
from experiments.mlflow_run import in_one_line
from experiments.mlflow_store import open_store
from hsi.config import load_params
from hsi.files import md5

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

MODEL = Path("data/model/model.safetensors")
ALIAS = "champion"


def make_champion(scene: str, model: Path) -> str:
    """Register the classifier of a model under the name of its scene, as the champion.

    A classifier that is registered already keeps its version.

    Args:
        scene: Name of the scene.
        model: The model file, by whose md5 its run is found.

    Returns:
        What the champion is, and what it was before.

    Raises:
        FileNotFoundError: If there is no model.
        ValueError: If no run of MLflow has its classifier.
    """
    if not model.is_file():
        raise FileNotFoundError(f"{model} is missing; run `dvc repro`")
    client, experiment = open_store(scene)
    run = _run_of(client, experiment, model)
    if not client.search_registered_models(f"name = '{scene}'"):
        client.create_registered_model(scene)
    before = client.get_registered_model(scene).aliases.get(ALIAS)
    source = f"runs:/{run.info.run_id}/{FOLDER}"
    known = client.search_model_versions(f"name = '{scene}' and run_id = '{run.info.run_id}'")
    new = known[0] if known else client.create_model_version(scene, source, run.info.run_id)
    client.set_registered_model_alias(scene, ALIAS, new.version)
    line = f"{scene}: {ALIAS} is version {new.version}, {_described(run)}"
    if before is None:
        return f"{line}; there was none before"
    if str(before) == str(new.version):
        return f"{line}, as before"
    earlier = client.get_model_version(scene, before).run_id
    described = f", {_described(client.get_run(earlier))}" if earlier else ""
    return f"{line}; before it was version {before}{described}"


def _run_of(client: "MlflowClient", experiment: str, model: Path) -> "Run":
    """Return the latest run that has the classifier of a model."""
    digest = md5(model)
    tagged = client.search_runs(
        [experiment], f"tags.model_md5 = '{digest}'", order_by=["attributes.start_time DESC"]
    )
    for run in tagged:
        files = client.list_artifacts(run.info.run_id, FOLDER)
        if f"{FOLDER}/MLmodel" in {file.path for file in files}:
            return run
    raise ValueError(
        f"no MLflow run has the classifier of {model} (md5 {digest}); "
        "`dvc repro -f -s evaluate` logs it"
    )


def _described(run: "Run") -> str:
    score = run.data.metrics.get("oa")
    return f"run '{run.info.run_name}'" + ("" if score is None else f" (OA {score:.2%})")


def main() -> None:
    """Print one line, also if it fails."""
    try:
        print(make_champion(load_params().scene.name, MODEL))
    except Exception as error:  # a tracking server can fail in any way, params.yaml too
        sys.exit(f"champion: {in_one_line(error)}")


if __name__ == "__main__":
    main()

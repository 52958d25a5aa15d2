"""A repository whose workplaces run a DVC that is pretended: quick, and it does as it is told."""

import re
from pathlib import Path

from experiments.git import git
from experiments.studies.warm import SCRIPT

# An experiment commits what it was given, and fails or waits if its changes say so.
DVC = """
import json, os, subprocess, sys, time
from pathlib import Path

def git(*words):
    told = subprocess.run(["git", *words], check=True, capture_output=True, text=True)
    return told.stdout.strip()

command = sys.argv[1:]
if command == ["cache", "dir"]:
    print(".dvc/cache")
elif command == ["remote", "default"]:
    print("storage")
elif command[:2] in (["exp", "push"], ["exp", "pull"]):
    deed = "fetch" if command[1] == "pull" else "push"
    head = git("rev-parse", "HEAD")
    name = f"refs/exps/{head[:2]}/{head[2:]}/{command[3]}"
    git(deed, "--quiet", command[2], f"{name}:{name}")
elif command[:2] == ["exp", "run"]:
    if "fails" in command:
        Path("params.yaml").write_text("half-done")
        sys.exit("one line\\n\\nERROR: it broke\\n")
    if "waits" in command:
        while not Path(os.environ["GO"]).exists():
            time.sleep(0.05)
    name = command[command.index("-n") + 1]
    head = git("rev-parse", "HEAD")
    found = {
        "command": command, "left": Path("left").exists(),
        "params": Path("params.yaml").read_text(),
        "threads": os.environ["OMP_NUM_THREADS"], "root": os.environ.get("HSI_ROOT"),
        "gpu": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "config": Path(".dvc/config.local").exists() and Path(".dvc/config.local").read_text(),
    }
    Path("found.json").write_text(json.dumps(found))
    Path("left").write_text("an output that git does not know")
    Path("params.yaml").write_text("changed")
    git("add", "found.json")
    git("commit", "--quiet", "--message", name)
    git("update-ref", f"refs/exps/{head[:2]}/{head[2:]}/{name}", "HEAD")
    git("checkout", "--quiet", "--detach", head)
else:
    sys.exit(f"unknown: {command}")
"""


def create(folder: Path) -> Path:
    """Create the repository and its DVC beside it; return the folder for PYTHONPATH."""
    repository = folder / "repository"
    (repository / SCRIPT).parent.mkdir(parents=True)
    real = Path(SCRIPT).read_text(encoding="utf-8")
    bare = re.sub(r"(?s)^IMPORTED = \(.*?^\)", "IMPORTED = ()", real, flags=re.M)
    assert bare != real
    (repository / SCRIPT).write_text(bare, encoding="utf-8")
    (repository / ".dvc").mkdir()
    (repository / ".dvc/.gitignore").write_text("/config.local\n/tmp\n", encoding="utf-8")
    (repository / "params.yaml").write_text("as committed", encoding="utf-8")
    for words in ("init --quiet", "config user.name Somebody", "config user.email some@body.org"):
        git(repository, *words.split())
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "start")
    package = folder / "packages/dvc"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(DVC, encoding="utf-8")
    return package.parent

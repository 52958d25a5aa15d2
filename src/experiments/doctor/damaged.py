"""Files whose content has changed in silence, as on a bad disk: of DVC's cache and of outputs.

DVC takes a file of its cache as it is, and does not read another one again whose time, size and
inode are those that it has noted. So it would go on with what such a file now holds.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from pathlib import Path

import yaml
from dvc.repo import Repo
from tqdm import tqdm

from experiments.doctor.broken_files import remove
from experiments.doctor.finding import Finding
from experiments.doctor.folders import remove as remove_folder
from hsi.files import md5, write

CACHE = ".dvc/cache/files/md5"
SCENES, OUTPUTS = "data/scenes", ("data", "metrics")


def scenes(root: Path) -> dict[str, Path]:
    """Return the file of each md5 that `dvc add` has noted in data/scenes."""
    found: dict[str, Path] = {}
    for path in sorted((root / SCENES).glob("*.dvc")):
        try:
            noted = yaml.load(path.read_bytes(), yaml.CSafeLoader)["outs"]
            found |= {out["md5"]: path.with_suffix("") for out in noted}
        except (yaml.YAMLError, KeyError, TypeError):  # lock_files.py looks at it
            continue
    return found


def noted(root: Path, paths: list[Path]) -> dict[Path, str]:
    """Return the md5 that DVC has noted of each file, if the file looks as it did then."""
    with Repo(str(root)) as repo:
        found = {path: repo.state.get(str(path), repo.cache.local.fs)[1] for path in paths}
    return {path: known.value for path, known in found.items() if known is not None}


def remade_from(listing: Path) -> str:
    """Return the name of the folder that DVC has made of a damaged listing of files, or nothing."""
    try:
        files = sorted(json.loads(listing.read_bytes()), key=itemgetter("relpath"))
    except (ValueError, KeyError, TypeError):
        return ""
    return hashlib.md5(json.dumps(files, sort_keys=True).encode()).hexdigest() + ".dir"


def made_of_it(root: Path, listing: Path) -> Iterator[Finding]:
    """Look for what came out of a listing with a damaged name of a file, and goes by a new name."""
    made = remade_from(listing)
    path, lock = root / CACHE / made[:2] / made[2:], root / "dvc.lock"
    if not made or not path.is_file() or path == listing:
        return
    yield Finding(
        f"{path.relative_to(root)} was made of it", "remove it too", partial(remove, path)
    )
    stages = yaml.load(lock.read_bytes(), yaml.CSafeLoader)["stages"] if lock.is_file() else {}
    for out in [out for stage in stages.values() for out in stage.get("outs", [])]:
        if out["md5"] == made and (root / out["path"]).is_dir():
            remedy = "remove it; `dvc repro` makes it anew"
            mend = partial(remove_folder, root / out["path"])
            yield Finding(f"{out['path']} was made of it", remedy, mend)


def put_back(object_: Path, scene: Path) -> str:
    """Store the content of a scene again in place of a damaged file of the cache."""
    object_.unlink(missing_ok=True)
    write(object_, scene.read_bytes())
    object_.chmod(0o444)
    return ""


def find(root: Path) -> Iterator[Finding]:
    """Read each file of the cache in the repository, and of outputs what DVC would not read."""
    objects = [path for path in sorted((root / CACHE).glob("??/*")) if path.is_file()]
    outputs = [path for top in OUTPUTS for path in sorted((root / top).rglob("*"))]
    data = [path for path in outputs if path.is_file()]
    believed = noted(root, data) if data else {}
    expected = {path: path.parent.name + path.name.removesuffix(".dir") for path in objects}
    known = scenes(root)
    bar = tqdm([*expected, *believed], "files", unit="file", disable=not sys.stderr.isatty())
    damaged = [path for path in bar if md5(path) != {**expected, **believed}[path]]
    for path in damaged:
        name = path.relative_to(root)
        if path in believed:
            what = f"{name} has changed without a trace, as on a bad disk"
            if path.parent == root / SCENES:
                remedy = f"`dvc checkout --force {name}` brings it back if DVC has a copy"
                yield Finding(what, remedy, None)
            else:
                remedy = "remove it; the same `dvc repro` restores it or makes it anew"
                yield Finding(what, remedy, partial(remove, path))
            continue
        what = f"{name} of DVC's cache is damaged: its content is not what its name says"
        scene = known.get(expected[path])
        if scene is not None and scene.is_file() and md5(scene) == expected[path]:
            remedy = f"store {scene.relative_to(root)} again in its place"
            yield Finding(what, remedy, partial(put_back, path, scene))
        else:
            remedy = "remove it; `dvc repro` makes it anew if it is needed, or `dvc pull` gets it"
            more = list(made_of_it(root, path)) if path.suffix == ".dir" else []
            yield Finding(what, remedy, partial(remove, path))
            yield from more

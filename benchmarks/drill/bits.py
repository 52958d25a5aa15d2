"""One bit of a file of data/ or of DVC's cache is flipped.

Of data/, once as a program does that writes the file anew, and once as a bad disk does, so that
the time of the file stays and DVC notices nothing. Of the cache, as a bad disk does.
"""

import os
import random
import shutil
from functools import partial
from pathlib import Path

from benchmarks.drill.case import DOCTOR, FAILED, NAMED, RIGHT, Case, Outcome
from benchmarks.drill.kills import last_words
from benchmarks.drill.prepared import SEED, Prepared
from benchmarks.drill.state import Expected, lost, outs_of, wrong_results
from benchmarks.drill.workplace import RESULTS, Ended, Workplace, copy
from experiments.git import git

CACHE = ".dvc/cache"


def flip(path: Path, share: float, in_silence: bool) -> None:
    """Flip the lowest bit of the byte at a share of a file; in silence, keep its times."""
    before, mode = path.stat(), path.stat().st_mode
    path.chmod(0o600)
    with path.open("rb+") as file:
        at = int(share * before.st_size)
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))
    path.chmod(mode)
    if in_silence:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def used(place: Workplace, expected: Expected) -> list[str]:
    """Return the outputs in dvc.lock that a damaged file has changed."""
    found = outs_of((place.path / "dvc.lock").read_text(encoding="utf-8"))
    return [name for name, md5 in found.items() if expected.outs.get(name) != md5]


def judged(place: Workplace, expected: Expected, ended: Ended, name: str) -> Outcome:
    """Say what came out of a `dvc repro` that met a flipped bit, and whether all can be put right.

    Args:
        place: Where it ran.
        expected: What it should have made.
        ended: The command.
        name: The damaged file.
    """
    how = f"{name}: {'made again or not needed' if ended.code == 0 else last_words(ended)}"
    if ended.code == 0 and (changed := used(place, expected)):
        return Outcome(FAILED, f"{name}: it was used, for {', '.join(changed)}")
    found = place.doctor()
    wrong = wrong_results(place, expected)
    if ended.code == 0 and not wrong and found.code == 0:
        return Outcome(RIGHT, how)
    place.doctor("--yes")
    again = place.dvc("repro")
    wrong = [] if again.code == 0 else [f"it failed: {last_words(again)}"]
    wrong += wrong_results(place, expected) + lost(place, expected.commit)
    if left := place.doctor():
        wrong += [] if left.code == 0 else [f"make doctor: {last_words(left)}"]
    if wrong:
        return Outcome(FAILED, f"{how}; {'; '.join(wrong)}")
    return Outcome(NAMED if ended.code != 0 else DOCTOR, how)


def flipped_in_data(
    prepared: Prepared, name: str, share: float, in_silence: bool, path: Path
) -> Outcome:
    """Flip a bit of an output, and train another model from what is there."""
    place = copy(prepared.finished, path)
    params = place.path / "params.yaml"
    text = params.read_text(encoding="utf-8")
    section, key, value = "train", *SEED.removeprefix("train.").split("=")
    head, mark, rest = text.partition(f"\n{section}:\n")
    old = next(line for line in rest.splitlines() if line.strip().startswith(f"{key}:"))
    params.write_text(head + mark + rest.replace(old, f"  {key}: {value}", 1), encoding="utf-8")
    place.edit()
    place.dvc("status")  # DVC notes the time of each file in this copy
    flip(place.path / name, share, in_silence)
    return judged(place, prepared.experiment, place.dvc("repro"), name)


def flipped_in_cache(prepared: Prepared, name: str, share: float, path: Path) -> Outcome:
    """Flip a bit of a file of the cache, and let DVC restore everything from there."""
    place = copy(prepared.uncommitted, path)  # the classifier names the commit
    place.edit()
    for folder in RESULTS:
        shutil.rmtree(place.path / "data" / folder)
    flip(place.path / CACHE / name, share, in_silence=True)
    return judged(place, prepared.repro, place.dvc("repro"), name)


def cases(prepared: Prepared, most: int | None, seed: int) -> list[Case]:
    """Return cases for each file of data/, twice, and each of the cache, or for some of each."""
    generator = random.Random(f"{seed} bits")
    root, found = prepared.finished.path, []
    tracked = set(git(root, "ls-files", "data").splitlines())
    for file in sorted(each for each in (root / "data").rglob("*") if each.is_file()):
        name = file.relative_to(root).as_posix()
        if name in tracked or name.startswith("data/scenes/"):
            continue
        label = name.removeprefix("data/").replace("/", "-")
        for in_silence in (False, True):
            title = f"flipped bit in data/, {'in silence' if in_silence else 'with a new time'}"
            act = partial(flipped_in_data, prepared, name, generator.random(), in_silence)
            found.append(Case(title, f"bit-{'silent-' * in_silence}{label}", act))
    for file in sorted(each for each in (root / CACHE).rglob("*") if each.is_file()):
        name = file.relative_to(root / CACHE).as_posix()
        act = partial(flipped_in_cache, prepared, name, generator.random())
        found.append(Case("flipped bit in the cache", f"bit-cache-{name.replace('/', '-')}", act))
    if most is None:
        return found
    generator.shuffle(found)
    return [
        case
        for title in sorted({case.drill for case in found})
        for case in [each for each in found if each.drill == title][:most]
    ]

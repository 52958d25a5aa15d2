import hashlib
import os
import shutil
import subprocess
import sys

import pytest

from experiments.doctor.damaged import find


def flip(path):
    """Flip a bit in silence."""
    before, mode = path.stat(), path.stat().st_mode
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[0] ^= 1
    with path.open("rb+") as file:
        file.write(content)
    path.chmod(mode)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def begin(repository, tmp_path, monkeypatch, stage: str) -> None:
    """Make the repository one of the real DVC, with a stage, and go there."""
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path / "noted"))
    monkeypatch.chdir(repository.root)
    shutil.rmtree(repository.root / ".dvc")
    repository.write("dvc.yaml", f"stages:\n  copy:\n{stage}")
    dvc("init")


def dvc(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *command, "--quiet"], check=True)


@pytest.fixture
def stored(repository, tmp_path, monkeypatch):
    """The repository with a scene that `dvc add` has stored, and an output of a stage."""
    stage = "    cmd: cp params.yaml data/out.txt\n    outs: [data/out.txt]\n"
    begin(repository, tmp_path, monkeypatch, stage)
    repository.write("data/scenes/cube.npy", "a scene")
    dvc("add", "data/scenes/cube.npy")
    dvc("repro")
    return repository


@pytest.fixture
def folder(repository, tmp_path, monkeypatch):
    """The repository with a stage that makes a folder of one file."""
    command = "mkdir -p data/out && cp params.yaml data/out/file"
    begin(repository, tmp_path, monkeypatch, f"    cmd: {command}\n    outs: [data/out]\n")
    (repository.root / "data").mkdir()
    dvc("repro")
    return repository


def test_what_dvc_makes_of_a_damaged_listing_goes_too(folder):
    [listing] = (folder.root / ".dvc/cache/files/md5").glob("*/*.dir")
    listing.chmod(0o600)
    listing.write_bytes(listing.read_bytes().replace(b"file", b"fild"))
    listing.chmod(0o444)
    shutil.rmtree(folder.root / "data/out")
    dvc = [sys.executable, "-m", "dvc", "repro", "--quiet"]
    subprocess.run(dvc, check=True)
    for finding in find(folder.root):
        finding.mend()
    assert not list(find(folder.root))
    subprocess.run(dvc, check=True)
    assert folder.read("data/out/file") == "epochs: 1\n"
    assert not (folder.root / "data/out/fild").exists()


def in_cache(repository, text):
    digest = hashlib.md5(text.encode()).hexdigest()
    return repository.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]


def test_whole_files_are_nothing_to_tell_nor_are_files_that_a_person_has_changed(stored):
    assert not list(find(stored.root))
    stored.write("data/out.txt", "by hand, with another time and size")
    stored.write("data/new.txt", "of nobody")
    assert not list(find(stored.root))


def test_an_output_that_has_changed_in_silence_goes_and_is_restored(stored):
    out = stored.root / "data/out.txt"
    flip(out)
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], check=True)
    assert out.read_text() != "epochs: 1\n", "DVC notices nothing"
    [finding] = find(stored.root)
    assert finding.what == "data/out.txt has changed without a trace, as on a bad disk"
    finding.mend()
    subprocess.run([sys.executable, "-m", "dvc", "repro", "--quiet"], check=True)
    assert out.read_text() == "epochs: 1\n"
    assert not list(find(stored.root))


def test_a_scene_that_has_changed_in_silence_is_named_and_left_to_the_person(stored):
    flip(stored.root / "data/scenes/cube.npy")
    [finding] = find(stored.root)
    assert finding.mend is None
    assert finding.wrong
    assert "`dvc checkout --force data/scenes/cube.npy`" in finding.remedy


def test_a_damaged_file_of_the_cache_goes(stored):
    flip(in_cache(stored, "epochs: 1\n"))
    [finding] = find(stored.root)
    assert "of DVC's cache is damaged" in finding.what
    finding.mend()
    assert not in_cache(stored, "epochs: 1\n").exists()
    assert not list(find(stored.root))


def test_in_place_of_a_damaged_copy_of_a_scene_the_scene_is_stored_again(stored):
    kept = in_cache(stored, "a scene")
    flip(kept)
    [finding] = find(stored.root)
    assert finding.remedy == "store data/scenes/cube.npy again in its place"
    finding.mend()
    assert kept.read_text() == "a scene"
    assert kept.stat().st_mode & 0o777 == 0o444
    assert not list(find(stored.root))

"""A scene that a command names: what is not written over, and how another process finds it."""

from pathlib import Path

import numpy as np
import pytest
import scene_files
from small_classifier import classifier

from hsi.inference import request as module
from hsi.inference.request import Request, map_scene
from hsi.inference.to_files import Outputs
from hsi.scene.arrays import Source


def request(path: Path, mask: Path | None = None) -> Request:
    return Request(Source(path, None, "--key"), None, None, False, mask)


@pytest.mark.parametrize(
    ("scene", "output", "confidence"),
    [
        ("scene.img", "scene.hdr", None),
        ("scene.tif", "scene.tif", None),
        ("scene.tif", "map.tif", "scene.tif"),
    ],
)
def test_no_file_of_a_scene_is_written_over(cube, truth, tmp_path, scene, output, confidence):
    write = scene_files.write_envi if scene == "scene.img" else scene_files.write_geotiff
    write(tmp_path / scene, cube.astype(np.int16))
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    trained = classifier(cube, truth)
    outputs = Outputs(tmp_path / output, confidence and tmp_path / confidence, None, None)
    with pytest.raises(ValueError, match=r"scene\..* is a file of the scene, and would be"):
        map_scene(trained, request(tmp_path / scene), outputs, bars=False)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_map_of_another_format_may_have_the_name_of_its_scene(cube, truth, tmp_path):
    scene_files.write_envi(tmp_path / "scene.img", cube.astype(np.int16))
    outputs = Outputs(tmp_path / "scene.tif", None, None, None)
    map_scene(classifier(cube, truth), request(tmp_path / "scene.img"), outputs, bars=False)
    assert outputs.classes.is_file()


def test_another_process_finds_the_files_of_this_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = request(Path("a.tif"), Path("m.tif")).absolute()
    assert found == request(tmp_path / "a.tif", tmp_path / "m.tif")
    there = request(Path("https://example.org/a.tif"))
    assert there.absolute() == there
    assert there.name == "https://example.org/a.tif"


def test_a_scene_that_memory_does_not_hold_is_named(cube, truth, monkeypatch):
    def full(*_: object) -> None:
        raise MemoryError("Unable to allocate 9 TiB")

    monkeypatch.setattr(module, "opened", full)
    outputs = Outputs(Path("map.tif"), None, None, None)
    with pytest.raises(ValueError, match=r"^a\.tif: not enough memory: Unable to allocate 9 TiB"):
        map_scene(classifier(cube, truth), request(Path("a.tif")), outputs, bars=False)

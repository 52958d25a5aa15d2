"""Maps of several scenes, as `hsi predict` writes them: each is that of its scene alone."""

from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from small_classifier import classifier

from hsi import cli
from hsi.inference.several import outputs_of
from hsi.inference.to_files import Outputs


@pytest.fixture
def run(cube, truth, tmp_path, monkeypatch):
    """Run `hsi predict` on some of three scenes, the second of which has too few bands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HSI_DEVICE", "cpu")
    classifier(cube, truth).save(tmp_path / "classifier")
    for name, scene in (("a", cube), ("b", cube[..., :5]), ("c", cube[::-1])):
        np.save(f"{name}.npy", scene)

    def command(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["hsi", "predict", "classifier", *arguments])
        cli.main()

    return command


def files(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def test_each_map_is_that_of_its_scene_alone(run):
    layers = ("confidence", "probabilities", "pictures")
    named = ("--confidence", layers[0], "--probabilities", layers[1], "--picture", layers[2])
    run("a.npy", "c.npy", "maps", *named)
    for name in ("a", "c"):
        run(f"{name}.npy", "one.tif", "--confidence", "confidence.tif", "--probabilities",
            "probabilities.tif", "--picture", "pictures.png")  # fmt: skip
        assert files("maps")[f"{name}.tif"] == Path("one.tif").read_bytes()
        for layer in layers:
            (alone,) = Path().glob(f"{layer}.*")
            assert files(layer)[f"{name}{alone.suffix}"] == alone.read_bytes()


def test_one_scene_may_go_into_a_folder_that_is_there(run):
    Path("maps").mkdir()
    run("a.npy", "maps")
    assert "a.tif" in files("maps")


def test_a_scene_that_cannot_be_mapped_keeps_no_other_from_it(run, capsys):
    with pytest.raises(SystemExit, match=r"^hsi: 2 of 4 scenes are not mapped, for the reasons"):
        run("a.npy", "b.npy", "absent.npy", "c.npy", "maps")
    told = [line for line in capsys.readouterr().err.splitlines() if "not mapped" in line]
    assert [line.split(": ")[:3] for line in told] == [
        ["note", "not mapped", "b.npy"],
        ["note", "not mapped", "absent.npy does not exist"],
    ]
    assert {"a.tif", "c.tif"} <= set(files("maps"))
    assert "b.tif" not in files("maps")


def test_what_killed_workers_left_is_removed_when_the_user_interrupts(run, monkeypatch):
    def interrupted(*_: object) -> None:
        Path("maps/.c.tif.abcd_123").mkdir(parents=True)
        raise KeyboardInterrupt

    monkeypatch.setattr("hsi.inference.on_cluster.cluster", lambda _: nullcontext((None, [])))
    monkeypatch.setattr("hsi.inference.on_cluster.map_whole_scenes", interrupted)
    with pytest.raises(SystemExit, match=r"^hsi: interrupted$"):
        run("a.npy", "c.npy", "maps", "--cluster", "local:2")
    assert not files("maps")


def test_what_would_share_a_file_is_refused(tmp_path):
    scenes = [Path("may/a.tif"), Path("june/a.tif")]
    with pytest.raises(ValueError, match=r"^the maps of may/a\.tif and june/a\.tif would be one"):
        outputs_of(scenes, tmp_path, None, None, None)
    scenes = [Path("a.tif"), Path("b.tif")]
    with pytest.raises(ValueError, match="map, confidence and probabilities each need a folder"):
        outputs_of(scenes, Path("maps"), Path("maps"), None, None)
    for paths in (("map.tif", None), ("maps", "picture.png")):
        given = [path and Path(path) for path in paths]
        with pytest.raises(ValueError, match="for several scenes it may be a folder"):
            outputs_of(scenes, given[0], None, None, given[1])
    pictures = outputs_of(scenes, Path("maps"), None, None, Path("maps"))
    assert pictures[1] == Outputs(Path("maps/b.tif"), None, None, Path("maps/b.png"))

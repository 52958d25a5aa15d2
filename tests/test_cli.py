"""The command `hsi`, run in this process; a mistake of its user is one line."""

import signal
from pathlib import Path

import numpy as np
import pytest
import scipy.io
import spectral
from small_classifier import NAMES, classifier

import hsi
from hsi import cli
from hsi.pictures.palette import palette


@pytest.fixture
def folder(cube, truth, tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("HSI_DEVICE", "cpu")
    classifier(cube, truth).save(tmp_path / "classifier")
    np.save(tmp_path / "cube.npy", cube)
    return tmp_path / "classifier"


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Run `hsi` with arguments, in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)

    def command(*arguments: str) -> None:
        monkeypatch.setattr("sys.argv", ["hsi", *arguments])
        cli.main()

    return command


def test_predict_writes_the_labels_of_the_users_own_file(folder, run, cube):
    run("predict", "classifier", "cube.npy", "maps/labels.npy")
    loaded = hsi.load(folder)
    expected = loaded.scene.to_labels(loaded.predict(cube).classes)
    found = np.load("maps/labels.npy")
    assert np.array_equal(found, expected)
    assert set(np.unique(found)) <= {2, 5, 9}


def test_predict_writes_an_envi_classification(folder, run, cube):
    run("predict", "classifier", "cube.npy", "maps/classes.hdr")
    opened = spectral.envi.open("maps/classes.hdr")
    assert np.array_equal(opened.read_band(0), hsi.load(folder).predict(cube).classes)
    assert opened.metadata["class names"] == ["Unclassified", *NAMES]
    colours = np.array(opened.metadata["class lookup"], int).reshape(-1, 3)
    assert np.array_equal(colours, (palette(3) * 255).round())


def test_a_key_chooses_the_variable_of_a_mat_file(folder, run, cube):
    scipy.io.savemat("cube.mat", {"radiance": cube, "noise": cube[::-1]})
    run("predict", "classifier", "cube.npy", "expected.npy")
    run("predict", "classifier", "cube.mat", "found.npy", "--key", "radiance")
    assert np.array_equal(np.load("found.npy"), np.load("expected.npy"))


def test_no_data_may_be_declared_and_gets_the_label_of_none(folder, run, cube):
    holed = cube.astype(np.int32)
    holed[4, 5:8] = -7
    holed[4, 6, 1:] = 900
    np.save("holed.npy", holed)
    run("predict", "classifier", "holed.npy", "map.npy", "--nodata", "-7", "-8")
    assert np.argwhere(np.load("map.npy") == 255).tolist() == [[4, 5], [4, 6], [4, 7]]
    holed[4, 6, 0] = 2**31 - 1
    np.save("holed.npy", holed)
    with pytest.raises(SystemExit, match=r"^hsi: holed\.npy: the value 2147483647 at row 4"):
        run("predict", "classifier", "holed.npy", "other.npy")


def test_a_mistake_is_one_line_and_leaves_no_map(folder, run, cube):
    np.save("short.npy", cube[..., :23])
    scipy.io.savemat("two.mat", {"a": cube, "b": cube})
    cases = [
        (("classifier", "cube.npy", "map.jpg"), r"map\.jpg: a map may end in \.tif .*\.npy"),
        (("nowhere", "cube.npy", "map.npy"), "nowhere holds no classifier"),
        (("classifier", "absent.npy", "map.npy"), r"absent\.npy does not exist"),
        (
            ("classifier", "short.npy", "map.npy"),
            r"short\.npy: its cube of shape \(26, 21, 23\) does not fit 24 bands",
        ),
        (("classifier", "two.mat", "map.npy"), "it has 2: .*--key"),
        (("classifier", "two.mat", "map.npy", "--key", "c"), "no variable 'c'; it has a, b"),
    ]
    for arguments, message in cases:
        with pytest.raises(SystemExit, match=rf"^hsi: .*{message}") as stopped:
            run("predict", *arguments)
        assert len(str(stopped.value).splitlines()) == 1, message
    assert not list(Path().glob("map.*"))


def test_export_writes_the_classifier_to_the_file(folder, run, monkeypatch):
    """What the file holds is the subject of test_export_onnx.py."""
    written = []
    monkeypatch.setattr("hsi.export_onnx.export_onnx", lambda *given: written.append(given))
    run("export", "classifier", "model.onnx")
    ((classifier, path),) = written
    assert classifier.config() == hsi.load(folder).config()
    assert path == Path("model.onnx")


def test_an_interruption_is_one_line(folder, run, monkeypatch):
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "predict", interrupted)
    with pytest.raises(SystemExit, match=r"^hsi: interrupted$"):
        run("predict", "classifier", "cube.npy", "map.npy")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (
            MemoryError("Unable to allocate 9 TiB"),
            "cube.npy: not enough memory: Unable to allocate 9",
        ),
        (MemoryError(), "cube.npy: not enough memory"),
        (RecursionError("maximum depth"), "something is nested too deeply: maximum depth"),
        (
            ValueError("a\x1b[2J\rb.tif is \u202eno raster"),
            r"cube\.npy: a \[2J b\.tif is  no raster$",
        ),
    ],
)
def test_an_error_is_one_line_without_what_controls_a_terminal(
    folder, run, monkeypatch, error, line
):
    def failing(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("hsi.inference.request.opened", failing)
    with pytest.raises(SystemExit, match=rf"^hsi: {line}"):
        run("predict", "classifier", "cube.npy", "map.npy")


def test_a_request_to_end_is_taken_like_an_interruption(folder, run, monkeypatch):
    def asked(*arguments: object) -> None:
        signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(cli, "predict", asked)
    with pytest.raises(SystemExit, match=r"^hsi: interrupted$"):
        run("predict", "classifier", "cube.npy", "map.npy")
    signal.signal(signal.SIGTERM, before)


def test_score_info_and_spectra_say_what_the_scene_and_the_map_are(
    folder, run, cube, truth, capsys
):
    np.save("truth.npy", np.array([0, 2, 5, 9])[truth])
    run("info", "cube.npy", "--labels", "truth.npy")
    said = capsys.readouterr().out
    assert "26 x 21 pixels (height x width), 24 bands, uint16" in said
    assert f"label 9       {(truth == 3).sum()} pixels" in said
    run("info", "classifier")
    assert "cnn2d, window 5, 4 components" in capsys.readouterr().out
    run("spectra", "cube.npy", "truth.npy", "spectra.png")
    assert Path("spectra.png").read_bytes().startswith(b"\x89PNG")
    run("score", "classifier", "cube.npy", "truth.npy", "--report", "report")
    classes = hsi.load(folder).predict(cube).classes
    oa = (classes == truth)[truth > 0].mean()
    assert f"score  OA {oa:.2%}" in capsys.readouterr().out
    assert {"score.json", "confusion.png"} <= {each.name for each in Path("report").iterdir()}


def test_the_version_is_that_of_the_library(run, capsys):
    with pytest.raises(SystemExit) as stopped:
        run("--version")
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"hsi {hsi.__version__}\n"


def test_a_command_that_is_missing_or_unknown_shows_the_usage(run, capsys):
    for arguments in ((), ("predikt",)):
        with pytest.raises(SystemExit) as stopped:
            run(*arguments)
        assert stopped.value.code == 2
        assert "usage: hsi" in capsys.readouterr().err

import hashlib
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from conftest import LABELS

from hsi import scenes
from hsi.known_scenes import KNOWN, SceneFile

NOWHERE = Path("no/such/folder")


def own(cube: Path, truth: Path, **changes) -> scenes.SceneInfo:
    arguments = {
        "cube": cube,
        "cube_key": None,
        "truth": truth,
        "truth_key": None,
        "unlabelled": 255,
        "class_names": None,
    }
    return scenes.describe_custom(**(arguments | changes))


def test_known_scenes_have_their_standard_classes():
    counts = {name: len(known.class_names) for name, known in KNOWN.items()}
    assert counts == {"indian_pines": 16, "salinas": 16, "pavia_university": 9}
    assert KNOWN["indian_pines"].class_names[8] == "Oats"
    assert KNOWN["pavia_university"].class_names[7] == "Self-Blocking Bricks"
    for known in KNOWN.values():
        assert known.sensor
        assert known.citation
        assert known.licence


def test_indian_pines_comes_from_the_package_and_is_what_was_published(tmp_path):
    known = KNOWN["indian_pines"]
    cube, truth = scenes.find(known.cube, NOWHERE), scenes.find(known.truth, NOWHERE)
    info = scenes.describe_known("indian_pines", cube, truth)
    scenes.keep(info, cube, truth, tmp_path)
    assert scenes.SceneInfo.load(tmp_path) == info
    assert scenes.load_cube(tmp_path, info).shape == (145, 145, 200)
    assert len(info.wavelengths) == 200
    counts = np.bincount(scenes.load_truth(tmp_path, info).ravel())
    expected = "10776 46 1428 830 237 483 730 28 478 20 972 2455 593 205 1265 386 93"
    assert counts.tolist() == [int(count) for count in expected.split()]


def test_own_labels_become_classes_from_one_and_go_back(own_files, truth, tmp_path):
    info = own(*own_files, class_names={9: "roof"})
    assert info.labels == LABELS
    assert info.class_names == ("class 2", "class 5", "roof")
    scenes.keep(info, *own_files, tmp_path / "raw")
    loaded = scenes.load_truth(tmp_path / "raw", info)
    assert np.array_equal(loaded, truth)
    original = scipy.io.loadmat(own_files[1])["plots"]
    assert np.array_equal(scenes.to_labels(loaded, info), original)


def test_labels_may_be_negative_or_stored_as_floats(own_files, tmp_path, truth):
    np.save(tmp_path / "t.npy", truth.astype(float) - 1)
    info = own(own_files[0], tmp_path / "t.npy", unlabelled=-1)
    assert info.labels == (0, 1, 2)


def save(path: Path, **variables: object) -> Path:
    if path.suffix == ".npy":
        np.save(path, variables["array"], allow_pickle=True)
    else:
        scipy.io.savemat(path, variables)
    return path


def test_bad_files_get_one_line_that_names_them(own_files, tmp_path, cube, truth):
    good_cube, good_truth = own_files
    nan = cube.astype(float)
    nan[3, 4, 5] = np.nan
    truncated = tmp_path / "short.mat"
    truncated.write_bytes(good_cube.read_bytes()[:4000])
    empty = tmp_path / "empty.mat"
    empty.touch()
    text = tmp_path / "cube.mat"
    text.write_text("not a scene at all, but long enough to be looked at" * 9)
    hdf5 = tmp_path / "seven.mat"
    hdf5.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    short = tmp_path / "short.npy"
    np.save(short, cube)
    short.write_bytes(short.read_bytes()[:500])
    cases = [
        (tmp_path / "absent.mat", good_truth, {}, r"absent\.mat does not exist"),
        (truncated, good_truth, {}, r"short\.mat cannot be read"),
        (empty, good_truth, {}, r"empty\.mat cannot be read"),
        (text, good_truth, {}, r"cube\.mat cannot be read"),
        (hdf5, good_truth, {}, r"seven\.mat is MATLAB v7\.3.*-v7"),
        (short, good_truth, {}, r"short\.npy cannot be read"),
        (tmp_path / "scene.tif", good_truth, {}, r"scene\.tif does not exist"),
        (
            good_cube,
            good_truth,
            {"cube_key": "cube"},
            r"no variable 'cube'; it has radiance, about",
        ),
        (good_truth, good_truth, {}, r"survey\.mat should hold one numeric array of 3 axes"),
        (save(tmp_path / "two.mat", a=cube, b=cube), good_truth, {}, r"it has 2 \(a .*name one in"),
        (save(tmp_path / "nan.mat", a=nan), good_truth, {}, r"row 3, column 4, band 5"),
        (good_cube, save(tmp_path / "turned.mat", a=truth.T), {}, r"\(21, 26\) pixels do not fit"),
        (good_cube, save(tmp_path / "half.mat", a=truth + 0.5), {}, "labels should be whole"),
        (good_cube, save(tmp_path / "one.mat", a=(truth > 0) * 1), {"unlabelled": 0}, "2 classes"),
        (good_cube, good_truth, {"class_names": {7: "x"}}, "label 7; its labels are 2, 5, 9"),
        (good_cube, good_truth, {"class_names": {2: "x", 5: "x"}}, "x is given twice"),
        (save(tmp_path / "objects.npy", array=np.array([{}], object)), good_truth, {}, "objects"),
    ]
    for cube_path, truth_path, changes, message in cases:
        with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
            own(cube_path, truth_path, **changes)
        assert len(str(error.value).splitlines()) == 1, message


@pytest.fixture
def server(tmp_path):
    """Serve tmp_path/www on this machine; the first request for any file is answered with 503."""
    www = tmp_path / "www"
    www.mkdir()
    seen: set[str] = set()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=www)

        def do_GET(self):
            if self.path in seen:
                super().do_GET()
            else:
                seen.add(self.path)
                self.send_error(503)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        threading.Thread(target=httpd.serve_forever, daemon=True).start()
        yield www, f"http://127.0.0.1:{httpd.server_port}/"
        httpd.shutdown()


def published(content: bytes, *urls: str) -> SceneFile:
    digest = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    return SceneFile("scene.mat", "a", f"git:{digest}", urls)


def test_a_download_retries_and_passes_over_a_wrong_mirror(server, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    www, home = server
    (www / "wrong.mat").write_bytes(b"somebody else's")
    (www / "right.mat").write_bytes(b"the scene")
    file = published(b"the scene", home + "absent.mat", home + "wrong.mat", home + "right.mat")
    path = scenes.download(file, tmp_path / "downloads", progress=False)
    assert path.read_bytes() == b"the scene"


def test_without_a_network_one_is_told_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    file = published(b"x", "http://127.0.0.1:9/scene.mat")
    with pytest.raises(ValueError, match=r"put it into data/scenes/ by hand(.|\n)*127\.0\.0\.1:9"):
        scenes.download(file, tmp_path, progress=False)


def test_a_file_put_by_hand_is_used_and_checked(tmp_path):
    file = published(b"the scene", "http://127.0.0.1:9/")
    assert scenes.find(file, tmp_path) is None
    (tmp_path / "scene.mat").write_bytes(b"the scene")
    assert scenes.find(file, tmp_path) == tmp_path / "scene.mat"
    (tmp_path / "scene.mat").write_bytes(b"the scen")
    with pytest.raises(ValueError, match=r"is not the published scene\.mat.*delete it"):
        scenes.find(file, tmp_path)


def test_a_tampered_package_file_is_refused(tmp_path):
    known = KNOWN["indian_pines"].truth
    with pytest.raises(ValueError, match="is not the published"):
        scenes.find(replace(known, array_sha256="0" * 64), tmp_path)

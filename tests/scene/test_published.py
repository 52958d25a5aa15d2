import hashlib
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from hsi.scene.info import SceneInfo, load_cube, load_truth
from hsi.scene.known import KNOWN, KnownClass, KnownScene, SceneFile
from hsi.scene.published import check, convert_known, download, find, unconfirmed

NOWHERE = Path("no/such/folder")
HOME = "http://publishers.example/scenes"


def test_indian_pines_comes_from_the_package_and_is_what_was_published(tmp_path):
    known = KNOWN["indian_pines"]
    cube, truth = find(known.cube, NOWHERE), find(known.truth, NOWHERE)
    assert unconfirmed(cube, known.cube) == unconfirmed(truth, known.truth) == ""
    scene = convert_known("indian_pines", cube, truth, tmp_path)
    scene.save(tmp_path)
    info = SceneInfo.load(tmp_path)
    assert info == scene.info
    assert load_cube(tmp_path).shape == (145, 145, 200)
    assert len(info.wavelengths) == 200
    counts = np.bincount(load_truth(tmp_path).ravel())
    expected = "10776 46 1428 830 237 483 730 28 478 20 972 2455 593 205 1265 386 93"
    assert counts.tolist() == [int(count) for count in expected.split()]


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
        threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
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
    path = download(file, HOME, tmp_path / "downloads", progress=False)
    assert path.read_bytes() == b"the scene"


def test_without_a_network_one_is_told_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    file = published(b"x", "http://127.0.0.1:9/scene.mat")
    with pytest.raises(
        ValueError,
        match=r"put it into data/scenes/ by hand.*publishers\.example(.|\n)*127\.0\.0\.1:9",
    ):
        download(file, HOME, tmp_path, progress=False)
    assert not list(tmp_path.glob("*.mat"))


def test_a_file_put_by_hand_is_used_and_checked(tmp_path):
    file = published(b"the scene", "http://127.0.0.1:9/")
    assert find(file, tmp_path) is None
    (tmp_path / "scene.mat").write_bytes(b"the scene")
    assert find(file, tmp_path) == tmp_path / "scene.mat"
    (tmp_path / "scene.mat").write_bytes(b"the scen")
    with pytest.raises(ValueError, match=r"is not the published scene\.mat.*delete it"):
        find(file, tmp_path)


def test_a_sha256_is_checked_too(tmp_path):
    (tmp_path / "scene.mat").write_bytes(b"the scene")
    right = hashlib.sha256(b"the scene").hexdigest()
    check(tmp_path / "scene.mat", SceneFile("scene.mat", "a", f"sha256:{right}", ()))
    with pytest.raises(ValueError, match=rf"its sha256 is {right}, should be {'0' * 64}"):
        check(tmp_path / "scene.mat", SceneFile("scene.mat", "a", f"sha256:{'0' * 64}", ()))


def test_an_array_put_by_hand_is_checked_by_its_content(tmp_path):
    array = np.arange(6, dtype=np.uint16).reshape(2, 3)
    digest = hashlib.sha256(array.tobytes()).hexdigest()
    file = SceneFile("scene.mat", "a", "git:unknown", (), array_sha256=digest)
    np.save(tmp_path / "scene.npy", array)
    assert find(file, tmp_path) == tmp_path / "scene.npy"
    np.save(tmp_path / "scene.npy", array + 1)
    with pytest.raises(ValueError, match="its array sha256 is"):
        find(file, tmp_path)


def test_a_tampered_package_file_is_refused(tmp_path):
    known = KNOWN["indian_pines"].truth
    with pytest.raises(ValueError, match="is not the published"):
        find(replace(known, array_sha256="0" * 64), tmp_path)


def test_a_file_without_address_is_one_line_that_says_where_to_get_it(tmp_path):
    file = SceneFile("Houston.mat", None, None, ())
    with pytest.raises(ValueError, match=r"^Houston\.mat .*publishers\.example.*data/scenes/$"):
        download(file, HOME, tmp_path, progress=False)
    assert find(file, tmp_path) is None
    by_hand = written(tmp_path, Houston=CUBE)
    assert find(file, tmp_path) == by_hand
    by_hand.write_bytes(b"<!DOCTYPE html> sign in")
    with pytest.raises(ValueError, match=r"Houston\.mat is a web page"):
        find(file, tmp_path)


def test_a_mirror_that_answers_with_a_web_page_or_another_variable_is_passed_over(
    server, tmp_path, monkeypatch
):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    www, home = server
    (www / "page.mat").write_bytes(b"<html>403 Forbidden</html>")
    written(www, another=CUBE)
    right = written(www, tiny=CUBE)
    urls = (home + "page.mat", home + "another.mat", home + "tiny.mat")
    path = download(SceneFile("scene.mat", "tiny", None, urls), HOME, tmp_path, progress=False)
    assert path.read_bytes() == right.read_bytes()


def test_what_no_second_source_confirms_is_said_and_not_refused(tmp_path):
    path = written(tmp_path, a=CUBE)
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    unknown = SceneFile("scene.mat", "a", None, ())
    check(path, unknown)
    assert f"not be checked against a second source; its sha256 is {got}" in unconfirmed(
        path, unknown
    )
    same = replace(unknown, reported=got)
    assert f"of the only source that reports one: {got}" in unconfirmed(path, same)
    other = replace(unknown, reported="0" * 64)
    assert f"is {got}, reported is {'0' * 64}" in unconfirmed(path, other)
    assert unconfirmed(path, published(b"the scene")) == ""


@pytest.fixture
def tiny(monkeypatch):
    """A scene of 2 x 3 pixels whose labels are 1 and 10, as those of Salinas-A are not 1 to n."""
    scene = KnownScene(
        cube=SceneFile("Tiny.mat", "tiny", None, ()),
        truth=SceneFile("Tiny_gt.mat", "tiny_gt", None, ()),
        shape=(2, 3, 4),
        classes=(KnownClass(1, "grass", 2), KnownClass(10, "water", 1)),
        sensor="eyes",
        wavelengths=None,
        false_colour=(2, 1, 0),
        home=HOME,
        citation="nobody",
        licence="none",
    )
    monkeypatch.setitem(KNOWN, "tiny", scene)
    return scene


def written(folder: Path, **arrays: np.ndarray) -> Path:
    path = folder / f"{next(iter(arrays))}.mat"
    scipy.io.savemat(path, arrays)
    return path


CUBE = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
TRUTH = np.array([[1, 0, 10], [0, 1, 0]], np.uint8)


@pytest.mark.usefixtures("tiny")
def test_labels_need_not_count_from_one(tmp_path):
    cube, truth = written(tmp_path, tiny=CUBE), written(tmp_path, tiny_gt=TRUTH)
    scene = convert_known("tiny", cube, truth, tmp_path)
    assert np.array_equal(load_cube(tmp_path), CUBE)
    assert np.array_equal(scene.truth, [[1, 0, 2], [0, 1, 0]])
    assert scene.info.labels == (1, 10)
    assert scene.info.class_names == ("grass", "water")
    assert np.array_equal(scene.info.to_labels(scene.truth), TRUTH)
    assert scene.bands == {"in_file": 4}


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize(
    ("cube", "truth", "match"),
    [
        ({"tinny": CUBE}, {"tiny_gt": TRUTH}, "has no variable 'tiny'; it has tinny"),
        (
            {"tiny": CUBE.transpose(1, 0, 2)},
            {"tiny_gt": TRUTH},
            r"\(3, 2, 4\) should be \(2, 3, 4\)",
        ),
        ({"tiny": CUBE}, {"tiny_gt": TRUTH.T}, r"the truth of tiny: its shape \(3, 2\)"),
        ({"tiny": CUBE * 1j}, {"tiny_gt": TRUTH}, "complex"),
        ({"tiny": CUBE}, {"tiny_gt": np.maximum(TRUTH, 1)}, "label 1 has 5 pixels, should have 2"),
        ({"tiny": CUBE}, {"tiny_gt": TRUTH // 5}, "label 1 has 0 pixels, should have 2|label 2"),
        ({"tiny": CUBE}, {"tiny_gt": TRUTH + (TRUTH == 10)}, "label 10 has 0 pixels"),
        ({"tiny": CUBE}, {"tiny_gt": TRUTH / 4}, "label 0.25 has 2 pixels, should have 0"),
    ],
)
def test_files_of_another_scene_are_refused_in_one_line(tmp_path, cube, truth, match):
    with pytest.raises(ValueError, match=match) as error:
        convert_known("tiny", written(tmp_path, **cube), written(tmp_path, **truth), tmp_path)
    assert len(str(error.value).splitlines()) == 1
    assert str(tmp_path) in str(error.value)


def test_without_an_agreed_name_the_only_variable_that_fits_is_taken(tmp_path, tiny, monkeypatch):
    nameless = replace(tiny, cube=replace(tiny.cube, key=None), truth=replace(tiny.truth, key=None))
    monkeypatch.setitem(KNOWN, "tiny", nameless)
    truth = written(tmp_path, whatever=TRUTH)
    convert_known("tiny", written(tmp_path, input=CUBE, TR=TRUTH), truth, tmp_path)
    assert np.array_equal(load_cube(tmp_path), CUBE)
    two = written(tmp_path, one=CUBE, other=CUBE)
    with pytest.raises(ValueError, match=r"it has 2: .*scene\.name: custom"):
        convert_known("tiny", two, truth, tmp_path)

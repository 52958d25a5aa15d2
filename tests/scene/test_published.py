import hashlib
import http.server
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hsi.scene.info import SceneInfo, load_cube, load_truth
from hsi.scene.known import KNOWN, SceneFile
from hsi.scene.published import check, convert_known, download, find

NOWHERE = Path("no/such/folder")


def test_indian_pines_comes_from_the_package_and_is_what_was_published(tmp_path):
    known = KNOWN["indian_pines"]
    cube, truth = find(known.cube, NOWHERE), find(known.truth, NOWHERE)
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
    path = download(file, tmp_path / "downloads", progress=False)
    assert path.read_bytes() == b"the scene"


def test_without_a_network_one_is_told_where_to_put_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    file = published(b"x", "http://127.0.0.1:9/scene.mat")
    with pytest.raises(ValueError, match=r"put it into data/scenes/ by hand(.|\n)*127\.0\.0\.1:9"):
        download(file, tmp_path, progress=False)
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

"""A map on a cluster of two workers is that of one machine, bit for bit, whatever happens there."""

import os
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import scene_files
from distributed import Client, KilledWorker, LocalCluster
from file_server import served
from small_classifier import classifier
from small_tiles import SmallTiles

from hsi import cli
from hsi.files import md5
from hsi.inference import on_cluster
from hsi.inference.box import Box
from hsi.inference.on_worker import Job, map_whole, software
from hsi.inference.random_walker import RandomWalker
from hsi.inference.request import Request
from hsi.inference.smoothing import NoSmoothing
from hsi.inference.to_files import Outputs
from hsi.networks.memory import MemoryLimits
from hsi.networks.trunk_head import TrunkHead
from hsi.scene.arrays import Source

pytestmark = pytest.mark.slow
WALKER = RandomWalker("none", 1.0, 5.0, 1.0, 0.0, 1.0)
WHOLE = TrunkHead.memory_limits
OUTPUTS = ("map.tif", "confidence.tif", "probabilities.tif")


@pytest.fixture(scope="module")
def cluster():
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            worker_dashboard_address="127.0.0.1:0",
        ) as started,
        Client(started) as client,
    ):
        client.register_plugin(SmallTiles())
        yield client


@pytest.fixture
def run(cluster, cube, truth, tmp_path, monkeypatch):
    """Map a scene of many strips, with a hole, on this machine and on the cluster."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HSI_DEVICE", "cpu")
    monkeypatch.setattr(TrunkHead, "memory_limits", lambda *_: MemoryLimits(50, 8))
    monkeypatch.setattr("hsi.scene.raster.CHUNK", 500)
    four = np.ascontiguousarray(cube[..., 2:22:5]).astype(np.int16)

    def save(smoothing=None):
        trained = classifier(
            four, truth, turns=True, wavelengths=scene_files.WAVELENGTHS,
            smoothing=smoothing or NoSmoothing(),
        )  # fmt: skip
        trained.save(tmp_path / "classifier")

    high = np.tile(four, (4, 1, 1))
    high[4:40, 5:9] = -9999
    scene_files.write_geotiff(tmp_path / "scene.tif", high)

    def predict(folder: str, *more: str, scene: str = "scene.tif") -> list[bytes]:
        paths = [f"{folder}/{name}" for name in OUTPUTS]
        arguments = ["classifier", scene, paths[0], "--confidence", paths[1]]
        arguments += ["--probabilities", paths[2], *more]
        monkeypatch.setattr("sys.argv", ["hsi", "predict", *arguments])
        cli.main()
        return [Path(path).read_bytes() for path in paths]

    save()
    predict.save = save
    predict.address = cluster.scheduler.address
    return predict


@pytest.mark.parametrize("smoothing", [NoSmoothing(), Box(5), WALKER])
def test_the_files_are_those_of_one_machine(run, smoothing, capsys):
    run.save(smoothing)
    expected = run("one")
    assert run("cluster", "--cluster", run.address) == expected
    once, again = capsys.readouterr().err.splitlines()
    assert once == again
    assert "pixels are without data" in once


def test_several_scenes_are_those_of_one_machine_while_a_worker_dies(
    run, cluster, monkeypatch, capsys
):
    names, expected = ("first", "second", "third"), {}
    for name in names:
        Path(f"{name}.tif").write_bytes(Path("scene.tif").read_bytes())
        expected[name] = run(name, scene=f"{name}.tif")[0]
    capsys.readouterr()
    results, first = [], on_cluster._result

    def result(client, future):
        if not results:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        results.append(future)
        return first(client, future)

    monkeypatch.setattr(on_cluster, "_result", result)
    scenes = [f"{name}.tif" for name in ("first", "absent", "second", "third")]
    arguments = ["classifier", *scenes, "maps", "--cluster", run.address]
    monkeypatch.setattr("sys.argv", ["hsi", "predict", *arguments])
    with pytest.raises(SystemExit, match=r"^hsi: 1 of 4 scenes are not mapped"):
        cli.main()
    assert {name: Path("maps", f"{name}.tif").read_bytes() for name in names} == expected
    told = capsys.readouterr().err
    assert len(re.findall(r"note: not mapped: .*worker tcp.*absent\.tif does not exist", told)) == 1
    assert len(re.findall("note: .*(?:first|second|third).tif: .* are without data", told)) == 3
    cluster.wait_for_workers(2, timeout=300)


def test_a_scene_that_kills_its_workers_is_a_scene_that_is_not_mapped(cluster, monkeypatch):
    def killed(*_: object) -> None:
        raise KilledWorker("map_whole", None, 3)

    monkeypatch.setattr(on_cluster, "_result", killed)
    with pytest.raises(ValueError, match=r"^it ended 4 workers, probably for want of memory"):
        on_cluster._remarks(cluster, cluster.submit(int))


def test_folders_that_a_worker_lacks_are_said(run, cluster, tmp_path):
    request = Request(Source(tmp_path / "scene.tif", None, "--key"), None, None, False, None)
    folder = tmp_path / "classifier"
    job = Job(folder, md5(folder / "config.json"), software(), request)
    outputs = Outputs(tmp_path / "absent/map.tif", None, None, None)
    with pytest.raises(ValueError, match=r"^worker tcp.*absent is not here; all machines need to"):
        cluster.submit(map_whole, job, outputs).result()


def test_workers_read_a_scene_on_the_network(run, tmp_path):
    expected = run("one")
    with served(tmp_path) as address:
        found = run("web", "--cluster", run.address, scene=f"{address}/scene.tif")
    assert found == expected


def test_a_worker_that_dies_costs_its_tile_and_not_the_map(run, cluster, monkeypatch):
    run.save(WALKER)
    expected = run("one")
    results, first = [], on_cluster._result

    def result(client, future):
        results.append(first(client, future))
        if len(results) == enough:
            os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        return results[-1]

    before, enough = set(cluster.run(os.getpid).values()), None
    monkeypatch.setattr(on_cluster, "_result", result)
    assert run("whole", "--cluster", run.address) == expected
    windows, enough = len(results), len(results) - 3
    results.clear()
    assert run("killed", "--cluster", run.address) == expected
    assert len(results) == windows
    cluster.wait_for_workers(2, timeout=300)
    assert set(cluster.run(os.getpid).values()) != before


def test_what_a_worker_refuses_is_one_line_with_its_address(run, monkeypatch):
    def refused(message: str) -> None:
        with pytest.raises(SystemExit, match=rf"^hsi: .*worker tcp://127.*: {message}") as stopped:
            run("out", "--cluster", run.address)
        assert len(str(stopped.value).splitlines()) == 1
        assert not list(Path().glob("out/*"))

    with monkeypatch.context() as patch:
        patch.setattr("hsi.inference.on_worker.software", lambda: "hsi 0.0")
        refused(r"it runs hsi .*, torch .*, and the client hsi 0\.0; install the same")
    with monkeypatch.context() as patch:
        first = on_cluster.bands_of
        patch.setattr(
            on_cluster, "bands_of", lambda *given: Path("scene.tif").unlink() or first(*given)
        )
        refused(r".*scene\.tif does not exist")


def test_other_processors_are_remarked(cluster, monkeypatch):
    assert not on_cluster._other_processors(cluster)
    monkeypatch.setattr(Client, "run", lambda *_: {"tcp://one": "Z80", "tcp://two": "Z80"})
    (remark,) = on_cluster._other_processors(cluster)
    assert remark.startswith("workers have other processors than this machine (Z80): ")


def test_an_address_without_a_scheduler_is_one_line(run):
    with pytest.raises(SystemExit, match=r"^hsi: --cluster local:0: it may be ") as stopped:
        run("out", "--cluster", "local:0")
    assert len(str(stopped.value).splitlines()) == 1


def test_local_workers_start_and_end_with_the_map(run, monkeypatch):
    """Their tiles are those of the library, so here the whole scene is one tile."""
    monkeypatch.setattr(TrunkHead, "memory_limits", WHOLE)
    expected = run("one")
    assert run("local", "--cluster", "local:1") == expected

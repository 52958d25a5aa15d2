import numpy as np

from benchmarks.drill.scene import BANDS, CLASSES, HEIGHT, WIDTH, write_scene


def test_a_scene_has_all_its_classes_and_is_the_same_each_time(tmp_path):
    write_scene(tmp_path)
    cube, truth = (np.load(tmp_path / f"{name}.npy") for name in ("cube", "truth"))
    assert cube.shape == (HEIGHT, WIDTH, BANDS)
    assert set(np.unique(truth)) == set(range(CLASSES + 1))
    before = (tmp_path / "cube.npy").read_bytes()
    write_scene(tmp_path)
    assert (tmp_path / "cube.npy").read_bytes() == before

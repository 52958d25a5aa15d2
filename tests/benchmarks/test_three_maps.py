import numpy as np
import pytest

from benchmarks import three_maps
from hsi.cube.pixels import TEST, TRAIN


def test_the_experiments_are_params_yaml_as_it_is_the_same_on_blocks_and_the_preset():
    changes = three_maps.changes()
    assert list(changes) == list(three_maps.TITLES)
    assert changes["random"] == []
    assert "split.method=blocks" in changes["blocks"]
    assert "model.name=kernel_ridge" in changes["honest"]
    assert "split.method=blocks" in changes["honest"]


@pytest.mark.slow
def test_each_map_is_drawn_with_what_it_is_worth(monkeypatch, truth):
    pixels = np.array([[0, 1, 0, TRAIN], [2, 3, 1, TEST]])
    scores = {"oa": 0.5, "floor_oa": 0.25, "regime": "inductive"}
    arrays = {"data/delivered/classes.npy": truth, "data/split/pixels.npy": pixels}
    info = type("Info", (), {"class_names": ("a", "b", "c")})
    monkeypatch.setattr(three_maps, "array_of", lambda name, path: arrays[path])
    monkeypatch.setattr(three_maps, "json_of", lambda name, path: scores)
    monkeypatch.setattr(three_maps.SceneInfo, "load", lambda folder: info)
    monkeypatch.setattr(three_maps, "load_truth", lambda folder: truth)
    figure = three_maps.picture({name: name for name in three_maps.TITLES})
    titles = [axis.get_title() for axis in figure.axes]
    assert len(titles) == 4
    assert all("OA 50.0%, floor 25.0% (inductive)" in title for title in titles[1:])

"""A scene that is mapped from its file."""

from benchmarks import large_scene, scaling


def test_every_pixel_of_a_scene_in_a_file_is_mapped(tmp_path, monkeypatch):
    scaling.write_scene(tmp_path / "cube.npy", 12, large_scene.WINDOW)
    found, predict = [], large_scene.predict_scene

    def kept(*arguments, **options):
        found.append(predict(*arguments, **options)[0])

    monkeypatch.setattr(large_scene, "predict_scene", kept)
    large_scene.predict(tmp_path / "cube.npy")
    assert found[0].classes.shape == (12, 12)
    assert (found[0].classes > 0).all()

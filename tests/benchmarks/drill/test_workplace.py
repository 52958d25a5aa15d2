import subprocess

from benchmarks.drill.workplace import EDITS, STAGED, Workplace, merge


def test_values_are_merged_into_nested_sections():
    into = {"scene": {"name": "known", "custom": {"nodata": None}}, "seed": 1}
    merge(into, {"scene": {"name": "custom", "custom": {"cube": "a.npy"}}, "new": {"a": 1}})
    assert into == {
        "scene": {"name": "custom", "custom": {"nodata": None, "cube": "a.npy"}},
        "seed": 1,
        "new": {"a": 1},
    }


def test_results_go_from_data_and_cache_and_the_scene_stays(tmp_path):
    for name in ("data/scenes/cube.npy", "data/model/model", "metrics/a.json", ".scratch/a.pt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("content")
    (tmp_path / "data/scenes/cube.npy.dvc").write_text("outs:\n- md5: aabb\n")
    for name in ("aa/bb", "aa/cc"):
        path = tmp_path / ".dvc/cache/files/md5" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("content")
    Workplace(tmp_path, {}).remove_results()
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    scene = {"data/scenes/cube.npy", "data/scenes/cube.npy.dvc"}
    assert left == scene | {".dvc/cache/files/md5/aa/bb"}


def test_a_persons_work_is_an_edit_a_staged_edit_and_a_new_file(tmp_path):
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    Workplace(tmp_path, {}).edit()
    assert all((tmp_path / name).read_text() == text for name, text in EDITS.items())
    asked = ["git", "-C", tmp_path, "diff", "--cached", "--name-only"]
    assert subprocess.run(asked, capture_output=True, text=True).stdout.split() == [STAGED]

"""Only files whose changes DVC notices enter the pipeline."""

from pathlib import Path

import pytest

from experiments.scene_files import SCENES, tracked


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A repository with a file outside of data/scenes and a folder outside."""
    (tmp_path / "repository" / SCENES / "own").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/cube.npy").touch()
    monkeypatch.chdir(tmp_path / "repository")
    monkeypatch.delenv("DVC_ROOT", raising=False)
    return tmp_path


@pytest.mark.parametrize("name", ["cube.npy", "own/cube.npy", "own/../cube.npy", "./cube.npy"])
def test_a_file_in_the_folder_is_taken(here, name):
    (SCENES / name).touch()
    assert tracked(SCENES / name, "key").samefile(SCENES / name)


def test_a_link_to_a_file_is_taken(here):
    (SCENES / "cube.npy").symlink_to(here / "elsewhere/cube.npy")
    assert tracked(SCENES / "cube.npy", "key") == SCENES / "cube.npy"


@pytest.mark.parametrize(
    "path",
    [
        "{here}/elsewhere/cube.npy",
        "{here}/repository/data/scenes/a.npy",
        "../elsewhere/cube.npy",
        "data/scenes/../cube.npy",
        "cube.npy",
        "data/scenes.npy",
    ],
)
def test_a_path_outside_is_refused_with_what_to_do(here, path):
    path = path.format(here=here)
    with pytest.raises(
        ValueError, match=r"params\.yaml: scene\.custom\.cube: .*data/scenes"
    ) as error:
        tracked(Path(path), "scene.custom.cube")
    (line,) = str(error.value).splitlines()
    assert f"(got '{path}')" in line
    assert line.endswith(f"ln -s '{Path(path).absolute()}' data/scenes/")


@pytest.mark.parametrize("linked", ["data/scenes/mine", "data/scenes", "data"])
def test_a_linked_folder_is_refused(here, linked):
    (here / "elsewhere/scenes/mine").mkdir(parents=True)
    (SCENES / "own").rmdir()
    SCENES.rmdir()
    if linked == "data":
        SCENES.parent.rmdir()
        Path("data").symlink_to(here / "elsewhere")
    elif linked == "data/scenes":
        SCENES.symlink_to(here / "elsewhere/scenes")
    else:
        SCENES.mkdir()
        Path(linked).symlink_to(here / "elsewhere/scenes/mine")
    (SCENES / "mine/cube.npy").touch()
    with pytest.raises(ValueError, match=rf"lies in a linked folder.*make {linked} a folder"):
        tracked(SCENES / "mine/cube.npy", "key")


def test_a_broken_link_says_where_it_leads(here):
    (SCENES / "cube.npy").symlink_to(here / "gone.npy")
    with pytest.raises(FileNotFoundError, match=r"is a link to .*gone\.npy, which does not exist"):
        tracked(SCENES / "cube.npy", "key")


def test_a_file_that_only_the_main_repository_has_should_be_tracked(here, monkeypatch):
    (SCENES / "cube.npy").touch()
    copy = here / "copy"
    (copy / SCENES).mkdir(parents=True)
    monkeypatch.setenv("DVC_ROOT", str(here / "repository"))
    monkeypatch.chdir(copy)
    with pytest.raises(
        FileNotFoundError, match=r"run `dvc add data/scenes/cube\.npy` and `git add"
    ):
        tracked(SCENES / "cube.npy", "key")
    assert tracked(SCENES / "other.npy", "key") == SCENES / "other.npy", "the reader names it"

import errno
import hashlib
import os
import stat
import warnings
from pathlib import Path

import numpy as np
import pytest

from hsi.files import (
    md5,
    named_in_errors,
    new_array,
    new_files,
    part,
    read_array,
    remove_unfinished,
    row_chunks,
    write,
    write_array,
    write_json,
    write_table,
)


def test_a_full_disk_names_the_file_and_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "cube.npy"
    write_array(path, np.arange(3))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    message = r"cube\.npy could not be written: No space left on device"
    with pytest.raises(OSError, match=message):
        write(path, b"x" * 100)
    with pytest.raises(OSError, match=message):
        write_array(path, np.arange(4))
    with pytest.raises(OSError, match=message), new_array(path, (1, 2, 3), np.float32):
        pass
    assert read_array(path).tolist() == [0, 1, 2]
    assert [each.name for each in tmp_path.iterdir()] == ["cube.npy"]


def test_a_file_and_its_name_are_on_the_disk_before_it_replaces_another(tmp_path, monkeypatch):
    path = tmp_path / "cube.npy"
    done = []
    to_disk, replace = os.fsync, os.replace

    def fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        to_disk(descriptor)

    def rename(source: Path, target: Path) -> None:
        done.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", rename)
    write(path, b"x")
    write_array(path, np.arange(3))
    with new_array(path, (1, 2, 3), np.float32):
        pass
    assert done == ["file", "name", "folder"] * 3


def test_a_file_in_the_place_of_a_folder_is_an_error_that_names_what_was_to_be_written(tmp_path):
    (tmp_path / "maps").touch()
    with pytest.raises(OSError, match=r"maps/map\.npy could not be written: "):
        write(tmp_path / "maps" / "map.npy", b"x")


def test_an_array_written_by_rows_of_all_planes_is_one_npy_file(tmp_path):
    array = np.random.default_rng(0).normal(size=(3, 7, 4)).astype(np.float32)
    path = tmp_path / "new" / "cube.npy"
    with new_array(path, array.shape, np.float32) as put:
        for rows in (slice(4, 7), slice(0, 2)):
            put(rows.start, array[:, rows].astype(np.float64))
        assert not path.exists(), "nobody meets half a file"
    array[:, 2:4] = 0
    assert np.array_equal(read_array(path), array)
    stored = read_array(path, in_memory=False)
    assert isinstance(stored, np.memmap)
    piece = part(stored, slice(1, 3), slice(0, 2))
    assert not isinstance(piece, np.memmap)
    assert np.array_equal(piece, array[1:3, :2])
    assert np.array_equal(part(array, slice(1, 3)), array[1:3])
    assert [each.name for each in path.parent.iterdir()] == ["cube.npy"]


def test_a_disk_that_fills_up_while_rows_are_written_names_the_file(tmp_path):
    path = tmp_path / "cube.npy"
    with (
        pytest.raises(OSError, match=r"cube\.npy could not be written: No space left"),
        new_array(path, (1, 2, 3), np.float32),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("stored", [">i2", "<f4", "u1"])
def test_an_array_written_in_parts_is_in_c_order_and_of_this_machines_bytes(
    tmp_path, monkeypatch, stored
):
    monkeypatch.setattr("hsi.files.CHUNK", 2 * 4)
    array = np.arange(20).reshape(4, 5).T.astype(stored, order="F")
    write_array(tmp_path / "a.npy", array)
    found = np.load(tmp_path / "a.npy")
    assert found.flags.c_contiguous
    assert found.dtype.isnative
    assert np.array_equal(found, array)


def test_chunks_cover_all_rows_once_in_order():
    for rows, numbers in ((1, 1), (10, 2**22), (10, 2**21), (7, 10**9), (5, 0)):
        cut = row_chunks(rows, numbers)
        assert [row for each in cut for row in range(rows)[each]] == list(range(rows))
        assert all((each.stop - each.start) * numbers <= 2**22 for each in cut) or numbers > 2**22
    assert len(row_chunks(10, 2**21)) == 5


def test_a_missing_or_broken_array_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"x\.npy is missing; run `dvc repro`"):
        read_array(tmp_path / "x.npy")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(ValueError, match=r"x\.npy is broken"):
        read_array(tmp_path / "x.npy")


def test_json_and_tables(tmp_path):
    write_json(tmp_path / "new" / "a.json", {"b": 1, "a": None})
    assert (tmp_path / "new/a.json").read_text() == '{\n "b": 1,\n "a": null\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "b.json", {"x": float("nan")})
    write_table(tmp_path / "t.csv", [{"name": "a, b", "n": 1}])
    assert (tmp_path / "t.csv").read_text() == 'name,n\n"a, b",1\n'


def test_objects_in_an_array_file_are_refused_and_not_unpickled(tmp_path):
    np.save(tmp_path / "x.npy", np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"x\.npy is broken"):
        read_array(tmp_path / "x.npy")


def test_a_damaged_header_of_an_array_file_is_an_error_and_no_warning(tmp_path):
    path = tmp_path / "a.npy"
    for descr in (r"'<f4\p'", "4if 1else 2"):  # Python warns of the escape and of the literal
        header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}\n".encode()
        size = len(header).to_bytes(2, "little")
        path.write_bytes(b"\x93NUMPY\x01\x00" + size + header + bytes(4))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError, match=r"a\.npy is broken"):
                read_array(path)


def test_the_md5_is_of_the_content(tmp_path):
    (tmp_path / "x").write_bytes(b"hsi")
    assert md5(tmp_path / "x") == hashlib.md5(b"hsi").hexdigest()


def test_a_file_is_replaced_whole_so_that_an_open_one_keeps_its_content(tmp_path):
    write(tmp_path / "a.txt", b"old")
    with (tmp_path / "a.txt").open("rb") as opened:
        write(tmp_path / "a.txt", b"new and longer")
        assert opened.read() == b"old"
    assert (tmp_path / "a.txt").read_bytes() == b"new and longer"


def test_files_that_belong_together_get_their_places_at_once_and_the_named_one_last(
    tmp_path, monkeypatch
):
    path = tmp_path / "new" / "b.tif"
    moved = []
    replace = os.replace

    def rename(source: Path, target: Path) -> None:
        moved.append(target.name)
        replace(source, target)

    monkeypatch.setattr(os, "replace", rename)
    with new_files(path) as folder:
        for name in ("b.tif", "c.qml", "a.xml"):
            (folder / name).write_text(name, encoding="utf-8")
        assert [each.name for each in path.parent.iterdir()] == [folder.name]
    assert sorted(moved) == ["a.xml", "b.tif", "c.qml"]
    assert moved[-1] == "b.tif"
    assert {each.name: each.read_text() for each in path.parent.iterdir()} == {
        name: name for name in moved
    }


def test_of_files_that_belong_together_all_are_written_or_none(tmp_path):
    def stopped(error: Exception) -> None:
        with new_files(tmp_path / "a.tif") as folder:
            (folder / "a.tif").touch()
            raise error

    for error in (OSError("another file is damaged"), KeyError("x")):
        with pytest.raises(type(error)) as caught:
            stopped(error)
        assert caught.value is error
    assert list(tmp_path.iterdir()) == []


def test_errors_of_writing_name_the_file_whether_they_have_a_number_or_not():
    for error in (OSError(errno.ENOSPC, "full"), OSError("full")):
        with (
            pytest.raises(OSError, match=r"^a/b\.tif could not be written: full$"),
            named_in_errors(Path("a/b.tif")),
        ):
            raise error


def test_what_a_killed_process_left_of_a_file_is_removed_and_nothing_else(tmp_path):
    path = tmp_path / "map[1].tif"
    with new_files(path) as folder:
        (folder / path.name).write_bytes(b"half")
        kept = [
            tmp_path / name for name in (".map[1].tif.vim.swap", "map[1].tif.abcdefgh", ".map1")
        ]
        for each in kept:
            each.touch()
        remove_unfinished(path)
        assert sorted(tmp_path.iterdir()) == sorted(kept)
        folder.mkdir()

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from hsi.scene.arrays import Source, find_variable
from hsi.scene.matlab5 import is_matlab5, list_variables, read_numbers

TYPES = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8", "?")


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", TYPES)
def test_arrays_are_those_that_scipy_reads(tmp_path, compressed, dtype):
    array = np.random.default_rng(0).integers(0, 2, (5, 4, 3)).astype(dtype)
    others = {"text": "a", "struct": {"b": 1}, "cell": np.array([1, "x"], object)}
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"cube": array, **others}, do_compression=compressed)
    expected = scipy.io.loadmat(path)["cube"]
    found = read_numbers(path, "cube")
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)
    kinds = {each.name: each.kind for each in list_variables(path)}
    assert kinds == {"cube": "", "text": "char", "struct": "struct", "cell": "cell"}


def element(kind: int, content: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(
    shape: tuple[int, ...], values: bytes, flags: int = 9, kind: int = 2, order: str = "<"
) -> bytes:
    """An array of bytes (class 9) called cube."""
    return element(
        14,
        element(6, struct.pack(f"{order}II", flags, 0), order)
        + element(5, struct.pack(f"{order}{len(shape)}i", *shape), order)
        + element(1, b"cube", order)
        + element(kind, values, order),
        order,
    )


def written(path: Path, *variables: bytes, order: str = "<") -> Path:
    signature = b"\0\1IM" if order == "<" else b"\1\0MI"
    path.write_bytes(b"MATLAB 5.0".ljust(124) + signature + b"".join(variables))
    return path


def test_the_other_order_of_bytes_is_read(tmp_path):
    path = written(tmp_path / "a.mat", matrix((1, 2, 3), bytes(range(6)), order=">"), order=">")
    assert is_matlab5(path)
    assert read_numbers(path, "cube").ravel("F").tolist() == list(range(6))
    assert np.array_equal(scipy.io.loadmat(path)["cube"], read_numbers(path, "cube"))


FOLDED = zlib.compress(matrix((2, 2, 2), bytes(8)) + bytes(10_000_000))


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (matrix((2, 2, 2), bytes(8), kind=99), "should hold numbers, its type is 99"),
        (matrix((2, 2, -2), bytes(8)), "a variable has no shape"),
        (matrix((2, 2, 3), bytes(8)), r"holds 8 numbers, its shape is \(2, 2, 3\)"),
        (matrix((2, 2, 2), bytes(7), kind=3), "7 bytes at byte .* are no whole int16"),
        (matrix((2, 2, 2), bytes(8), flags=99), "unknown class 99"),
        (matrix((2, 2, 2), bytes(8), flags=9 + 0x800), "complex numbers; save its real part"),
        (matrix((2, 2, 2), bytes(8))[:-9], "truncated"),
        (element(2, bytes(8)), "a variable should begin at byte 128"),
        (element(15, b"no zlib"), "incorrect header"),
        (element(14, element(5, bytes(8))), "lacks its flags"),
        (struct.pack("<II", 14, 2**32 - 1), "truncated"),
        (b"\0" * 5, "truncated"),
    ],
)
def test_what_lies_about_its_lengths_is_refused_in_one_line(tmp_path, variable, message):
    path = written(tmp_path / "a.mat", variable)
    with pytest.raises(ValueError, match=rf"a\.mat cannot be read: .*{message}") as error:
        find_variable(Source(path, None, "--key"), 3).read()
    assert len(str(error.value).splitlines()) == 1


def test_a_compressed_variable_unfolds_to_no_more_than_its_shape_takes(tmp_path, monkeypatch):
    path = written(tmp_path / "a.mat", struct.pack("<II", 15, len(FOLDED)) + FOLDED)
    unfolded = []
    real = zlib.decompressobj

    class Counted:
        def decompress(self, content: bytes, most: int) -> bytes:
            unfolded.append(real().decompress(content, most))
            return unfolded[-1]

    monkeypatch.setattr("hsi.scene.matlab5.zlib.decompressobj", Counted)
    assert read_numbers(path, "cube").shape == (2, 2, 2)
    assert max(map(len, unfolded)) <= 2**16


def test_a_shape_that_no_machine_could_hold_is_refused_before_it_is_unfolded(tmp_path):
    path = written(tmp_path / "a.mat", matrix((2**30, 2**30, 2), bytes(8)))
    with pytest.raises(ValueError, match=r"a\.mat: its array cube of shape .* would take"):
        find_variable(Source(path, None, "--key"), 3).read()


@pytest.mark.parametrize("head", [b"MATLAB 5.0".ljust(124) + b"\0\1XX", b"MATLAB".ljust(128)])
def test_scipy_is_left_no_file_but_those_of_version_4(tmp_path, head):
    (tmp_path / "a.mat").write_bytes(head + bytes(100))
    with pytest.raises(ValueError, match=r"a\.mat cannot be read: "):
        find_variable(Source(tmp_path / "a.mat", None, "--key"), 3)

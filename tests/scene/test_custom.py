from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import scipy.io

from hsi.files import read_array
from hsi.scene.arrays import Source
from hsi.scene.custom import OwnScene, convert_own, open_cube
from hsi.scene.info import Scene, SceneInfo, load_truth
from hsi.scene.labels.source import LabelSource


def own(cube: Path, *truths: Path, cube_key: str | None = None, **changes) -> Scene:
    """The scene of some files, whose remarks a test does not look at."""
    return remarked(cube, *truths, cube_key=cube_key, **changes)[0]


def remarked(
    cube: Path, *truths: Path, cube_key: str | None = None, folder: Path | None = None, **changes
) -> tuple[Scene, list[str]]:
    given = OwnScene(
        cube=Source(cube, cube_key, "scene.custom.cube_key"),
        band_axis=None,
        bands=None,
        nodata=None,
        truths=[LabelSource(truth, None, None, "scene.custom.truth") for truth in truths],
        unlabelled=(255,),
        class_names=None,
    )
    own = replace(given, **changes)
    with TemporaryDirectory() as scratch:
        return convert_own(own, open_cube(own), folder or Path(scratch))


def test_own_labels_become_classes_from_one_and_go_back(own_files, truth, tmp_path):
    scene = own(*own_files, class_names={9: "roof"})
    assert scene.info.labels == (2, 5, 9)
    assert scene.info.class_names == ("class 2", "class 5", "roof")
    scene.save(tmp_path / "raw")
    loaded = load_truth(tmp_path / "raw")
    assert np.array_equal(loaded, truth)
    original = scipy.io.loadmat(own_files[1])["plots"]
    assert np.array_equal(SceneInfo.load(tmp_path / "raw").to_labels(loaded), original)


def test_the_cube_is_kept_as_distributed(own_files, cube, tmp_path):
    own(*own_files, folder=tmp_path)
    values = read_array(tmp_path / "cube.npy")
    assert values.dtype == cube.dtype
    assert np.array_equal(values, cube)


def test_the_bands_shown_as_colours_are_among_those_of_the_cube(tmp_path):
    np.save(tmp_path / "c.npy", np.array([[[1.0], [2.0]]]))
    np.save(tmp_path / "t.npy", np.array([[1, 2]]))
    info = own(tmp_path / "c.npy", tmp_path / "t.npy").info
    assert info.false_colour == (0, 0, 0)


def test_labels_may_be_negative_or_stored_as_floats(own_files, tmp_path, truth):
    np.save(tmp_path / "t.npy", truth.astype(float) - 1)
    scene = own(own_files[0], tmp_path / "t.npy", unlabelled=(-1,))
    assert scene.info.labels == (0, 1, 2)
    assert np.array_equal(scene.truth, truth)


def save(path: Path, **variables: object) -> Path:
    if path.suffix == ".npy":
        np.save(path, variables["array"], allow_pickle=True)
    else:
        scipy.io.savemat(path, variables)
    return path


def test_bad_files_get_one_line_that_names_them(own_files, tmp_path, cube, truth):
    good_cube, good_truth = own_files
    huge = cube.astype(float)
    huge[3, 4, 5] = 1e30
    truncated = tmp_path / "short.mat"
    truncated.write_bytes(good_cube.read_bytes()[:4000])
    empty = tmp_path / "empty.mat"
    empty.touch()
    text = tmp_path / "cube.mat"
    text.write_text("not a scene at all, but long enough to be looked at" * 9)
    hdf5 = tmp_path / "seven.mat"
    hdf5.write_bytes(b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM" + bytes(400))
    short = tmp_path / "short.npy"
    np.save(short, cube)
    short.write_bytes(short.read_bytes()[:500])
    cases = [
        (tmp_path / "absent.mat", good_truth, {}, r"absent\.mat does not exist"),
        (truncated, good_truth, {}, r"short\.mat cannot be read"),
        (empty, good_truth, {}, r"empty\.mat cannot be read"),
        (text, good_truth, {}, r"cube\.mat cannot be read"),
        (hdf5, good_truth, {}, r"seven\.mat cannot be read"),
        (short, good_truth, {}, r"short\.npy cannot be read"),
        (tmp_path / "scene.tif", good_truth, {}, r"scene\.tif does not exist"),
        (
            good_cube,
            good_truth,
            {"cube_key": "cube"},
            r"no variable 'cube'; it has radiance, about",
        ),
        (good_truth, good_truth, {}, r"survey\.mat should hold one numeric array of 3 axes"),
        (
            save(tmp_path / "two.mat", a=cube, b=cube),
            good_truth,
            {},
            r"it has 2: a .*name one: scene",
        ),
        (
            save(tmp_path / "huge.mat", a=huge),
            good_truth,
            {},
            r"huge\.mat: the value 1e\+30 at row 3, column 4, band 5 .*scene\.custom\.nodata",
        ),
        (
            good_cube,
            save(tmp_path / "turned.mat", a=truth.T),
            {},
            r"does not fit the \(21, 26\) pixels of .*turned",
        ),
        (
            good_cube,
            save(tmp_path / "half.mat", a=truth + 0.5),
            {},
            r"half\.mat: labels should be whole numbers.*0\.5 at row 0",
        ),
        (
            good_cube,
            save(tmp_path / "one.mat", a=(truth > 0) * 1),
            {"unlabelled": (0,)},
            r"one\.mat: may have 2 to .* it has 1 \(1\)",
        ),
        (good_cube, good_truth, {"class_names": {7: "x"}}, "label 7; its labels are 2, 5, 9"),
        (good_cube, good_truth, {"class_names": {2: "x", 5: "x"}}, "x is given twice"),
        (save(tmp_path / "objects.npy", array=np.array([{}], object)), good_truth, {}, "objects"),
    ]
    for cube_path, truth_path, changes, message in cases:
        with pytest.raises((ValueError, FileNotFoundError), match=message) as error:
            own(cube_path, truth_path, **changes)
        assert len(str(error.value).splitlines()) == 1, message


@pytest.mark.parametrize(
    ("none", "unlabelled", "dtype"),
    [
        (np.nan, (0,), np.float64),
        (255, (0, 255), np.uint8),
        (4294967295, (4294967295,), np.uint32),
        (2**64 - 1, (2**64 - 1,), np.uint64),
        (-3.4028234663852886e38, (-3.4028235e38,), np.float32),
        (0.5, (0.5,), np.float32),
        (-1, (-1, 0), np.int8),
        (False, (0,), np.float16),
    ],
)
def test_whatever_means_none_is_no_class(own_files, tmp_path, truth, none, unlabelled, dtype):
    labels = np.array([none, 7, 8, 9], dtype)[truth]
    labels[0, :4] = np.nan if np.isnan(none) else unlabelled[-1]
    np.save(tmp_path / "t.npy", labels)
    scene, remarks = remarked(own_files[0], tmp_path / "t.npy", unlabelled=unlabelled)
    assert scene.info.labels == (7, 8, 9)
    assert np.array_equal(scene.truth, truth)
    assert not remarks


@pytest.mark.parametrize("offset", [3_000_000_000, 2**40, -(2**62), 2**63 - 10])
def test_labels_of_up_to_64_bits_are_classes_and_come_back(own_files, tmp_path, truth, offset):
    labels = np.where(truth == 0, 0, truth + np.int64(offset))
    np.save(tmp_path / "t.npy", labels)
    info = own(own_files[0], tmp_path / "t.npy", unlabelled=(0,)).info
    assert info.labels == (offset + 1, offset + 2, offset + 3)
    assert np.array_equal(info.to_labels(truth), labels)


@pytest.mark.parametrize("value", [1e30, 2.0**63, np.inf, -0.25])
def test_labels_that_are_no_whole_numbers_of_64_bits_are_named(own_files, tmp_path, truth, value):
    labels = truth.astype(float)
    labels[7, 4] = value
    np.save(tmp_path / "t.npy", labels)
    with pytest.raises(
        ValueError, match=rf"t\.npy: .*{value:g} at row 7, column 4".replace("+", ".")
    ):
        own(own_files[0], tmp_path / "t.npy", unlabelled=(0,))


def test_a_truth_without_any_unlabelled_pixel_is_remarked(own_files, tmp_path, truth):
    np.save(tmp_path / "t.npy", truth + 1)
    scene, remarks = remarked(own_files[0], tmp_path / "t.npy", unlabelled=(7, 9))
    assert scene.info.labels == (1, 2, 3, 4)
    (remark,) = remarks
    assert "all pixels" in remark
    assert "none is scene.custom.unlabelled=7, 9" in remark


def test_pixels_without_data_are_no_class_and_their_labels_are_counted(own_files, tmp_path, cube):
    holed = cube.copy()
    holed[1:3, :5] = 0
    np.save(tmp_path / "c.npy", holed)
    scene, remarks = remarked(tmp_path / "c.npy", own_files[1])
    assert not scene.truth[~scene.valid].any()
    assert np.argwhere(~scene.valid).tolist() == [[r, c] for r in (1, 2) for c in range(5)]
    assert remarks[0].startswith("10 of 546 pixels are without data: 10 hold one value in all")
    assert remarks[1] == "8 labelled pixels are without data and are left out"


def test_a_class_without_data_is_none(own_files, tmp_path, cube, truth):
    holed = cube.astype(float)
    holed[truth == 2] = np.nan
    np.save(tmp_path / "c.npy", holed)
    scene = own(tmp_path / "c.npy", own_files[1])
    assert scene.info.labels == (2, 9)
    assert scene.truth.max() == 2


def test_several_truths_are_united(own_files, tmp_path, truth):
    """TR and TE of a published split: the truth is both together."""
    trains = (np.arange(truth.size) % 3 == 0).reshape(truth.shape)
    np.save(tmp_path / "tr.npy", np.where(trains, truth, 0).astype(np.uint8))
    np.save(tmp_path / "te.npy", np.where(trains, np.nan, truth))
    scene = own(own_files[0], tmp_path / "tr.npy", tmp_path / "te.npy", unlabelled=(255,))
    assert np.array_equal(scene.truth, truth)
    assert scene.info.labels == (1, 2, 3)
    np.save(tmp_path / "te.npy", np.where(truth == 1, 2, truth))
    with pytest.raises(ValueError, match=r"tr\.npy and .*te\.npy: \d+ pixels have two labels"):
        own(own_files[0], tmp_path / "tr.npy", tmp_path / "te.npy")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Soil {bare}", "may hold no braces"),
        ("Corn\nMaize", r"may hold no control character '\\n'"),
        ("a\tb", r"may hold no control character '\\t'"),
        ("a\x85b", "may hold no control character"),
        ("a\u2028b", "may hold no control character"),
        ("a\ud800", "may hold no control character"),
        (" ", "may not be empty"),
        ("", "may not be empty"),
        ("a" * 101, "may have at most 100 characters, it has 101"),
    ],
)
def test_names_that_cannot_be_written_are_refused(own_files, name, message):
    with pytest.raises(ValueError, match=rf"class_names: the name of label 2 {message}") as error:
        own(*own_files, class_names={2: name})
    assert len(str(error.value).splitlines()) == 1


@pytest.mark.parametrize(
    "name",
    ["Forest, deciduous", "Soil (dry)", "$x_{"[:3], "水稻", "forêt", "_", "Roads/", "a" * 100],
)
def test_other_names_are_kept_as_they_are(own_files, name):
    assert own(*own_files, class_names={5: name}).info.class_names[1] == name


def test_a_name_for_unlabelled_says_that_it_is_no_class(own_files):
    with pytest.raises(ValueError, match=r"class_names: label 255 means unlabelled .*no class"):
        own(*own_files, class_names={255: "background"})


def test_shapes_are_compared_before_anything_is_read(own_files, tmp_path, monkeypatch):
    scipy.io.savemat(tmp_path / "t.mat", {"a": np.zeros((2000, 3000))}, do_compression=True)
    monkeypatch.setattr(scipy.io, "loadmat", None)
    with pytest.raises(ValueError, match=r"does not fit the \(2000, 3000\) pixels of .*t\.mat"):
        own(own_files[0], tmp_path / "t.mat")


def test_more_classes_than_a_raster_of_16_bits_holds_are_refused(tmp_path):
    np.save(tmp_path / "c.npy", np.random.default_rng(0).random((300, 300, 2)))
    np.save(tmp_path / "t.npy", np.arange(1, 90001).reshape(300, 300))
    with pytest.raises(
        ValueError, match=r"may have 2 to 65,535 classes .* has 89,999 \(1, 2, .*\.\.\."
    ):
        own(tmp_path / "c.npy", tmp_path / "t.npy")

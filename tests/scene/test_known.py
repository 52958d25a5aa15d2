"""What each known scene says agrees with itself, and docs/scenes.md with the table."""

from pathlib import Path

import pytest

from hsi.scene.known import KNOWN, KnownScene, SceneFile

SCENES = list(KNOWN.items())
FILES = [file for known in KNOWN.values() for file in (known.cube, known.truth)]


@pytest.mark.parametrize(("name", "known"), SCENES, ids=KNOWN)
def test_what_is_said_of_a_scene_agrees(name, known):
    height, width, bands = known.shape
    labels = [each.label for each in known.classes]
    names = [each.name for each in known.classes]
    assert labels == sorted(set(labels))
    assert labels[0] > 0, "0 is unlabelled"
    assert len(set(names)) == len(names)
    assert all(each.pixels > 0 for each in known.classes)
    assert sum(each.pixels for each in known.classes) <= height * width
    assert known.wavelengths is None or len(known.wavelengths) == bands
    assert len(set(known.false_colour)) == 3
    assert max(known.false_colour) < bands
    assert known.home.startswith("http")
    assert known.sensor
    assert known.citation
    assert known.licence


def test_labelled_pixels_are_those_that_papers_count():
    assert {name: sum(each.pixels for each in known.classes) for name, known in SCENES} == {
        "indian_pines": 10_249,
        "salinas": 54_129,
        "salinas_a": 5_348,
        "ksc": 5_211,
        "pavia_university": 42_776,
        "pavia_centre": 148_152,
        "botswana": 3_248,
        "houston_2013": 15_029,
        "whu_hi_longkou": 204_542,
        "whu_hi_hanchuan": 257_530,
        "whu_hi_honghu": 386_693,
    }


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_checksums_and_addresses_have_their_form(file):
    sums = [file.digest, file.reported and f"sha256:{file.reported}"]
    for kind, _, digest in (each.partition(":") for each in sums if each):
        assert len(digest) == {"git": 40, "sha256": 64}[kind]
        assert int(digest, 16)
    assert file.digest is None or file.reported is None, "a confirmed sum needs no report"
    assert all(url.endswith("/" + file.name) for url in file.urls)


def test_no_two_files_have_one_name_or_one_checksum():
    assert len({file.name for file in FILES}) == len(FILES)
    sums = [each for file in FILES for each in (file.digest, file.reported) if each]
    assert len(set(sums)) == len(sums)


def of(file: SceneFile) -> str:
    """How sure the content of a file is."""
    return "two sources" if file.digest else "one source" if file.reported else "none"


def row(name: str, known: KnownScene) -> str:
    size = " x ".join(map(str, known.shape[:2]))
    cells = [
        f"`{name}`",
        size,
        str(known.shape[2]),
        str(len(known.classes)),
        known.sensor,
        f"{min(known.wavelengths):g}-{max(known.wavelengths):g} nm" if known.wavelengths else "no",
        "download" if known.cube.urls else f"[by hand]({known.home})",
        of(known.cube),
        of(known.truth),
        known.licence,
    ]
    return f"| {' | '.join(cells)} |"


def test_the_page_of_scenes_is_that_of_the_table():
    page = Path("docs/scenes.md").read_text(encoding="utf-8").splitlines()
    found = [line for line in page if line.startswith("| `")]
    by_hand = [
        f"| `{name}` | `{known.cube.name}` | `{known.truth.name}` |"
        for name, known in SCENES
        if not known.cube.urls
    ]
    assert found == [row(name, known) for name, known in SCENES] + by_hand
    assert all(f" {name} " in Path("params.yaml").read_text(encoding="utf-8") for name in KNOWN)

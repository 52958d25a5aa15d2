"""A YAML file of any kind: a mistake is one line with its key, what it may be and what it was."""

from typing import ClassVar

import pytest

from hsi.sections import Section, check, load


class Inner(Section):
    """A section."""

    number: int


class Outer(Section):
    """A file with one section."""

    renamed: ClassVar[dict[str, str]] = {"inner.count": "inner.number"}
    inner: Inner
    word: str


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "some.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_file_becomes_values_that_never_change(file):
    found = load(file("inner: {number: 3}\nword: a"), Outer)
    assert (found.inner.number, found.word) == (3, "a")
    assert found.settings_of("inner") == {"number": 3}
    with pytest.raises(ValueError, match="frozen"):
        found.word = "b"


def test_every_mistake_is_a_line_of_its_own(file):
    path = file("inner: {numbre: 3, count: 4}\nword: 7")
    with pytest.raises(ValueError, match=r"some\.yaml") as error:
        load(path, Outer)
    assert str(error.value).splitlines() == [
        f"{path}: inner.number: is missing",
        f"{path}: inner.numbre: unknown key, may be number (got 3)",
        f"{path}: inner.count: has moved to inner.number (got 4)",
        f"{path}: word: should be a valid string (got 7)",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("inner: {number: 1, number: 2}", "not YAML: number is given twice"),
        ("- 1", "should hold the sections inner, word"),
        ("[" * 5000, "nested too deeply"),
    ],
)
def test_what_is_no_such_file_is_one_line(file, text, message):
    with pytest.raises(ValueError, match=message):
        load(file(text), Outer)


def test_content_is_checked_under_the_name_that_errors_should_have(tmp_path):
    with pytest.raises(ValueError, match=r"^plan: word: is missing$"):
        check({"inner": {"number": 1}}, Outer, tmp_path.__class__("plan"))

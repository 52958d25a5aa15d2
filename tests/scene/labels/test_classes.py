from datetime import date

import pytest

from hsi.scene.labels.classes import classes_of

FIELD = "plots.gpkg: cover"


def test_text_is_numbered_in_alphabetical_order_beside_the_numbers_for_none():
    labels, names, remarks = classes_of(["roof", " road ", "roof", "dry  grass"], (2,), FIELD)
    assert names == {1: "dry grass", 3: "road", 4: "roof"}
    assert labels == [4, 3, 4, 1]
    assert remarks == []


@pytest.mark.parametrize(
    "values", [[3, 0, -7, 3], ["3", "0", "-7", "3.0"], [3.0, 0.0, -7.0, 3.0], ["3e0", 0, -7, 3]]
)
def test_whole_numbers_are_labels_in_whatever_form(values):
    assert classes_of(values, (255,), FIELD) == ([3, 0, -7, 3], {}, [])
    labels, _, remarks = classes_of(values, (0, 3), FIELD)
    assert labels == [None, None, -7, None]
    assert remarks == [f"3 features are left out, because {FIELD} holds an unlabelled value"]


def test_labels_of_64_bits_are_exact():
    largest = 2**63 - 1
    assert classes_of([largest, str(largest - 1)], (0,), FIELD)[0] == [largest, largest - 1]


def test_numbers_among_text_are_text():
    assert classes_of(["12", "roof"], (0,), FIELD)[1] == {1: "12", 2: "roof"}


def test_features_without_a_class_are_left_out_and_counted():
    labels, names, remarks = classes_of(["a", None, " ", float("nan"), "NULL"], (0,), FIELD)
    assert labels == [1, None, None, None, None]
    assert names == {1: "a"}
    assert remarks == [f"4 features are left out, because {FIELD} is empty"]
    with pytest.raises(ValueError, match="cover is empty in all of 2 features"):
        classes_of(["", None], (0,), FIELD)


def test_names_that_differ_in_case_alone_are_remarked():
    _, names, remarks = classes_of(["Roof", "road", "roof"], (0,), FIELD)
    assert len(names) == 3
    assert remarks == [f"{FIELD}: Roof and roof are different classes"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (1.5, r"whole numbers of at most 64 bits, it holds 1\.5"),
        ("0.25", r"whole numbers of at most 64 bits, it holds 0\.25"),
        (2**63, "it holds 9223372036854775808"),
        (1e300, "it holds 1e"),
        ([1], "text or whole numbers, it holds list"),
        (["a\n"] * 1000, r"it holds list \['a\\n', 'a\\n', .{0,30}\.\.\.$"),
        (date(2024, 5, 1), "text or whole numbers, it holds date"),
    ],
)
def test_other_values_are_refused(value, message):
    with pytest.raises(ValueError, match=rf"plots\.gpkg: cover should hold .*{message}"):
        classes_of([1, value], (0,), FIELD)

from pathlib import Path

import pytest

from hsi.scene.labels.source import LabelSource


def asked(field: str | None) -> LabelSource:
    return LabelSource(Path("plots.gpkg"), None, field, "scene.custom.truth")


@pytest.mark.parametrize(
    ("field", "fields", "found"),
    [
        (None, ["cover"], "cover"),
        (None, ["id", "Class"], "Class"),
        (None, ["Class", "class"], "class"),
        ("COVER", ["id", "cover", "class"], "cover"),
    ],
)
def test_the_field_of_the_class_is_the_one_named_or_the_only_one(field, fields, found):
    assert asked(field).field_among(fields) == found


@pytest.mark.parametrize(
    ("field", "fields", "message"),
    [
        (None, ["id", "cover"], "no field 'class' .* one of id, cover as scene.custom.truth_field"),
        ("kind", ["cover"], "no field 'kind' .* one of cover as scene.custom.truth_field"),
        (None, ["CLASS", "Class"], "one of CLASS, Class"),
        (None, [], "plots.gpkg has no field 'class' for the class, nor any other"),
    ],
)
def test_a_field_that_is_not_clear_is_asked_for(field, fields, message):
    with pytest.raises(ValueError, match=message):
        asked(field).field_among(fields)

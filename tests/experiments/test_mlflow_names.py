import pytest
from mlflow.entities import Metric
from mlflow.utils.validation import _validate_metric

from experiments.mlflow_names import metric_names

ODD = [
    "Soil (dry)", "Soil [dry]", "soil (Dry)", "Soil _dry_", "Soil _dry_ 2", "Roads/", "Roads//",
    "Trees//Shrubs", "/", "//", "..", ".", "", " ", "水稻", "玉米", "裸地",
    "ﬁeld", "field", "_road", "__",
    "rent $5 to $9", "a,b", "a;b", "a:b", "a|b", "a\\b", "a%b", "a#b?c=d", "été", "e\u0301te\u0301",
    "हिंदी", "x" * 100,
]  # fmt: skip


def test_each_class_has_a_name_of_its_own_that_mlflow_takes():
    found = metric_names(ODD)
    assert len({name.casefold() for name in found}) == len(ODD)
    for name in found:
        key = f"recall/{name}"
        metric = Metric(key, 1.0, 0, 0)
        _validate_metric(metric.key, metric.value, metric.timestamp, metric.step)
        assert key.count("/") == 1, "one group of metrics"


def test_usual_names_stay_as_they_are():
    names = ["Corn-notill", "Stone-Steel Towers", "Grass pasture mowed", "水稻"]
    assert metric_names(names) == names


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Soil (dry)", "Soil [dry]"], ["Soil _dry_", "Soil _dry_ 2"]),
        (["Soil", "soil"], ["Soil", "soil 2"]),
        (["A [1]", "A _1_ 2", "A (1)"], ["A _1_", "A _1_ 2", "A _1_ 3"]),
    ],
)  # fmt: skip
def test_names_that_would_be_the_same_get_numbers(names, expected):
    assert metric_names(names) == expected

"""What MLflow runs to answer; test_mlflow_model.py tests it where MLflow runs it."""

from types import SimpleNamespace

import numpy as np
import pytest
from small_classifier import classifier

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore:.*Any type hint is inferred:UserWarning",
)


def test_what_has_no_number_is_null(cube, truth, tmp_path):
    from experiments.mlflow_served import ServedClassifier

    classifier(cube, truth).save(tmp_path)
    served, context = ServedClassifier(), SimpleNamespace(artifacts={"classifier": str(tmp_path)})
    served.load_context(context)
    holed = cube[:4, :5].astype(np.float64)
    holed[1, 2] = np.nan
    answer = served.predict(context, holed)
    assert answer.keys() == {"classes", "confidence", "entropy"}
    assert answer["classes"][1][2] == 0
    assert answer["confidence"][1][2] is answer["entropy"][1][2] is None
    assert all(0 < value <= 1 for value in answer["confidence"][0])

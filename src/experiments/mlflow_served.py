"""The classifier as MLflow serves it: the file that MLflow runs to load the model.

`mlflow_model.py` puts it beside the library and the folder of a classifier. https://mlflow.org/docs/latest/ml/model/models-from-code
"""

from typing import Any

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel, PythonModelContext

import hsi


class ServedClassifier(PythonModel):
    """Answers with the classes of a cube, as lists that JSON can carry."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load the classifier."""
        self.classifier = hsi.load(context.artifacts["classifier"])

    def predict(
        self,
        context: PythonModelContext,
        model_input: np.ndarray,
        params: dict[str, Any] | None = None,
    ) -> dict[str, list[list[float | None]]]:
        """Return `classes`, `confidence` and `entropy` of a cube, each (height, width).

        They are those of `hsi.inference.prediction.Prediction`; where there is no data, the class
        is 0 and the rest is null, because JSON has no NaN.
        """
        found = self.classifier.predict(model_input)
        return {
            "classes": found.classes.tolist(),
            "confidence": _without_nan(found.confidence),
            "entropy": _without_nan(found.entropy),
        }


def _without_nan(values: np.ndarray) -> list[list[float | None]]:
    return [[None if np.isnan(value) else value for value in row] for row in values.tolist()]


set_model(ServedClassifier())

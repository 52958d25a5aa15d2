"""A classifier as an Item of a SpatioTemporal Asset Catalog, by which catalogues of models find it.

Sources: STAC 1.1, https://github.com/radiantearth/stac-spec; its Machine Learning Model Extension
1.4, https://github.com/stac-extensions/mlm, whose outputs name classes as the Classification
Extension does, https://github.com/stac-extensions/classification; and for wavelengths the
Electro-Optical Extension 2.0, https://github.com/stac-extensions/eo.
"""

import re
from typing import Any

MODEL_EXTENSION = "https://stac-extensions.github.io/mlm/v1.4.0/schema.json"
SPECTRAL_EXTENSION = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
TASKS = ["semantic-segmentation"]
# How the examples of the extension say that a model is not bound to a time.
ANY_TIME = {
    "datetime": None,
    "start_datetime": "1900-01-01T00:00:00Z",
    "end_datetime": "9999-12-31T23:59:59Z",
}


def stac_item(config: dict[str, Any]) -> dict[str, Any]:
    """Return the content of `item.json` from that of a classifier's `config.json`.

    The Item has no place and no time: the classifier does not know when the scene was measured, nor
    how far it extends.
    """
    scene, model, evidence = config["scene"], config["model"], config["evidence"]
    name, bands = f"{model['name']} on {scene['name']}", _bands(config)
    extensions = [MODEL_EXTENSION] + ([SPECTRAL_EXTENSION] if scene["wavelengths"] else [])
    numbers = {key: evidence["scores"][key] for key in ("oa", "aa", "kappa")}
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": extensions,
        "id": f"{model['name']}-{scene['name']}-{evidence['model_md5'][:12]}",
        "geometry": None,
        "properties": {
            **ANY_TIME,
            "title": name,
            "description": "A classifier of hyperspectral pixels; README.md says what it is worth.",
            "bands": bands,
            "mlm:name": name,
            "mlm:architecture": model["name"],
            "mlm:tasks": TASKS,
            "mlm:framework": "PyTorch",
            "mlm:total_parameters": config["parameters"],
            "mlm:pretrained": False,
            "mlm:pretrained_source": None,
            "mlm:accelerator": None,
            "mlm:hyperparameters": {
                "attention": model["attention"]["name"],
                "components": model["shape"]["components"],
                "window": model["shape"]["window"],
                "turns": config["turns"],
                "temperature": config["temperature"],
            },
            "mlm:input": [
                {
                    "name": "cube",
                    "description": "A whole scene, in the units of the training scene.",
                    "bands": [band["name"] for band in bands],
                    "input": _array(["height", "width", "bands"], "float64", len(bands)),
                    "value_scaling": None,
                    "resize_type": None,
                    "pre_processing_function": None,
                }
            ],
            "mlm:output": [
                {
                    "name": "classes",
                    "tasks": TASKS,
                    "result": _array(["height", "width"], "int32"),
                    "classification:classes": _classes(config),
                    "post_processing_function": None,
                },
                {
                    "name": "confidence",
                    "tasks": TASKS,
                    "description": "Probability of the class.",
                    "result": _array(["height", "width"], "float32"),
                },
            ],
            "hsi:version": config["hsi_version"],
            "hsi:regime": evidence["regime"],
            "hsi:scores": numbers,
            "hsi:floor": evidence["floor"],
            "hsi:leak": evidence["leak"],
        },
        "links": [],
        "assets": {
            "model": {
                "href": "./model.safetensors",
                "title": "Weights and projection",
                "type": "application/octet-stream",
                "roles": ["mlm:model", "mlm:weights"],
                "mlm:artifact_type": "safetensors.torch.save",
            },
            "config": {
                "href": "./config.json",
                "title": "All else that the classifier needs",
                "type": "application/json",
                "roles": ["metadata"],
            },
            "card": {
                "href": "./README.md",
                "title": "Model card",
                "type": "text/markdown",
                "roles": ["metadata"],
            },
        },
    }


def _array(axes: list[str], dtype: str, bands: int | None = None) -> dict[str, Any]:
    """Describe an array whose height and width, written -1, are free."""
    shape = [-1, -1] if bands is None else [-1, -1, bands]
    return {"shape": shape, "dim_order": axes, "data_type": dtype}


def _bands(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Name the bands by their numbers in the file, from 0; wavelengths are in micrometres."""
    numbers = config["scene"]["bands"] or range(config["bands"])
    wavelengths = config["scene"]["wavelengths"]
    bands: list[dict[str, Any]] = [{"name": f"band_{number}"} for number in numbers]
    for band, wavelength in zip(bands, wavelengths or [], strict=bool(wavelengths)):
        band["eo:center_wavelength"] = round(wavelength / 1000, 7)
    return bands


def _classes(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Name the classes for machines too: such a name has only letters, digits, `-` and `_`."""
    titles = ["no data", *config["scene"]["class_names"]]
    found = []
    for value, (title, colour) in enumerate(zip(titles, config["colours"], strict=True)):
        machine = re.sub(r"[^0-9A-Za-z-]+", "_", title).strip("_") or f"class_{value}"
        each = {"value": value, "name": machine, "title": title, "description": title}
        hint = {"color_hint": colour.lstrip("#").upper()}
        found.append(each | hint | ({"nodata": True} if value == 0 else {}))
    return found

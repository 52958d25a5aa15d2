"""The model card of a classifier, in the form of the Hugging Face Hub.

Format: https://huggingface.co/docs/hub/model-cards, whose head is specified in
https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

import re
from typing import Any

import yaml

METRICS = {"oa": "overall accuracy", "aa": "mean recall of the classes", "kappa": "Cohen's kappa"}


def model_card(config: dict[str, Any]) -> str:
    """Return the model card of a classifier from the content of its `config.json`."""
    scene, evidence, model = config["scene"], config["evidence"], config["model"]
    scores, floor = evidence["scores"], evidence["floor"]
    title = f"{model['name']} on {scene['name']}"
    own = scene["name"] == "custom"  # a scene that nobody else knows by a name
    front = {
        "library_name": "hsi",
        "pipeline_tag": "image-segmentation",
        "license": "unknown",  # that of the classifier: whoever publishes it decides
        **({} if own else {"datasets": [scene["name"]]}),
        "tags": ["hyperspectral", "remote-sensing", "semantic-segmentation", model["name"]],
        "model-index": [
            {
                "name": title,
                "results": [
                    {
                        "task": {"type": "image-segmentation", "name": "Pixel classification"},
                        "dataset": {
                            "type": scene["name"],
                            "name": scene["name"],
                            "split": f"test of {evidence['split']}, seed {evidence['split_seed']}",
                        },
                        "metrics": [
                            {"type": kind, "name": name, "value": scores[kind]}
                            for kind, name in METRICS.items()
                            if scores[kind] is not None
                        ],
                    }
                ],
            }
        ],
    }
    table = "\n".join(
        f"| {what} | {_share(values['oa'])} | {_share(values['aa'])} | {_number(values['kappa'])} |"
        for what, values in (("this classifier", scores), ("floor", floor))
    )
    classes = "\n".join(
        f"| {label} | {escaped(name)} | {colour} |"
        for label, name, colour in zip(
            scene["labels"], scene["class_names"], config["colours"][1:], strict=True
        )
    )
    bands = config["bands"]
    unit = "digital numbers of the training scene"
    wavelengths = (
        f"from {scene['wavelengths'][0]:g} to {scene['wavelengths'][-1]:g} nm"
        if scene["wavelengths"]
        else "of unknown wavelengths"
    )
    return f"""---
{yaml.safe_dump(front, sort_keys=False).strip()}
---

# {title}

A classifier of hyperspectral pixels, trained with hsi {config["hsi_version"]}.
It reads a cube of {bands} bands ({wavelengths}) in {unit}.

```python
import hsi
prediction = hsi.load("this/folder").predict(cube)  # cube: (height, width, {bands})
```

## Scores

On {evidence["test_pixels"]:,} test pixels of one split (`split.method: {evidence["split"]}`, seed
{evidence["split_seed"]}; {evidence["train_pixels"]:,} training pixels); {evidence["regime"]}.
{evidence["leak"]:.0%} of the test pixels lie inside training windows. The floor is the score of
copying the label of the nearest training pixel, without any spectra.{_delivered(evidence)}

| | OA | AA | kappa |
|---|---|---|---|
{table}

## Classes

| label | class | colour |
|---|---|---|
{classes}

## Where it comes from

- Model: `{model["name"]}`, attention `{model["attention"]["name"]}`, window
  {model["shape"]["window"]}, {model["shape"]["components"]} components;
  md5 `{evidence["model_md5"]}`.
- Data: {scene["name"]} {scene["sensor"]}; md5 of the cube `{evidence["cube_md5"]}`.
- Commit: `{evidence["commit"]}`.
- Cite: {scene["citation"] or "unknown"}. Licence of the data: {scene["licence"] or "unknown"}.
  Whoever publishes the classifier states its own licence at the head of this file.
"""


def _delivered(evidence: dict[str, Any]) -> str:
    """Return what a reader should know who takes the scores for those of the delivered model."""
    text = ""
    if evidence["regime"] == "transductive":
        text = (
            "\n\nThe scores are those of a map that used where the training labels are. On another "
            "scene there are none,\nand the classifier smooths without them."
        )
    if evidence["trained_on"] == "train":
        return text
    return text + (
        f"\n\nThis classifier was trained on all {evidence['delivered_pixels']:,} labelled pixels. "
        "The scores are\nthose of a model that was trained in the same way on the training side."
    )


def escaped(text: str) -> str:
    """Return Markdown that shows a text as it is, in a cell of a table too."""
    return re.sub(r"([\\`*_\[\]<>|#~$&])", r"\\\1", text)


def _share(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.2%}"


def _number(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"

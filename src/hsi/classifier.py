"""The classifier: all that turns a cube of bands into a map, in one object and one folder.

The folder holds `model.safetensors` (the weights and the projection), `config.json` (everything
else), and both in the form of others: `README.md` (a model card) and `item.json` (for catalogues).
Loading it executes nothing that the files hold.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float32, Num
from torch import Tensor

from hsi import __version__
from hsi.card import model_card
from hsi.classifier_config import refuse_config
from hsi.cube.pixels import Pixels
from hsi.files import md5, read_json, write, write_json
from hsi.inference.prediction import Prediction
from hsi.inference.projected import ProjectedScene
from hsi.inference.scene import Answering, answers_of_scene, predict_scene
from hsi.model import Model, ModelRecipe, parameter_count, restore_model
from hsi.reduction.projection import Projection
from hsi.scene.info import SceneInfo
from hsi.scene.matching import matched
from hsi.scene.raster import Raster
from hsi.scene.reading import plain
from hsi.scene.valid import find_valid
from hsi.scores.calibration import scaled
from hsi.stac import stac_item
from hsi.tensors import read_tensors, write_tensors

# Of the folder; 1 had no values for no data, 2 no digests, 3 no place, 4 no smoothing; 6 averaged
# over eight symmetries where this one averages over four turns.
FORMAT = 7


@dataclass(frozen=True)
class Classifier:
    """A trained model with everything that belongs to it.

    Attributes:
        model: The network or comparator.
        recipe: What it was built from.
        projection: From bands to components.
        scene: The scene it was trained on: class names, labels, wavelengths, sensor.
        colours: `#rrggbb` of each class, class 0 (unlabelled) first.
        how: Whether it averages over symmetries, how it smooths, and its temperature. No training
            label anchors the smoothing: those belong to the scene, and not to the classifier.
        evidence: What the classifier is worth, and where it comes from: scores, floor and leak of
            its split, hashes of data and model, commit.
    """

    model: Model
    recipe: ModelRecipe
    projection: Projection
    scene: SceneInfo
    colours: tuple[str, ...]
    how: Answering
    evidence: dict[str, Any]

    def predict(
        self,
        cube: Num[np.ndarray, "height width bands"],
        wavelengths: tuple[float, ...] | None = None,
        nodata: tuple[float, ...] | None = None,
        resample: bool = False,
    ) -> Prediction:
        """Classify every pixel of a scene of the same sensor that holds data.

        Args:
            cube: The scene in the units of the training scene.
            wavelengths: Band centres in nanometres, if known: bands are found by them. Without
                them the cube should have the bands that the classifier reads, in their order.
            nodata: Values that mean no data; None for those of the training scene. Pixels without
                data are found as `hsi.scene.valid.find_valid` says, and get no class.
            resample: Interpolate to the trained wavelengths where no band is the same.

        Raises:
            ValueError: If the bands do not match, a value can be no measurement, or no pixel holds
                data.
        """
        none = self.scene.nodata if nodata is None else nodata
        given = replace(
            Raster.of_array(cube, wavelengths), scale=self.scene.scale, offset=self.scene.offset
        )
        raster, _ = self.matched(given, resample, none)
        valid, _ = find_valid(raster, none, "nodata")
        found, _ = self.predict_raster(raster, valid, None)
        return found

    def matched(
        self, raster: Raster, resample: bool, nodata: tuple[float, ...] | None
    ) -> tuple[Raster, list[str]]:
        """Return the bands of a raster that the classifier reads: see `hsi.scene.matching`."""
        return matched(raster, self.scene, len(self.projection.mean), resample, nodata)

    def predict_raster(
        self, raster: Raster, valid: Bool[np.ndarray, "height width"], pixels: Pixels | None
    ) -> tuple[Prediction, Float32[np.ndarray, "pixels classes"]]:
        """Classify a raster whose map fits into memory.

        Args:
            raster: What `matched` returned.
            valid: Which pixels hold data.
            pixels: Pixels whose class probabilities are returned too.
        """
        scene = ProjectedScene(raster, self.projection, valid)
        none = np.zeros(valid.shape, np.int32)
        found, known = predict_scene(self.model, scene, valid, none, pixels, self.how)
        return found, scaled(known, self.how.temperature)

    def probabilities(
        self, raster: Raster, valid: Bool[np.ndarray, "height width"]
    ) -> Iterator[tuple[slice, slice, Float32[np.ndarray, "rows columns classes"]]]:
        """Yield rows, columns and class probabilities, one tile of a raster of any size at a time.

        The memory that is needed depends on the width of the scene, and not on its height.

        Args:
            raster: What `matched` returned.
            valid: Which pixels hold data.
        """
        scene = ProjectedScene(raster, self.projection, valid)
        none = np.zeros(valid.shape, np.int32)
        for rows, columns, found in answers_of_scene(
            self.model, scene, valid, none, None, self.how
        ):
            yield rows, columns, scaled(found, self.how.temperature)

    def save(self, folder: Path) -> None:
        """Write the folder of the classifier."""
        weights = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        weights |= {
            "projection.mean": torch.from_numpy(self.projection.mean),
            "projection.axes": torch.from_numpy(self.projection.axes),
        }
        write_json(folder / "config.json", self.config())
        about = {"config_md5": md5(folder / "config.json")}
        write_tensors(folder / "model.safetensors", weights, about)
        write_json(folder / "item.json", stac_item(self.config()))
        write(folder / "README.md", model_card(self.config()).encode())

    def config(self) -> dict[str, Any]:
        """Return the content of `config.json`."""
        return {
            "format": FORMAT,
            "hsi_version": __version__,
            "model": asdict(self.recipe),
            "parameters": parameter_count(self.model),
            "bands": len(self.projection.mean),
            "normalise": self.projection.normalise,
            "scene": asdict(self.scene),
            "colours": list(self.colours),
            **self.how.to_dict(),
            "evidence": self.evidence,
        }


def load(folder: str | Path, device: str = "cpu") -> Classifier:
    """Read the folder of a classifier, without executing anything in it.

    Args:
        folder: What `Classifier.save` wrote.
        device: Where the model runs: `cpu`, `cuda`, `cuda:1`.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If its files are damaged, or not those of a classifier of this version.
    """
    folder = Path(folder)
    for name in ("config.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} holds no classifier: {name} is missing")
    config = read_json(folder / "config.json")
    if config.get("format") != FORMAT:
        found = plain(str(config.get("format")), 40)
        raise ValueError(f"{folder} is of format {found}, and this version reads {FORMAT}")
    tensors, about = read_tensors(folder / "model.safetensors")
    if about.get("config_md5") != md5(folder / "config.json"):
        raise ValueError(f"{folder / 'config.json'} is damaged, or was changed after training")
    try:
        refuse_config(config)
        weights = {
            name.removeprefix("model."): value
            for name, value in tensors.items()
            if name.startswith("model.")
        }
        recipe = ModelRecipe.from_dict(config["model"])
        mean, axes = tensors["projection.mean"], tensors["projection.axes"]
        _refuse_projection(mean, axes, config["bands"], recipe.shape.components)
        return Classifier(
            model=restore_model(recipe, weights, device),
            recipe=recipe,
            projection=Projection(
                mean.numpy(),
                axes.numpy(),
                config["normalise"],
            ),
            scene=SceneInfo.from_dict(config["scene"]),
            colours=tuple(config["colours"]),
            how=Answering.from_dict(config),
            evidence=config["evidence"],
        )
    except Exception as error:  # of whatever is built from what a stranger wrote
        reason = plain(" ".join(str(error).split()), 200) or type(error).__name__
        raise ValueError(f"{folder} cannot be read as a classifier: {reason}") from error


def _refuse_projection(mean: Tensor, axes: Tensor, bands: int, components: int) -> None:
    """Refuse a projection of other sizes than those of the classifier."""
    if mean.shape != (bands,) or axes.shape != (components, bands):
        raise ValueError(
            f"its projection is of {tuple(axes.shape)} and {tuple(mean.shape)}, should be "
            f"{(components, bands)} and {(bands,)}"
        )
    if not (mean.is_floating_point() and axes.is_floating_point()):
        raise ValueError("its projection should hold floating-point numbers")

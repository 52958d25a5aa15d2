"""The classifier: all that turns a cube of bands into a map, in one object and one folder.

The folder holds `model.safetensors` (the weights and the projection), `config.json` (everything
else) and `README.md` (a model card). Loading it executes nothing that the files hold.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Num

from hsi import __version__
from hsi.card import model_card
from hsi.cube.padded import PaddedCube
from hsi.files import md5, read_json, write, write_json
from hsi.inference.prediction import Prediction
from hsi.inference.scene import predict_scene
from hsi.model import Model, ModelRecipe, parameter_count, restore_model
from hsi.reduction.projection import Projection
from hsi.scene.info import SceneInfo
from hsi.scene.valid import find_valid
from hsi.tensors import read_tensors, write_tensors

FORMAT = 3  # of the folder; 1 had no values for no data, 2 no digests
SAME_BAND = 5.0  # nanometres between the centres of bands that count as the same


@dataclass(frozen=True)
class Classifier:
    """A trained model with everything that belongs to it.

    Attributes:
        model: The network or comparator.
        recipe: What it was built from.
        projection: From bands to components.
        scene: The scene it was trained on: class names, labels, wavelengths, sensor.
        colours: `#rrggbb` of each class, class 0 (unlabelled) first.
        turns: Average over the eight symmetries of the square.
        temperature: Temperature of the probabilities, 1 if none was fitted.
        evidence: What the classifier is worth, and where it comes from: scores, floor and leak of
            its split, hashes of data and model, commit.
    """

    model: Model
    recipe: ModelRecipe
    projection: Projection
    scene: SceneInfo
    colours: tuple[str, ...]
    turns: bool
    temperature: float
    evidence: dict[str, Any]

    def predict(
        self,
        cube: Num[np.ndarray, "height width bands"],
        wavelengths: tuple[float, ...] | None = None,
        nodata: tuple[float, ...] | None = None,
    ) -> Prediction:
        """Classify every pixel of a scene of the same sensor that holds data.

        Args:
            cube: The scene in the units of the training scene, with the same bands.
            wavelengths: Band centres in nanometres, if known; compared with those of training.
            nodata: Values that mean no data; None for those of the training scene. Pixels without
                data are found as `hsi.scene.valid.find_valid` says, and get no class.

        Raises:
            ValueError: If the bands do not match, a value can be no measurement, or no pixel holds
                data.
        """
        self._refuse_other_bands(cube.shape[2], wavelengths)
        valid, _ = find_valid(cube, self.scene.nodata if nodata is None else nodata, "nodata")
        reduced = np.empty((self.recipe.shape.components, *cube.shape[:2]), np.float32)
        for rows, components in self.projection.apply_in_parts(cube, valid):
            reduced[:, rows] = components
        padded = PaddedCube.of(reduced, None, self.model.window)
        found, _ = predict_scene(self.model, padded, None, self.turns, self.temperature)
        return found.only(valid)

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
        write(folder / "README.md", model_card(self.config()).encode())

    def config(self) -> dict[str, Any]:
        """Return the content of `config.json`."""
        return {
            "format": FORMAT,
            "hsi_version": __version__,
            "model": asdict(self.recipe),
            "parameters": parameter_count(self.model),
            "bands": len(self.projection.mean),
            "scene": asdict(self.scene),
            "colours": list(self.colours),
            "turns": self.turns,
            "temperature": self.temperature,
            "regime": "inductive",
            "evidence": self.evidence,
        }

    def _refuse_other_bands(self, bands: int, wavelengths: tuple[float, ...] | None) -> None:
        known = self.scene.wavelengths
        expected = len(self.projection.mean)
        if bands != expected:
            raise ValueError(f"the classifier needs {expected} bands, the cube has {bands}")
        if known is None or wavelengths is None:
            return
        if len(wavelengths) != bands:
            raise ValueError(f"the cube has {bands} bands and {len(wavelengths)} wavelengths")
        apart = np.abs(np.subtract(known, wavelengths))
        if apart.max() > SAME_BAND:
            band = int(apart.argmax())
            raise ValueError(
                f"band {band} (from 0) of the cube is at {wavelengths[band]:g} nm, the classifier "
                f"was trained with {known[band]:g} nm there"
            )


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
        found = config.get("format")
        raise ValueError(f"{folder} is of format {found}, and this version reads {FORMAT}")
    tensors, about = read_tensors(folder / "model.safetensors")
    if about.get("config_md5") != md5(folder / "config.json"):
        raise ValueError(f"{folder / 'config.json'} is damaged, or was changed after training")
    try:
        weights = {
            name.removeprefix("model."): value
            for name, value in tensors.items()
            if name.startswith("model.")
        }
        recipe = ModelRecipe.from_dict(config["model"])
        return Classifier(
            model=restore_model(recipe, weights, device),
            recipe=recipe,
            projection=Projection(
                tensors["projection.mean"].numpy(), tensors["projection.axes"].numpy()
            ),
            scene=SceneInfo.from_dict(config["scene"]),
            colours=tuple(config["colours"]),
            turns=config["turns"],
            temperature=config["temperature"],
            evidence=config["evidence"],
        )
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{folder} cannot be read as a classifier: {reason}") from error

"""Several scenes with one command: where each map is written, and what happens if one fails."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tqdm import tqdm

from hsi.inference.request import Request
from hsi.inference.to_files import Outputs

FILES = (".tif", ".tiff", ".hdr", ".npy", ".png")  # the endings of single outputs


def outputs_of(
    scenes: list[Path],
    classes: Path,
    confidence: Path | None,
    probabilities: Path | None,
    picture: Path | None,
) -> list[Outputs]:
    """Return what to write of each scene.

    For one scene the paths are the attributes of `Outputs`. For several, or if `classes` is a
    folder, all are folders, which may not exist yet; each file in them has the name of its scene.

    Raises:
        ValueError: Naming a file in the place of a folder, or two scenes with one name.
    """
    if len(scenes) == 1 and not classes.is_dir():
        return [Outputs(classes, confidence, probabilities, picture)]
    named: dict[str, Path] = {}
    for scene in scenes:
        if scene.stem in named:
            raise ValueError(f"the maps of {named[scene.stem]} and {scene} would be one file")
        named[scene.stem] = scene
    layers = [folder for folder in (classes, confidence, probabilities) if folder]
    for folder in [*layers, picture or classes]:
        if folder.is_file() or folder.suffix.lower() in FILES:
            raise ValueError(f"{folder}: for several scenes it may be a folder")
    if len({folder.resolve() for folder in layers}) < len(layers):
        raise ValueError(f"{classes}: map, confidence and probabilities each need a folder")
    return [
        Outputs(
            classes / f"{name}.tif",
            confidence and confidence / f"{name}.tif",
            probabilities and probabilities / f"{name}.tif",
            picture and picture / f"{name}.png",
        )
        for name in named
    ]


def map_each(
    scenes: Iterable[tuple[Request, Callable[[], list[str]]]],
    total: int,
    say: Callable[[list[str]], None],
) -> None:
    """Map scenes; one that cannot be mapped does not keep the others from it.

    Args:
        scenes: Each scene, and what maps it and returns remarks.
        total: How many there are.
        say: Tells the user remarks.

    Raises:
        ValueError: After all others, if a scene cannot be mapped.
        OSError: At once, if the disk is full or a cluster is lost.
    """
    lacking = 0
    for request, mapped in tqdm(scenes, "scenes", total, unit="scene", disable=None):
        try:
            remarks = mapped()
        except (ValueError, FileNotFoundError) as error:
            lacking += 1
            remarks = [f"not mapped: {error}"]
        name = request.name
        say([remark if name in remark else f"{name}: {remark}" for remark in remarks])
    if lacking:
        raise ValueError(f"{lacking} of {total} scenes are not mapped, for the reasons above")

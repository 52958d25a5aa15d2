"""What a map of a whole scene costs: patchwise, as papers do it, and with the trunk run once.

    python -m benchmarks.maps

A scene of Indian Pines' size, 30 components, window 25, float32, networks as they are initialised.
Both sides run in this process, one after the other. HybridSN is run over all 21,025 pixels both
ways; the other networks over as much of the scene as takes a few seconds, and scaled to all of it.
"""

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.networks import COMPONENTS, SCENE, WINDOW, costs, make
from benchmarks.page import publish, table
from benchmarks.timing import matrix_rate, seconds
from hsi.inference import classify_scene
from hsi.models import MODELS
from hsi.models.trunk_head import TrunkHead
from hsi.patches import pad
from hsi.windows import windows
from stages.machine import keep_freed_memory

CLASSIC_BATCH = 256  # of the published notebook
FEW = 4e11  # multiply-adds that take seconds


def whole(model: TrunkHead, padded: np.ndarray) -> np.ndarray:
    """Return the probabilities of every pixel in reading order, computed as this program does."""
    answers = [part for _, _, part in classify_scene(model, padded, None, turns=False)]
    assert len(answers) == 1, "one tile"
    return answers[0].reshape(-1, answers[0].shape[-1])


@torch.inference_mode()
def patchwise(model: TrunkHead, padded: np.ndarray) -> np.ndarray:
    """Return the same from a copy of each pixel's window, batch by batch."""
    view = windows(torch.from_numpy(padded), model.window)
    pixels = torch.cartesian_prod(*(torch.arange(side) for side in view.shape[:2]))
    model.eval()
    answers = [
        model(view[rows, columns].unsqueeze(1)).softmax(1)
        for rows, columns in (part.T for part in pixels.split(CLASSIC_BATCH))
    ]
    return torch.cat(answers).numpy()


def scene(side: int) -> np.ndarray:
    """Return a padded square cube of noise."""
    cube = np.random.default_rng(0).normal(size=(COMPONENTS, side, side)).astype(np.float32)
    return pad(cube, WINDOW)


def main() -> None:
    """Time every network and publish the table."""
    keep_freed_memory(scene(SCENE)[0].size)
    rate = matrix_rate()
    rows = []
    networks = [name for name in MODELS if name not in ("hybridsn", "svm")]
    variants = [("hybridsn", "none"), ("hybridsn", "se"), *((name, "none") for name in networks)]
    for name, attention in tqdm(variants, "maps", unit="network", disable=None):
        cost = costs(name, attention, None)
        model = make(name, attention, None, "cpu")
        pixels, spent = SCENE**2, []
        sides = [SCENE if name == "hybridsn" else _side(each) for each in cost[1:]]
        for way, side in zip((patchwise, whole), sides, strict=True):
            padded = scene(side)
            way(model, scene(3))  # a first call, which sets things up
            runs = 1 if way is patchwise else 3
            fastest = min(seconds(way, model, padded) for _ in range(runs))
            spent.append(fastest * pixels / side**2)
        sample = scene(16)
        apart = np.abs(patchwise(model, sample) - whole(model, sample)).max()
        ideal = cost[2] * pixels / rate
        rows.append(
            [
                name if attention == "none" else f"{name} + {attention}",
                *(f"{each:.1f}" + ("" if side == SCENE else "*")
                  for each, side in zip(spent, sides, strict=True)),
                f"{spent[0] / spent[1]:.1f}",
                f"{ideal:.1f}",
                f"{spent[1] / ideal:.2f}",
                f"{apart:.0e}",
            ]
        )  # fmt: skip
    heads = ["network", "patchwise, s", "whole scene, s", "times faster", "ideal, s",
             "whole / ideal", "largest difference"]  # fmt: skip
    publish(
        "maps",
        "A map of the whole scene",
        f"""{SCENE} x {SCENE} pixels, {COMPONENTS} components, window {WINDOW}, float32, every pixel
once. *Patchwise* copies each pixel's window and runs the network on batches of {CLASSIC_BATCH};
*whole scene* runs the trunk once and the head on windows of its output. *Ideal* is what the
multiply-adds of [networks.md](networks.md) take at the rate of a 4096 x 4096 matrix product, here
{rate / 1e9:.0f} billion a second. *Largest difference* of two probabilities is over 256 pixels.
\\* measured on a smaller scene and scaled to this one.

{table(heads, rows)}""",
    )


def _side(cost: float) -> int:
    """Return the side of a scene that a network of some multiply-adds a pixel maps in seconds."""
    return min(SCENE, max(16, int((FEW / cost) ** 0.5)))


if __name__ == "__main__":
    main()

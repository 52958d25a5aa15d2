"""Measure the map of a whole scene: window by window, and with the trunk run once.

    python -m benchmarks.maps

The scene has the size of Indian Pines, 30 components, window 25 and float32; networks are
untrained. Both methods run in this process, one after the other. HybridSN classifies all 21,025
pixels with both; the other networks classify as much of the scene as takes a few seconds, and the
time is scaled to the whole.
"""

import numpy as np
import torch
from tqdm import tqdm

from benchmarks.networks import COMPONENTS, SCENE, WINDOW, costs, make
from benchmarks.performance_page import publish, table
from benchmarks.timing import matrix_rate, seconds
from hsi.choices import NETWORKS
from hsi.cube.padded import PaddedCube
from hsi.cube.windows import windows
from hsi.inference.tiles import classify_scene
from hsi.machine import keep_freed_memory
from hsi.networks.trunk_head import TrunkHead

CLASSIC_BATCH = 256  # of the published notebook
FEW = 4e11  # multiply-adds that take some seconds


def whole_scene(network: TrunkHead, cube: PaddedCube) -> np.ndarray:
    """Return the class probabilities of every pixel in reading order, as the library does."""
    answers = [part for _, _, part in classify_scene(network, cube, None, turns=False)]
    assert len(answers) == 1, "one tile"
    return answers[0].reshape(-1, answers[0].shape[-1])


@torch.inference_mode()
def patchwise(network: TrunkHead, cube: PaddedCube) -> np.ndarray:
    """Return the same from a copy of each pixel's window, batch by batch."""
    view = windows(torch.from_numpy(cube.values), network.window)
    pixels = torch.cartesian_prod(*(torch.arange(side) for side in view.shape[:2]))
    network.eval()
    answers = [
        network(view[rows, columns].unsqueeze(1)).softmax(1)
        for rows, columns in (part.T for part in pixels.split(CLASSIC_BATCH))
    ]
    return torch.cat(answers).numpy()


def noise(side: int) -> PaddedCube:
    """Return a padded square scene of noise."""
    cube = np.random.default_rng(0).normal(size=(COMPONENTS, side, side)).astype(np.float32)
    return PaddedCube.of(cube, None, WINDOW)


def main() -> None:
    """Time every network and publish the table."""
    keep_freed_memory(noise(SCENE).values[0].size)
    rate = matrix_rate()
    rows = []
    others = [name for name in NETWORKS if name != "hybridsn"]
    variants = [("hybridsn", "none"), ("hybridsn", "se"), *((name, "none") for name in others)]
    for name, attention in tqdm(variants, "maps", unit="network", disable=None):
        cost = costs(name, attention, None)
        network = make(name, attention, None, "cpu")
        pixels, spent = SCENE**2, []
        sides = [SCENE if name == "hybridsn" else _side(each) for each in cost[1:]]
        for method, side in zip((patchwise, whole_scene), sides, strict=True):
            cube = noise(side)
            method(network, noise(3))  # the first call allocates memory and plans convolutions
            runs = 1 if method is patchwise else 3
            fastest = min(seconds(method, network, cube) for _ in range(runs))
            spent.append(fastest * pixels / side**2)
        sample = noise(16)
        apart = np.abs(patchwise(network, sample) - whole_scene(network, sample)).max()
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
        f"""The scene has {SCENE} x {SCENE} pixels and {COMPONENTS} components. Every pixel is
classified once, at window {WINDOW} in float32. *Patchwise* copies the window of each pixel and runs
the network on batches of {CLASSIC_BATCH}. *Whole scene* runs the trunk once and the head on windows
of its output. *Ideal* is the time that the multiply-adds of [networks.md](networks.md) take at the
rate of a 4096 x 4096 matrix product, here {rate / 1e9:.0f} billion a second. A padded network can
be below it: the multiply-adds count the zeros beyond the edges of a window, which are skipped.
*Largest difference* is that of two probabilities over 256 pixels.
\\* measured on a smaller scene and scaled to this one.

{table(heads, rows)}""",
    )


def _side(cost: float) -> int:
    """Return the side of a scene that takes some seconds to map.

    Args:
        cost: Multiply-adds of the network for each pixel.
    """
    return min(SCENE, max(16, int((FEW / cost) ** 0.5)))


if __name__ == "__main__":
    main()

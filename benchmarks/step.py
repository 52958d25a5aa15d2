"""Measure a training step, and what each choice in it is worth.

    python -m benchmarks.step

HybridSN, at the window and with the components of params.yaml, takes a step over a synthetic
scene of Indian Pines' size with 1,025 training pixels. Each measurement is a process of its own,
and the choices take turns, so that a machine that slows down slows all of them. On a GPU,
`benchmarks.gpu` measures other choices, and mini-batches too.
"""

import itertools
import statistics
import subprocess
import sys
import time
from unittest import mock

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from benchmarks.networks import CLASSES, SCENE
from benchmarks.performance_page import publish, table
from hsi.config import load_params
from hsi.cube.padded import pad
from hsi.cube.windows import windows
from hsi.machine import device, keep_freed_memory
from hsi.networks.build import AttentionRecipe, build_network
from hsi.networks.trunk_head import InputShape, TrunkHead
from hsi.training.loop import fit
from hsi.training.samples import Samples, TrainingRecipe

STEPS, ROUNDS, PIXELS = 6, 3, 1025
CHOICES = {
    "float32": "float32",
    "bfloat16": "bfloat16",
    "give_back": "float32, freed memory returned to the kernel (`src/hsi/machine.py`)",
    "autograd": "float32, autograd's own backward pass of windows (`src/hsi/cube/windows.py`)",
    "conv3d": "float32, torch's own 3-D convolutions (`src/hsi/networks/conv3d.py`)",
    "channels_last": "float32, weights and feature maps with the channels last",
    "compile": "float32, trunk and head through `torch.compile`",
}
GPU_CHOICES = {
    "float32": "float32",
    "tf32": "TF32 in convolutions and matrix products",
    "bfloat16": "bfloat16",
    "autograd": "bfloat16, autograd's own backward pass of windows (`src/hsi/cube/windows.py`)",
    "channels_last": "bfloat16, weights and feature maps with the channels last",
    "tuned": "bfloat16, cuDNN choosing its algorithms by trial",
    "compile": "bfloat16, trunk and head through `torch.compile`",
    "graphs": "bfloat16, through `torch.compile` into CUDA graphs",
}


def add_by_autograd(total: Tensor, some: Tensor, rows: Tensor, columns: Tensor) -> None:
    """Do what `add_windows` does with the backward pass of autograd."""
    channels_first = total.permute(2, 0, 1).detach().requires_grad_()
    cut = windows(channels_first, some.shape[-1])[rows, columns]
    (gradient,) = torch.autograd.grad(cut, channels_first, some.to(total.dtype))
    total += gradient.permute(1, 2, 0)


def prepare(choice: str, network: TrunkHead) -> None:
    """Apply a choice to the network and to the rest of this process."""
    if choice != "give_back":
        keep_freed_memory(SCENE**2)
    if choice == "tf32":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    elif choice == "float32":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    elif choice == "tuned":
        torch.backends.cudnn.benchmark = True
    elif choice == "autograd":
        mock.patch("hsi.training.scene_step.add_windows", add_by_autograd).start()
    elif choice == "conv3d":
        mock.patch("hsi.networks.conv3d.SMALL", 0).start()
    elif choice == "channels_last":
        orders = {4: torch.channels_last, 5: torch.channels_last_3d}  # 2-D and 3-D convolutions
        for weight in network.parameters():
            if weight.dim() in orders:
                weight.data = weight.data.contiguous(memory_format=orders[weight.dim()])
    elif choice in ("compile", "graphs"):
        # Compiled modules do not run on the meta device, where the limits are counted.
        limits = network.memory_limits(load_params().reduce.components)
        mock.patch.object(TrunkHead, "memory_limits", return_value=limits).start()
        mode = "reduce-overhead" if choice == "graphs" else None
        network.trunk.compile(mode=mode)
        network.head.compile(mode=mode)


def measure(choice: str, batching: str) -> tuple[float, float]:
    """Return the seconds of the first epoch and the median of some epochs after it.

    Args:
        choice: One of CHOICES, or on a GPU of GPU_CHOICES.
        batching: `scene`, where an epoch is one step, or `windows`.
    """
    params, where = load_params(), device()
    what = (CHOICES if where == "cpu" else GPU_CHOICES)[choice]
    window, components = params.patches.window, params.reduce.components
    generator = np.random.default_rng(0)
    cube = generator.normal(size=(components, SCENE, SCENE)).astype(np.float32)
    places = (generator.integers(0, limit, PIXELS) for limit in (SCENE, SCENE, 16))
    samples = Samples(*(torch.from_numpy(each).to(where) for each in places))
    torch.manual_seed(0)
    settings = params.model.settings_of("hybridsn")
    none = AttentionRecipe("none", {}, None, False)
    shape = InputShape(components, window, CLASSES)
    network = build_network("hybridsn", shape, settings, none).to(where)
    prepare(choice, network)
    recipe = TrainingRecipe(
        batch=params.train.windows.batch if batching == "windows" else None,
        epochs=STEPS + 2,
        rate=1e-3,
        schedule="constant",
        weight_decay=0.0,
        smoothing=0.0,
        augment=True,
        precision="bfloat16" if what.startswith("bfloat16") else "float32",
    )
    padded = torch.from_numpy(pad(cube, window)).to(where)
    epochs = fit(network, padded, samples, recipe, seed=0, resume=None)
    begun = time.perf_counter()
    next(epochs)
    spent = [time.perf_counter() - begun]
    for _ in itertools.islice(epochs, STEPS):
        spent.append(time.perf_counter() - begun - sum(spent))
    return spent[0], statistics.median(spent[1:])


def measure_in_turn(choices: dict[str, str], batching: str) -> str:
    """Measure choices in turn, each in processes of its own, and return a table."""
    found: dict[str, list[tuple[float, ...]]] = {choice: [] for choice in choices}
    for choice in tqdm(list(choices) * ROUNDS, f"steps, {batching}", unit="process", disable=None):
        command = [sys.executable, "-m", "benchmarks.step", choice, batching]
        output = subprocess.check_output(command, text=True)
        found[choice].append(tuple(map(float, output.split())))
    rows = []
    for choice, measured in found.items():
        first, later = ([each[place] for each in measured] for place in (0, 1))
        rows.append([choices[choice], f"{statistics.median(later):.3f}", f"{min(later):.3f}",
                     f"{max(later):.3f}", f"{statistics.median(first):.1f}"])  # fmt: skip
    return table(["choice", "seconds, median", "lowest", "highest", "first step, s"], rows)


def main() -> None:
    """Measure all in turn and publish; with a choice and a batching as arguments, measure one."""
    if len(sys.argv) > 1:
        print(*measure(*sys.argv[1:]))
        return
    params = load_params()
    publish(
        "step",
        "A training step",
        f"""HybridSN at window {params.patches.window} with {params.reduce.components} components
takes one step over {SCENE} x {SCENE} pixels with {PIXELS:,} training pixels. The figures are
medians of {STEPS} steps in each of {ROUNDS} processes; the choices take turns.

{measure_in_turn(CHOICES, "scene")}""",
    )


if __name__ == "__main__":
    main()

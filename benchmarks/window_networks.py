"""Measure what the order of numbers in memory is worth in networks that read whole windows.

    python -m benchmarks.window_networks

The ResNets, MobileNet and Res2Net keep the channels of each position side by side
(src/hsi/networks/image_layers.py); `nn.Sequential` in its place keeps the positions of each
channel side by side. The same network, with the same weights and windows, takes turns with both.
"""

import statistics
from unittest import mock

import torch
from torch import nn
from tqdm import tqdm

from benchmarks.networks import CLASSES, COMPONENTS, make
from benchmarks.performance_page import publish, table
from benchmarks.timing import seconds
from hsi.choices import NETWORKS
from hsi.networks.image_layers import ChannelsLast
from hsi.networks.trunk_head import TrunkHead

WINDOWS, BATCH, ROUNDS = (11, 25), 64, 3


def step(network: TrunkHead, batch: torch.Tensor, targets: torch.Tensor) -> None:
    """Compute the loss of a batch and its gradient."""
    network.train().zero_grad()
    nn.functional.cross_entropy(network(batch), targets).backward()


@torch.inference_mode()
def answer(network: TrunkHead, batch: torch.Tensor) -> None:
    """Compute the scores of a batch."""
    network.eval()(batch)


def measure(name: str, window: int) -> list[str] | None:
    """Return a row of the table, or None for a network that slides over a scene.

    Args:
        name: One of NETWORKS, without attention.
        window: Odd side of the windows.
    """
    torch.manual_seed(0)
    network = make(name, "none", None, "cpu", window)
    if not isinstance(network.head, ChannelsLast):
        return None
    batch = torch.randn(BATCH, 1, COMPONENTS, window, window)
    targets = torch.randint(CLASSES, (BATCH,))
    spent = []
    for turn in range(2 * ROUNDS + 2):  # the first two warm up
        forward = nn.Sequential.forward if turn % 2 else ChannelsLast.forward
        with mock.patch.object(ChannelsLast, "forward", forward):
            spent.append([seconds(step, network, batch, targets), seconds(answer, network, batch)])
    (last_step, last_answer), (first_step, first_answer) = (
        [statistics.median(each) for each in zip(*spent[start::2], strict=True)] for start in (2, 3)
    )
    cells = [first_step, last_step, first_step / last_step]
    cells += [first_answer, last_answer, first_answer / last_answer]
    return [name, str(window), *(f"{each:.2f}" for each in cells)]


def main() -> None:
    """Measure and publish."""
    runs = [(name, window) for window in WINDOWS for name in NETWORKS]
    rows = [measure(*run) for run in tqdm(runs, "networks", disable=None)]
    heads = ["network", "window", "step, channels first, s", "channels last, s", "times faster"]
    heads += ["answer, channels first, s", "channels last, s", "times faster"]
    text = f"""
Networks without attention, {BATCH} windows with {COMPONENTS} components, float32, medians of
{ROUNDS}. *Channels last*, the channels of each position side by side, is the order that they use;
*channels first* is that of `nn.Sequential`. A *step* is loss and gradient, an *answer* the scores.

{table(heads, [row for row in rows if row])}
"""
    publish("window_networks", "Networks that read whole windows", text)


if __name__ == "__main__":
    main()

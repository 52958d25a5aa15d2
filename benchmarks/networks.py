"""Count parameters and multiply-adds of each network and attention: docs/results/networks.md.

    python -m benchmarks.networks

Nothing is computed: torch counts on its meta device, where tensors have a shape and no content.
"""

from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from hsi.choices import ATTENTIONS, COMPARATORS, NETWORKS
from hsi.config import load_params
from hsi.files import write
from hsi.networks.build import AttentionRecipe, build_network
from hsi.networks.trunk_head import InputShape, TrunkHead

PAGE = Path("docs/results/networks.md")
COMPONENTS, WINDOW, CLASSES = 30, 25, 16  # the sizes that papers quote
SCENE = 145  # height and width of Indian Pines, in pixels

SOURCES = {
    "none": "",
    "se": "[Hu 2018](https://arxiv.org/abs/1709.01507)",
    "channel": "[Woo 2018](https://arxiv.org/abs/1807.06521), eq. 2",
    "spatial": "[Woo 2018](https://arxiv.org/abs/1807.06521), eq. 3",
    "cbam": "[Woo 2018](https://arxiv.org/abs/1807.06521)",
    "eca": "[Wang 2020](https://arxiv.org/abs/1910.03151)",
    "nonlocal": "[Wang 2018](https://arxiv.org/abs/1711.07971)",
    "strip": "[Hou 2020](https://arxiv.org/abs/2003.13328)",
    "hybridsn": "[Roy 2020](https://arxiv.org/abs/1902.06701)",
    "hybridsn_2d_first": "HybridSN with the 2-D convolution first",
    "mobilenet_v2": "[Sandler 2018](https://arxiv.org/abs/1801.04381)",
    "res2net50": "[Gao 2021](https://arxiv.org/abs/1904.01169), 26w-4s",
    "cnn2d": "[Makantasis 2015](https://doi.org/10.1109/IGARSS.2015.7326945)",
    "cnn3d": "[Ben Hamida 2018](https://doi.org/10.1109/TGRS.2018.2818945)",
    "svm": "[Chang & Lin 2011](https://doi.org/10.1145/1961189.1961199), scikit-learn",
}
RESNET = "[He 2016](https://arxiv.org/abs/1512.03385), [Hu 2018](https://arxiv.org/abs/1709.01507)"
SOURCES |= {f"se_resnet{layers}": RESNET for layers in (18, 34, 50, 101, 152)}
SIZES = {
    "svm": f"{COMPONENTS} numbers and {CLASSES - 1} weights for each support vector; how many there"
    " are is known only after training",
}


def make(
    network: str, attention: str, place: str | None, device: str = "meta", window: int = WINDOW
) -> TrunkHead:
    """Build a network with the settings of params.yaml.

    Args:
        network: One of NETWORKS.
        attention: One of ATTENTIONS.
        place: Where the attention is inserted; None for the network's usual place.
        device: `meta` for a network that needs no memory and computes nothing.
        window: Odd side of the windows.
    """
    model = load_params().model
    at = None if place is None else [place]
    recipe = AttentionRecipe(attention, model.settings_of(attention), at, residual=False)
    shape = InputShape(COMPONENTS, window, CLASSES)
    with torch.device(device):
        return build_network(network, shape, model.settings_of(network), recipe).eval()


def multiply_adds(module: torch.nn.Module, *shape: int) -> float:
    """Return how many multiply-adds a module needs for one input of a shape."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(shape, device="meta"))
    return counter.get_total_flops() / 2


def costs(
    network: str, attention: str, place: str | None, window: int = WINDOW
) -> tuple[int, float, float]:
    """Return parameters, and the multiply-adds of a pixel patchwise and with one trunk run."""
    model = make(network, attention, place, window=window)
    patchwise = multiply_adds(model, 1, 1, COMPONENTS, window, window)
    side = SCENE + window - 1
    trunk = multiply_adds(model.trunk, 1, 1, COMPONENTS, side, side) / SCENE**2
    channels = model.trunk(torch.empty(1, 1, COMPONENTS, window, window, device="meta")).shape[1]
    inner = window - 2 * model.margin
    whole = trunk + multiply_adds(model.head, 1, channels, inner, inner)
    return sum(each.numel() for each in model.parameters()), patchwise, whole


def line(network: str, attention: str, place: str | None, source: str) -> str:
    """Return one row of a table: names, source, parameters, and the two costs."""
    parameters, patchwise, whole = costs(network, attention, place)
    cells = [network, attention, place or "", source, f"{parameters:,}"]
    cells += [f"{patchwise / 1e6:,.2f}", f"{whole / 1e6:,.2f}", f"{patchwise / whole:.1f}"]
    return f"| {' | '.join(cells)} |"


def page() -> str:
    """Return docs/results/networks.md."""
    networks = [
        line(name, attention, place, SOURCES.get(name, ""))
        for name, network in NETWORKS.items()
        for attention, place in [("none", None), *(("se", place) for place in network.places)]
    ]
    attentions = [
        line("hybridsn", name, place, SOURCES.get(name, ""))
        for name in ATTENTIONS
        for place in (NETWORKS["hybridsn"].places if name != "none" else [None])
    ]
    comparators = [
        f"| {name} | {SOURCES.get(name, '')} | {SIZES.get(name, '')} |" for name in COMPARATORS
    ]
    head = (
        "| network | attention | at | source | parameters | M patchwise | M whole scene | ratio |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return f"""# Networks, attention modules and comparators

This page is written by `python -m benchmarks.networks`; do not edit it. Networks are counted with
{COMPONENTS} components, window {WINDOW} and {CLASSES} classes, and with the settings of
params.yaml.

*M patchwise* is how many million multiply-adds it takes to classify one pixel from its window
alone. *M whole scene* is the same if the trunk runs once over a scene of {SCENE} x {SCENE} pixels,
border included, and the head on each window of the trunk's output. That is how training steps and
maps are computed here (src/hsi/networks/trunk_head.py). Convolutions and matrix products are
counted, pointwise operations are not.

An attention module pools a whole window, so it belongs to the head, together with all that follows
it. Where it is inserted therefore decides what a whole scene costs. The first of a network's
places is its usual one (`model.attention_at: null`).

## Networks

{head}{chr(10).join(networks)}

Networks of the ResNet, Res2Net and MobileNet families keep the resolution in their stem: a window
of 25 pixels becomes 13, 7 and 4 pixels wide. Their convolutions are padded, so no part of them can
slide over a scene, and both costs are equal. Built with their ImageNet stem and 1,000 classes they
have exactly the published numbers of parameters, as tests/networks/ checks. `se_resnet50` with
`attention: none` is ResNet-50.

`hybridsn_2d_first` has 123 million parameters, which take 0.5 GB. Training it with Adam takes 2 GB
before the first feature map.

## Attention modules in HybridSN

{head}{chr(10).join(attentions)}

## Comparators

A comparator is a classical classifier of single pixels: it reads the components of the centre pixel
and no window.

| comparator | source | size |
|---|---|---|
{chr(10).join(comparators)}
"""


def main() -> None:
    """Write the page."""
    write(PAGE, page().encode())


if __name__ == "__main__":
    main()

"""What each network and each attention costs: writes docs/networks.md.

    python -m benchmarks.networks

Nothing is computed: torch counts on its meta device, where tensors have a shape and no content.
"""

from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from hsi.attention import ATTENTION
from hsi.config import load_params
from hsi.files import write
from hsi.models import MODELS
from hsi.models.build import build
from hsi.models.trunk_head import TrunkHead

COMPONENTS, WINDOW, CLASSES = 30, 25, 16  # the size that papers quote
SCENE = 145  # pixels a side, Indian Pines

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


def make(
    network: str, attention: str, place: str | None, device: str = "meta", window: int = WINDOW
) -> TrunkHead:
    """Build a network with the settings of params.yaml, by default without memory."""
    settings = getattr(load_params().model, attention).model_dump()
    with torch.device(device):
        return build(
            network,
            components=COMPONENTS,
            window=window,
            classes=CLASSES,
            batch_norm=True,
            dropout=0.4,
            attention=attention,
            attention_settings=settings,
            attention_at=place and [place],
            attention_residual=False,
        ).eval()


def multiply_adds(module: torch.nn.Module, *shape: int) -> float:
    """Return how many a module needs for one input of a shape."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(torch.empty(shape, device="meta"))
    return counter.get_total_flops() / 2


def costs(
    network: str, attention: str, place: str | None, window: int = WINDOW
) -> tuple[int, float, float]:
    """Return parameters, and multiply-adds a pixel patchwise and with the trunk run once."""
    model = make(network, attention, place, window=window)
    patchwise = multiply_adds(model, 1, 1, COMPONENTS, window, window)
    side = SCENE + window - 1
    trunk = multiply_adds(model.trunk, 1, 1, COMPONENTS, side, side) / SCENE**2
    channels = model.trunk(torch.empty(1, 1, COMPONENTS, window, window, device="meta")).shape[1]
    inner = window - 2 * model.margin
    whole = trunk + multiply_adds(model.head, 1, channels, inner, inner)
    return sum(each.numel() for each in model.parameters()), patchwise, whole


def line(network: str, attention: str, place: str | None, source: str) -> str:
    """Return one line of a table: what it is, its parameters, its two costs."""
    parameters, patchwise, whole = costs(network, attention, place)
    cells = [network, attention, place or "", source, f"{parameters:,}"]
    cells += [f"{patchwise / 1e6:,.2f}", f"{whole / 1e6:,.2f}", f"{patchwise / whole:.1f}"]
    return f"| {' | '.join(cells)} |"


def page() -> str:
    """Return docs/networks.md."""
    networks = [
        line(name, attention, place, SOURCES.get(name, RESNET))
        for name, network in MODELS.items()
        if name != "svm"
        for attention, place in [("none", None), *(("se", place) for place in network.places)]
    ]
    machine = f"| svm | none | | {SOURCES['svm']}; reads the centre pixel alone | | | | |"
    attentions = [
        line("hybridsn", name, place, SOURCES[name])
        for name in ATTENTION
        for place in (MODELS["hybridsn"].places if name != "none" else [None])
    ]
    head = (
        "| network | attention | at | source | parameters | M patchwise | M whole-scene | ratio |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    return f"""# Networks and attentions

Written by `python -m benchmarks.networks`; do not edit. At {COMPONENTS} components, window {WINDOW}
and {CLASSES} classes, with batch normalisation and the settings of params.yaml.

*M patchwise*: million multiply-adds to classify one pixel from its window alone. *M whole-scene*:
the same with the trunk run once over a scene of {SCENE} x {SCENE} pixels, its margin included, and
the head on each window of its output, which is how this program computes training steps and maps
(src/hsi/models/trunk_head.py). Convolutions and matrix products are counted, pointwise work is not.

Attention pools a whole window, so it and all that follows it belong to the head: where it stands
decides what the whole scene costs. The first of a network's places is its usual one
(`model.attention_at: null`).

## Networks

{head}{chr(10).join([*networks, machine])}

The machine's size is decided by training: {COMPONENTS} numbers and {CLASSES - 1} weights for each
support vector.

The ResNet, Res2Net and MobileNet families keep the resolution in their stem: 25 pixels become 13, 7
and 4, not 1. Their convolutions are padded, so nothing of them slides over a scene. Built with
their ImageNet stem and 1,000 classes they have exactly the published numbers of parameters
(tests/test_models.py). `se_resnet50` with `attention: none` is ResNet-50.

`hybridsn_2d_first` holds 123 million parameters, 0.5 GB; training it with Adam takes 2 GB before
the first feature map.

## Attentions, on HybridSN

{head}{chr(10).join(attentions)}
"""


def main() -> None:
    """Write the page."""
    write(Path("docs/networks.md"), page().encode())


if __name__ == "__main__":
    main()

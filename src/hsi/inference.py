"""Class probabilities of pixels: the trunk once, the head on windows of its output."""

import numpy as np
import torch
from jaxtyping import Float32, Int64

from hsi.models import TrunkHead
from hsi.windows import gather, pixels_at_once


@torch.inference_mode()
def classify(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    rows: Int64[np.ndarray, " pixels"],
    columns: Int64[np.ndarray, " pixels"],
) -> Float32[np.ndarray, "pixels classes"]:
    """Return each class's probability at each pixel.

    The same as the network gives for each pixel's window alone, up to rounding, because a trunk
    commutes with sliding the window.

    Args:
        model: The network, on any device.
        padded: The padded cube as the pixels' side may see it.
        rows: Row of each pixel in the cube without its margin.
        columns: Column of each.
    """
    model.eval()
    device = next(model.parameters()).device
    size = model.window - 2 * model.margin
    features = model.trunk(torch.from_numpy(padded).to(device)[None, None]).squeeze(0)
    pixels = torch.from_numpy(np.stack([rows, columns])).to(device)
    portions = pixels.split(pixels_at_once(len(features), size), dim=1)
    scores = [model.head(gather(features, where[0], where[1], size)) for where in portions]
    return torch.cat(scores).softmax(1).cpu().numpy()

"""Class probabilities of pixels: the trunk once, the head on windows of its output."""

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from hsi.models.trunk_head import TrunkHead
from hsi.symmetry import SYMMETRIES, turned, turned_pixels
from hsi.windows import gather, windows_at_once


@torch.inference_mode()
def classify(
    model: TrunkHead,
    padded: Float32[np.ndarray, "components padded_height padded_width"],
    rows: Int64[np.ndarray, " pixels"],
    columns: Int64[np.ndarray, " pixels"],
    turns: bool,
) -> Float32[np.ndarray, "pixels classes"]:
    """Return each class's probability at each pixel.

    The same as the network gives for each pixel's window alone, up to rounding, because a trunk
    commutes with sliding the window.

    Args:
        model: The network, on any device.
        padded: The padded cube as the pixels' side may see it.
        rows: Row of each pixel in the cube without its margin.
        columns: Column of each.
        turns: Return the mean over the scene's eight turned and mirrored copies, at eight times
            the cost, rather than the scene as it lies.
    """
    model.eval()
    device = next(model.parameters()).device
    scene = torch.from_numpy(padded).to(device)
    where = torch.from_numpy(rows).to(device), torch.from_numpy(columns).to(device)
    shape = (padded.shape[1] - model.window + 1, padded.shape[2] - model.window + 1)
    answers = [
        _probabilities(model, turned(scene, way), *turned_pixels(*where, shape, way))
        for way in range(SYMMETRIES if turns else 1)
    ]
    return torch.stack(answers).mean(0).cpu().numpy()


def _probabilities(
    model: TrunkHead,
    padded: Float32[Tensor, "components padded_height padded_width"],
    rows: Int64[Tensor, " pixels"],
    columns: Int64[Tensor, " pixels"],
) -> Float32[Tensor, "pixels classes"]:
    size = model.window - 2 * model.margin
    features = model.trunk(padded[None, None]).squeeze(0)
    at_once = windows_at_once(model, len(padded))
    portions = torch.stack([rows, columns]).split(at_once, dim=1)
    scores = [model.head(gather(features, part[0], part[1], size)) for part in portions]
    return torch.cat(scores).softmax(1)

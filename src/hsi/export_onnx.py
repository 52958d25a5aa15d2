"""A classifier as one ONNX file: the bands of a whole scene in, class probabilities out.

The graph holds everything between them: the projection, the border of zeros, the network, the mean
over turns and the temperature, but no smoothing over the scene. Height and width are free. As
in the library, the trunk runs once over the scene; the head then reads the windows of one row of
pixels after another, in a loop (https://onnx.ai/onnx/operators/onnx__Scan.html), so it never holds
the windows of all pixels. A network without a trunk and a comparator have the same form.
"""

import copy
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float32, Float64, Int64, Shaped
from torch import Tensor, nn
from torch.nn.functional import pad

from hsi import __version__
from hsi.classifier import Classifier
from hsi.comparators.comparator import Comparator
from hsi.cube.symmetry import TURNS, apply_symmetry
from hsi.files import write
from hsi.networks.trunk_head import TrunkHead

if TYPE_CHECKING:
    from onnxscript import ir

# The newest that torch's exporter writes without converting; onnxruntime reads it from 1.23 on.
OPSET = 23
LARGEST = 2**31 - 2**20  # bytes of weights; protobuf, the format of ONNX, ends at 2 GiB
INPUT = "float32 (height, width, bands), in the units of the training scene; NaN where no data"
OUTPUT = "float32 (height, width, classes), in the order of class_names; NaN where no data"


class WholeScene(nn.Module):
    """All that a classifier does with a scene, in operations that ONNX has.

    Args:
        classifier: The classifier; its model is copied to the CPU.
    """

    mean: Float64[Tensor, " bands"]
    axes: Float64[Tensor, "components bands"]

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        model = copy.deepcopy(classifier.model).cpu()
        if isinstance(model, Comparator):
            head = nn.Sequential(nn.Flatten(), model)
            model = TrunkHead(nn.Flatten(1, 2), head, model.window, margin=0)
        self.network = model
        # Symmetries leave a window of one pixel as it is.
        self.turns = classifier.how.turns and model.window > 1
        self.temperature = _temperature(classifier)
        self.normalise = classifier.projection.normalise
        self.register_buffer("mean", torch.from_numpy(classifier.projection.mean))
        self.register_buffer("axes", torch.from_numpy(classifier.projection.axes))

    def forward(
        self, cube: Float32[Tensor, "height width bands"]
    ) -> Float32[Tensor, "height width classes"]:
        """Return the class probabilities of every pixel."""
        empty = cube.isnan().any(-1, keepdim=True)
        # In float64, as in the library: late components are small differences of large numbers.
        spectra = _normalised(cube.double(), self.normalise)
        components = ((spectra - self.mean) @ self.axes.T).float()
        components = torch.where(empty, 0.0, components)
        padded = pad(components.permute(2, 0, 1), [self.network.window // 2] * 4)
        answers = self._over_turns(padded) if self.turns else self._probabilities(padded)
        if self.temperature != 1:
            raised = (answers / answers.amax(-1, keepdim=True)) ** (1 / self.temperature)
            answers = raised / raised.sum(-1, keepdim=True)
        return torch.where(empty, torch.nan, answers)

    def _over_turns(
        self, padded: Float32[Tensor, "components padded_height padded_width"]
    ) -> Float32[Tensor, "height width classes"]:
        """Return the mean over the four quarter turns."""
        turned_back = []
        for odd in range(2):  # two keep the shape of the scene, two exchange height and width
            alike = range(odd, TURNS, 2)
            images = torch.stack([apply_symmetry(padded, turn) for turn in alike])
            for turn, answers in zip(alike, _each(self._probabilities, images), strict=True):
                turned_back.append(torch.rot90(answers, -turn))
        return torch.stack(turned_back).mean(0)

    def _probabilities(
        self, padded: Float32[Tensor, "components padded_height padded_width"]
    ) -> Float32[Tensor, "height width classes"]:
        maps = self.network.trunk(padded[None, None])[0]
        side = self.network.window - 2 * self.network.margin
        height, width = (length - side + 1 for length in maps.shape[1:])
        columns = torch.arange(width)[:, None] + torch.arange(side)
        return _each(lambda top: self._of_row(maps, top, columns), torch.arange(height))

    def _of_row(
        self,
        maps: Float32[Tensor, "channels rows padded_width"],
        top: Int64[Tensor, ""],
        columns: Int64[Tensor, "width side"],
    ) -> Float32[Tensor, "width classes"]:
        strip = maps.index_select(1, top + torch.arange(columns.shape[1]))
        windows = strip[:, :, columns].permute(2, 0, 1, 3)  # (W, C, side, side)
        return self.network.probabilities_of(self.network.head(windows))


def _temperature(classifier: Classifier) -> float:
    """Return the temperature of the graph; that of a classifier is for smoothed probabilities."""
    return 1.0 if classifier.how.smoothing.reach else classifier.how.temperature


def _normalised(
    spectra: Float64[Tensor, "height width bands"], how: str
) -> Float64[Tensor, "height width bands"]:
    """Do in torch what `hsi.reduction.normalise` does."""
    if how == "none":
        return spectra
    if how == "snv":
        spectra = spectra - spectra.mean(-1, keepdim=True)
        length = spectra.square().mean(-1, keepdim=True).sqrt()
    else:
        length = spectra.square().sum(-1, keepdim=True).sqrt()
    return spectra / torch.where(length > 0, length, 1.0)


def export_onnx(classifier: Classifier, path: Path) -> None:
    """Write a classifier as an ONNX file.

    Its input `cube` and its output `probability` are as INPUT and OUTPUT say; the metadata of the
    file say it too, and what `metadata` returns.

    Args:
        classifier: The classifier.
        path: The file, whose name ends in `.onnx`.

    Raises:
        ValueError: If the name ends otherwise, a package that this needs is not installed, or the
            weights are too large for an ONNX file.
        OSError: Naming the file, if it could not be written.
    """
    if path.suffix != ".onnx":
        raise ValueError(f"{path}: the name of an ONNX file may end in .onnx")
    _refuse_missing_packages()
    scene = WholeScene(classifier).eval()
    size = sum(each.nbytes for each in (*scene.parameters(), *scene.buffers()))
    if size > LARGEST:
        raise ValueError(
            f"{path}: an ONNX file holds at most 2 GiB, and the weights take {size / 2**30:.1f} GiB"
        )
    window, bands = scene.network.window, len(classifier.projection.mean)
    free = {0: torch.export.Dim("height", min=1), 1: torch.export.Dim("width", min=1)}
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            scene,
            (torch.zeros(window + 2, window + 3, bands),),
            dynamo=True,
            opset_version=OPSET,
            dynamic_shapes=(free,),
            input_names=["cube"],
            output_names=["probability"],
            custom_translation_table={torch.ops.aten._cdist_forward.default: _distance},
            verbose=False,
        )
    assert program is not None, "torch returns it if dynamo=True"
    _remove_traces(program.model)
    program.model.metadata_props.update(
        {key: json.dumps(value, allow_nan=False) for key, value in metadata(classifier).items()}
    )
    write(path, program.model_proto.SerializeToString(deterministic=True))


def metadata(classifier: Classifier) -> dict[str, Any]:
    """Return what an ONNX file says of its classifier; the file holds each value as JSON."""
    scene, recipe = classifier.scene, classifier.recipe
    return {
        "hsi_version": __version__,
        "cube": INPUT,
        "probability": OUTPUT,
        "class_names": scene.class_names,
        "labels": scene.labels,
        "unlabelled": scene.unlabelled,
        "colours": classifier.colours,
        "wavelengths": scene.wavelengths,
        "nodata": scene.nodata,
        "scene": scene.name,
        "sensor": scene.sensor,
        "citation": scene.citation,
        "licence": scene.licence,
        "model": recipe.name,
        "attention": recipe.attention.name,
        "window": classifier.model.window,
        "turns": classifier.how.turns,
        "smoothing": "none",
        "temperature": _temperature(classifier),
        **classifier.evidence,
    }


def _each(
    function: Callable[[Tensor], Tensor], items: Shaped[Tensor, "items ..."]
) -> Shaped[Tensor, "items ..."]:
    """Return `function` of each item, one after the other, also in the graph."""
    from torch._higher_order_ops.scan import scan

    # A scan must carry something from one item to the next.
    _, results = scan(
        lambda nothing, item: (nothing.clone(), function(item)), torch.zeros(1), items
    )
    return results


def _refuse_missing_packages() -> None:
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise ValueError(
            f"the export to ONNX needs {error.name}: `pip install hyperspectral-classifier[onnx]` "
            "installs it, or `pip install .[onnx]` in a clone"
        ) from error


def _distance(left: Any, right: Any, power: float, mode: int | None) -> Any:  # noqa: ANN401
    """Return Euclidean distances, (left, right): torch has no translation of `torch.cdist`."""
    from onnxscript import opset23 as op

    axes: list[Any] = [op.Constant(value_ints=[axis]) for axis in (1, 2)]
    return op.ReduceL2(op.Sub(op.Unsqueeze(left, axes[0]), right), axes[1], keepdims=0)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence what torch's exporter says about its own code."""
    registration = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = registration.level
    registration.setLevel(logging.ERROR)  # it warns that torchvision is not installed
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r".*LeafSpec.* is deprecated", FutureWarning)
            yield
    finally:
        registration.setLevel(level)


def _remove_traces(model: "ir.Model") -> None:
    """Remove what torch notes of the code that nodes come from: it holds paths of this machine."""
    for node in model.graph.all_nodes():
        node.metadata_props.clear()
        for value in node.outputs:
            value.metadata_props.clear()

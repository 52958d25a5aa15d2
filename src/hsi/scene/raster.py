"""Read arrays from .mat (MATLAB v5 to v7) and .npy files, without executing what they hold."""

import warnings
from pathlib import Path

import numpy as np
import scipy.io
from jaxtyping import Shaped


def read_variable(
    path: Path, key: str | None, dimensions: tuple[int, ...], setting: str
) -> Shaped[np.ndarray, "..."]:
    """Read one numeric array; of a .npy file, only what is indexed is read from the disk.

    Args:
        path: The file.
        key: The variable of a .mat file; None to take the only one that fits.
        dimensions: How many axes the array may have.
        setting: What errors call the setting that names the variable (`scene.custom.cube_key`).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be read, lacks the variable, or holds several or none that fit.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist")
    try:
        if path.suffix == ".npy":
            arrays = {"": np.load(path, "r", allow_pickle=False)}
        elif path.suffix == ".mat":
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # scipy only warns of some broken variables
                arrays = scipy.io.loadmat(path, variable_names=[key] if key else None)
        else:
            raise ValueError("only .mat and .npy files are read")
    except NotImplementedError as error:
        raise ValueError(
            f"{path} is MATLAB v7.3 (HDF5); save it with `save(..., '-v7')`"
        ) from error
    except Exception as error:  # scipy and numpy raise many kinds of exception for a broken file
        raise ValueError(f"{path} cannot be read: {error or 'it is truncated'}") from error
    arrays = {name: array for name, array in arrays.items() if not name.startswith("__")}
    if key and key not in arrays and path.suffix == ".mat":
        there = ", ".join(name for name, *_ in scipy.io.whosmat(path))
        raise ValueError(f"{path} has no variable {key!r}; it has {there}")
    fitting = {
        name: array
        for name, array in arrays.items()
        if isinstance(array, np.ndarray) and array.dtype.kind in "buif" and array.ndim in dimensions
    }
    if len(fitting) != 1:
        axes = " or ".join(map(str, dimensions))
        there = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(
            f"{path} should hold one numeric array of {axes} axes, it has {len(fitting)} ({there})"
            + (f"; name one in params.yaml: {setting}" if len(fitting) > 1 else "")
        )
    return next(iter(fitting.values()))

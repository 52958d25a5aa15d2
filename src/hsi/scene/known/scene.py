"""What is known about a published scene: its files, how to check them, and what they show."""

from dataclasses import dataclass
from typing import NamedTuple

UPV_EHU = "http://www.ehu.eus/ccwintco/index.php/Hyperspectral_Remote_Sensing_Scenes"
UPV_EHU_FILES = "http://www.ehu.eus/ccwintco/uploads/"
UPV_EHU_OLD_FILES = "http://www.ehu.es/ccwintco/uploads/"  # as its page links to KSC and Botswana
UPV_EHU_CITATION = (
    "M. Grana, M. A. Veganzones, B. Ayerdi: Hyperspectral Remote Sensing Scenes, UPV/EHU"
)
HYBRIDSN = "https://raw.githubusercontent.com/gokriznastic/HybridSN/master/data/"
DANAROTH = "https://huggingface.co/datasets/danaroth/"
NOT_STATED = "none stated by its publishers: downloaded, never redistributed"


@dataclass(frozen=True)
class SceneFile:
    """One published file.

    Attributes:
        name: File name, also for a file that is put into data/scenes by hand.
        key: The array's name inside the .mat file; None if copies of the file differ in it, so that
            the only array that fits is taken.
        digest: `git:` and the git blob id, or `sha256:` and the sum, of the .mat file, if at least
            two independent sources agree on it; None otherwise.
        urls: Addresses to download it from, tried in this order; empty if its publishers give it
            out by registration.
        reported: The sha256 of the .mat file that a single source reports. A file that differs is
            used, and the user is told.
        array_sha256: Checksum of the array's bytes in C order, where known; it does not depend on
            the file format.
        packaged: Path of the same array as .npy in an installed distribution, if there is one.
    """

    name: str
    key: str | None
    digest: str | None
    urls: tuple[str, ...]
    reported: str | None = None
    array_sha256: str | None = None
    packaged: str | None = None


class KnownClass(NamedTuple):
    """One class of a truth.

    Attributes:
        label: Its value in the truth; 0 is unlabelled.
        name: As its publishers spell it.
        pixels: How many pixels of the truth have the label.
    """

    label: int
    name: str
    pixels: int


@dataclass(frozen=True)
class KnownScene:
    """A published scene.

    Attributes:
        cube: File of the (height, width, bands) cube.
        truth: File of the (height, width) truth.
        shape: Height, width and number of bands.
        classes: The classes of the truth, in the order of their labels.
        sensor: Instrument, ground sample distance, range of wavelengths, date and place.
        wavelengths: (bands,) band centres in nanometres; None where none are published, or none
            that a second source confirms.
        false_colour: Three bands, from 0, to show as red, green and blue.
        home: The page of its publishers, where a person finds the files.
        citation: Whom to cite.
        licence: Under what terms, as far as its publishers say.
    """

    cube: SceneFile
    truth: SceneFile
    shape: tuple[int, int, int]
    classes: tuple[KnownClass, ...]
    sensor: str
    wavelengths: tuple[float, ...] | None
    false_colour: tuple[int, int, int]
    home: str
    citation: str
    licence: str

"""The scenes known by name: the addresses of their files, their checksums, and their classes.

Shapes, content checks and class names are those of the "Hyperspectral Remote Sensing Scenes" page
of the Computational Intelligence Group of the University of the Basque Country, spelling included.
"""

from dataclasses import dataclass

# Centres of the 220 AVIRIS channels of 1992 (Purdue MultiSpec documentation of the data set), less
# channels 104-108, 150-163 and 220, which the corrected cube leaves out. The two backward steps are
# real: spectrometers overlap there.
_INDIAN_PINES_NM = """
    400.02 409.82 419.62 429.43 439.25 449.07 458.90 468.73 478.57 488.41 498.26 508.12 517.98
    527.85 537.72 547.60 557.49 567.38 577.28 587.18 597.09 607.01 616.93 626.85 636.78 646.72
    656.67 666.61 676.57 686.53 696.50 686.91 696.55 706.19 715.83 725.47 735.11 744.74 754.38
    764.01 773.64 783.27 792.91 802.53 812.16 821.79 831.41 841.04 850.66 860.28 869.91 879.53
    889.14 898.76 908.38 917.99 927.61 937.22 946.83 956.45 966.06 975.66 985.27 994.88
    1004.48 1014.09 1023.69 1033.29 1042.89 1052.49 1062.09 1071.69 1081.29 1090.88 1100.48
    1110.07 1119.66 1129.25 1138.84 1148.43 1158.02 1167.61 1177.19 1186.77 1196.36 1205.94
    1215.52 1225.10 1234.68 1244.26 1253.83 1263.41 1272.98 1282.55 1273.00 1282.96 1292.93
    1302.89 1312.85 1322.81 1332.77 1342.73 1352.68 1412.39 1422.34 1432.28 1442.23 1452.17
    1462.11 1472.05 1481.99 1491.92 1501.86 1511.79 1521.73 1531.66 1541.59 1551.52 1561.44
    1571.37 1581.30 1591.22 1601.14 1611.06 1620.98 1630.90 1640.81 1650.73 1660.64 1670.56
    1680.47 1690.38 1700.28 1710.19 1720.10 1730.00 1739.90 1749.81 1759.71 1769.60 1779.50
    1789.40 1799.29 1809.19 1943.27 1953.26 1963.25 1973.24 1983.23 1993.22 2003.20 2013.18
    2023.16 2033.13 2043.10 2053.07 2063.04 2073.00 2082.97 2092.92 2102.88 2112.83 2122.78
    2132.73 2142.68 2152.62 2162.56 2172.50 2182.43 2192.37 2202.30 2212.22 2222.15 2232.07
    2241.99 2251.90 2261.82 2271.73 2281.64 2291.54 2301.45 2311.35 2321.25 2331.14 2341.03
    2350.92 2360.81 2370.70 2380.58 2390.46 2400.33 2410.21 2420.08 2429.95 2439.81 2449.68
    2459.54 2469.40 2479.25 2489.11
"""

_HOME = "http://www.ehu.eus/ccwintco/uploads/"
_HYBRIDSN = "https://raw.githubusercontent.com/gokriznastic/HybridSN/master/data/"
_DATASETS = "https://huggingface.co/datasets/danaroth/"
_PAGE = "M. Grana, M. A. Veganzones, B. Ayerdi: Hyperspectral Remote Sensing Scenes, UPV/EHU"


@dataclass(frozen=True)
class SceneFile:
    """One published file.

    Attributes:
        name: File name, also for a file that is put into data/scenes by hand.
        key: The array's name inside the .mat file.
        digest: `git:` and the git blob id, or `sha256:` and the sum, of the .mat file.
        urls: Addresses to download it from, tried in this order.
        array_sha256: Checksum of the array's bytes in C order, where known; it does not depend on
            the file format.
        packaged: Path of the same array as .npy in an installed distribution, if there is one.
    """

    name: str
    key: str
    digest: str
    urls: tuple[str, ...]
    array_sha256: str | None = None
    packaged: str | None = None


@dataclass(frozen=True)
class KnownScene:
    """A published scene.

    Attributes:
        cube: File of the (height, width, bands) cube.
        truth: File of the (height, width) truth, 0 for unlabelled.
        class_names: Name of each class, from 1.
        sensor: Instrument, ground sample distance and date.
        wavelengths: Band centres in nanometres; None where none are published.
        false_colour: Three bands, from 0, to show as red, green and blue.
        citation: Whom to cite.
        licence: Under what terms, as far as its publishers say.
    """

    cube: SceneFile
    truth: SceneFile
    class_names: tuple[str, ...]
    sensor: str
    wavelengths: tuple[float, ...] | None
    false_colour: tuple[int, int, int]
    citation: str
    licence: str


KNOWN: dict[str, KnownScene] = {
    "indian_pines": KnownScene(
        cube=SceneFile(
            "Indian_pines_corrected.mat",
            "indian_pines_corrected",
            "git:75b6d6e7df046fce91eda23e7559e274c92da711",
            (
                _HOME + "6/67/Indian_pines_corrected.mat",
                _HYBRIDSN + "Indian_pines_corrected.mat",
                _DATASETS + "indian_pines/resolve/main/Indian_pines_corrected.mat",
            ),
            array_sha256="36468dd7336c8bd37a80cced54362ea426f226703f3797ba494556fd8134e77f",
            packaged="tensorly/datasets/data/Indian_pines_corrected.npy",
        ),
        truth=SceneFile(
            "Indian_pines_gt.mat",
            "indian_pines_gt",
            "sha256:65c4687a8ab04f6da4789799bc3bc4f6e88bccac3ed6a2e6ae367e5e6b9e429c",
            (
                _HOME + "c/c4/Indian_pines_gt.mat",
                _HYBRIDSN + "Indian_pines_gt.mat",
                _DATASETS + "indian_pines/resolve/main/Indian_pines_gt.mat",
            ),
            array_sha256="ebf20cfe0bce98f01885f0ab4fd1857925db3ef0a1f1624bbee3ffcb92425103",
            packaged="tensorly/datasets/data/Indian_pines_gt.npy",
        ),
        class_names=(
            "Alfalfa",
            "Corn-notill",
            "Corn-mintill",
            "Corn",
            "Grass-pasture",
            "Grass-trees",
            "Grass-pasture-mowed",
            "Hay-windrowed",
            "Oats",
            "Soybean-notill",
            "Soybean-mintill",
            "Soybean-clean",
            "Wheat",
            "Woods",
            "Buildings-Grass-Trees-Drives",
            "Stone-Steel-Towers",
        ),
        sensor="AVIRIS, 20 m pixels, 12 June 1992, West Lafayette (Indiana)",
        wavelengths=tuple(map(float, _INDIAN_PINES_NM.split())),
        false_colour=(48, 25, 15),
        citation=(
            "M. F. Baumgardner, L. L. Biehl, D. A. Landgrebe (2015): 220 Band AVIRIS Hyperspectral "
            "Image Data Set: June 12, 1992 Indian Pine Test Site 3. Purdue University Research "
            "Repository. doi:10.4231/R7RX991C"
        ),
        licence="CC BY 3.0, as the tensorly package distributes it",
    ),
    "salinas": KnownScene(
        cube=SceneFile(
            "Salinas_corrected.mat",
            "salinas_corrected",
            "git:2a745377a77369bd5a9d430c722f0bf5e0d0ffc1",
            (
                _HOME + "a/a3/Salinas_corrected.mat",
                _HYBRIDSN + "Salinas_corrected.mat",
                _DATASETS + "salinas/resolve/main/Salinas_corrected.mat",
            ),
        ),
        truth=SceneFile(
            "Salinas_gt.mat",
            "salinas_gt",
            "sha256:ecfab4d31ef5553f097943235d8ea502038eb4a2067b2ad10b33e37c949955e2",
            (
                _HOME + "f/fa/Salinas_gt.mat",
                _HOME + "c/c4/Salinas_gt.mat",
                _HYBRIDSN + "Salinas_gt.mat",
                _DATASETS + "salinas/resolve/main/Salinas_gt.mat",
            ),
        ),
        class_names=(
            "Brocoli_green_weeds_1",
            "Brocoli_green_weeds_2",
            "Fallow",
            "Fallow_rough_plow",
            "Fallow_smooth",
            "Stubble",
            "Celery",
            "Grapes_untrained",
            "Soil_vinyard_develop",
            "Corn_senesced_green_weeds",
            "Lettuce_romaine_4wk",
            "Lettuce_romaine_5wk",
            "Lettuce_romaine_6wk",
            "Lettuce_romaine_7wk",
            "Vinyard_untrained",
            "Vinyard_vertical_trellis",
        ),
        sensor="AVIRIS, 3.7 m pixels, 1998, Salinas Valley (California)",
        wavelengths=None,
        false_colour=(50, 29, 19),
        citation=_PAGE,
        licence="none stated by its publishers: downloaded, never redistributed",
    ),
    "pavia_university": KnownScene(
        cube=SceneFile(
            "PaviaU.mat",
            "paviaU",
            "git:6eecc933bedec1130bb046483dd12e25cf091b24",
            (
                _HOME + "e/ee/PaviaU.mat",
                _HYBRIDSN + "PaviaU.mat",
                _DATASETS + "pavia/resolve/main/PaviaU.mat",
            ),
        ),
        truth=SceneFile(
            "PaviaU_gt.mat",
            "paviaU_gt",
            "sha256:23f6a426928f9b32984adffe659e29f554f9fb6c93b5a107528d308d5087a829",
            (
                _HOME + "5/50/PaviaU_gt.mat",
                _HYBRIDSN + "PaviaU_gt.mat",
                _DATASETS + "pavia/resolve/main/PaviaU_gt.mat",
            ),
        ),
        class_names=(
            "Asphalt",
            "Meadows",
            "Gravel",
            "Trees",
            "Painted metal sheets",
            "Bare Soil",
            "Bitumen",
            "Self-Blocking Bricks",
            "Shadows",
        ),
        sensor="ROSIS-03, 1.3 m pixels, 430 to 860 nm, Pavia (Italy)",
        wavelengths=None,
        false_colour=(100, 52, 28),
        citation=f"P. Gamba, University of Pavia; {_PAGE}",
        licence="none stated by its publishers: downloaded, never redistributed",
    ),
}

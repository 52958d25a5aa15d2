"""Scenes of ROSIS-03, an airborne spectrometer of DLR, over Pavia.

Addresses, shapes and class names are those of the page of the Computational Intelligence Group of
the University of the Basque Country, spelling included, unless a comment says otherwise. No band
centres are published; the bands reach from 430 to 860 nm.
"""

from hsi.scene.known.scene import (
    DANAROTH,
    HYBRIDSN,
    NOT_STATED,
    UPV_EHU,
    UPV_EHU_CITATION,
    UPV_EHU_FILES,
    KnownClass,
    KnownScene,
    SceneFile,
)

PAVIA_UNIVERSITY = KnownScene(
    cube=SceneFile(
        "PaviaU.mat",
        "paviaU",
        "git:6eecc933bedec1130bb046483dd12e25cf091b24",
        (
            UPV_EHU_FILES + "e/ee/PaviaU.mat",
            HYBRIDSN + "PaviaU.mat",
            DANAROTH + "pavia/resolve/main/PaviaU.mat",
        ),
    ),
    truth=SceneFile(
        "PaviaU_gt.mat",
        "paviaU_gt",
        "sha256:23f6a426928f9b32984adffe659e29f554f9fb6c93b5a107528d308d5087a829",
        (
            UPV_EHU_FILES + "5/50/PaviaU_gt.mat",
            HYBRIDSN + "PaviaU_gt.mat",
            DANAROTH + "pavia/resolve/main/PaviaU_gt.mat",
        ),
    ),
    shape=(610, 340, 103),
    classes=(
        KnownClass(1, "Asphalt", 6_631),
        KnownClass(2, "Meadows", 18_649),
        KnownClass(3, "Gravel", 2_099),
        KnownClass(4, "Trees", 3_064),
        KnownClass(5, "Painted metal sheets", 1_345),
        KnownClass(6, "Bare Soil", 5_029),
        KnownClass(7, "Bitumen", 1_330),
        KnownClass(8, "Self-Blocking Bricks", 3_682),
        KnownClass(9, "Shadows", 947),
    ),
    sensor="ROSIS-03, 1.3 m pixels, 430 to 860 nm, Pavia (Italy)",
    wavelengths=None,
    false_colour=(100, 52, 28),
    home=UPV_EHU,
    citation=f"P. Gamba, University of Pavia; {UPV_EHU_CITATION}",
    licence=NOT_STATED,
)

# The page, and most code after it, has labels 3 and 5 to 9 in another order (3 Asphalt, 5 Bitumen,
# 6 Tiles, 7 Shadows, 8 Meadows, 9 Bare Soil), by which the old town of Pavia would be 42,826 pixels
# of meadow. This is the order of two code bases that do not follow the page.
PAVIA_CENTRE = KnownScene(
    cube=SceneFile(
        "Pavia.mat",
        "pavia",
        None,
        (UPV_EHU_FILES + "e/e3/Pavia.mat",),
        reported="b60341da323fd271cd97dd6d7a69514d385ccd7fdfc5a60c4ff5994b047f152e",
    ),
    truth=SceneFile(
        "Pavia_gt.mat",
        "pavia_gt",
        None,
        (UPV_EHU_FILES + "5/53/Pavia_gt.mat",),
        reported="7eb54ab81b404dd3ae572e6d0ec211595029e5a847bec2cfb8f9e72d07066b69",
    ),
    shape=(1096, 715, 102),
    classes=(
        KnownClass(1, "Water", 65_971),
        KnownClass(2, "Trees", 7_598),
        KnownClass(3, "Meadows", 3_090),
        KnownClass(4, "Self-Blocking Bricks", 2_685),
        KnownClass(5, "Bare Soil", 6_584),
        KnownClass(6, "Asphalt", 9_248),
        KnownClass(7, "Bitumen", 7_287),
        KnownClass(8, "Tiles", 42_826),
        KnownClass(9, "Shadows", 2_863),
    ),
    sensor=PAVIA_UNIVERSITY.sensor,
    wavelengths=None,
    false_colour=(100, 52, 28),
    home=UPV_EHU,
    citation=PAVIA_UNIVERSITY.citation,
    licence=NOT_STATED,
)

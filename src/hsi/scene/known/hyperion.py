"""The scene of Hyperion, the spectrometer of the satellite EO-1.

Addresses, shape and class names are those of the page of the Computational Intelligence Group of
the University of the Basque Country.
"""

from hsi.scene.known.scene import (
    NOT_STATED,
    UPV_EHU,
    UPV_EHU_CITATION,
    UPV_EHU_FILES,
    UPV_EHU_OLD_FILES,
    KnownClass,
    KnownScene,
    SceneFile,
)

# Centres of the instrument's bands (USGS), of which the page keeps 10-55, 82-97, 102-119, 134-164
# and 187-220.
_BOTSWANA_NM = """
    447.17 457.34 467.52 477.69 487.87 498.04 508.22 518.39 528.57 538.74 548.92 559.09 569.27
    579.45 589.62 599.80 609.97 620.15 630.32 640.50 650.67 660.85 671.02 681.20 691.37 701.55
    711.72 721.90 732.07 742.25 752.43 762.60 772.78 782.95 793.13 803.30 813.48 823.65 833.83
    844.00 854.18 864.35 874.53 884.70 894.88 905.05 962.91 972.99 983.08 993.17 1003.30 1013.30
    1023.40 1033.49 1043.59 1053.69 1063.79 1073.89 1083.99 1094.09 1104.19 1114.19 1164.68 1174.77
    1184.87 1194.97 1205.07 1215.17 1225.17 1235.27 1245.36 1255.46 1265.56 1275.66 1285.76 1295.86
    1305.96 1316.05 1326.05 1336.15 1487.53 1497.63 1507.73 1517.83 1527.92 1537.92 1548.02 1558.12
    1568.22 1578.32 1588.42 1598.51 1608.61 1618.71 1628.81 1638.81 1648.90 1659.00 1669.10 1679.20
    1689.30 1699.40 1709.50 1719.60 1729.70 1739.70 1749.79 1759.89 1769.99 1780.09 1790.19 2022.25
    2032.35 2042.45 2052.45 2062.55 2072.65 2082.75 2092.84 2102.94 2113.04 2123.14 2133.24 2143.34
    2153.34 2163.43 2173.53 2183.63 2193.73 2203.83 2213.93 2224.03 2234.12 2244.22 2254.22 2264.32
    2274.42 2284.52 2294.61 2304.71 2314.81 2324.91 2335.01 2345.11 2355.21
"""

BOTSWANA = KnownScene(
    cube=SceneFile(
        "Botswana.mat",
        "Botswana",
        None,
        (UPV_EHU_FILES + "7/72/Botswana.mat", UPV_EHU_OLD_FILES + "7/72/Botswana.mat"),
        reported="f1603903c844cdc2980550b0180688e8e1a72d4292595d1120e1dec2a80a91c7",
    ),
    truth=SceneFile(
        "Botswana_gt.mat",
        "Botswana_gt",
        "sha256:668394905e10e629c16584bfd02b0f533b96d6ba18a63274a94ff3a77126a887",
        (UPV_EHU_FILES + "5/58/Botswana_gt.mat", UPV_EHU_OLD_FILES + "5/58/Botswana_gt.mat"),
    ),
    shape=(1476, 256, 145),
    classes=(
        KnownClass(1, "Water", 270),
        KnownClass(2, "Hippo grass", 101),
        KnownClass(3, "Floodplain grasses 1", 251),
        KnownClass(4, "Floodplain grasses 2", 215),
        KnownClass(5, "Reeds", 269),
        KnownClass(6, "Riparian", 269),
        KnownClass(7, "Firescar", 259),
        KnownClass(8, "Island interior", 203),
        KnownClass(9, "Acacia woodlands", 314),
        KnownClass(10, "Acacia shrublands", 248),
        KnownClass(11, "Acacia grasslands", 305),
        KnownClass(12, "Short mopane", 181),
        KnownClass(13, "Mixed mopane", 268),
        KnownClass(14, "Exposed soils", 95),
    ),
    sensor="Hyperion on EO-1, 30 m pixels, 31 May 2001, Okavango Delta (Botswana)",
    wavelengths=tuple(map(float, _BOTSWANA_NM.split())),
    false_colour=(40, 20, 10),
    home=UPV_EHU,
    citation=UPV_EHU_CITATION,
    licence=NOT_STATED,
)

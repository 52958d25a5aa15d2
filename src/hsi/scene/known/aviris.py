"""Scenes of AVIRIS, NASA's airborne spectrometer of 224 bands from 400 to 2500 nm.

Addresses, shapes and class names are those of the page of the Computational Intelligence Group of
the University of the Basque Country, spelling included, unless a comment says otherwise.
"""

from hsi.scene.known.scene import (
    DANAROTH,
    HYBRIDSN,
    NOT_STATED,
    UPV_EHU,
    UPV_EHU_CITATION,
    UPV_EHU_FILES,
    UPV_EHU_OLD_FILES,
    KnownClass,
    KnownScene,
    SceneFile,
)

# Centres of the 220 channels of 1992 (Purdue MultiSpec documentation of the data set), less
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

INDIAN_PINES = KnownScene(
    cube=SceneFile(
        "Indian_pines_corrected.mat",
        "indian_pines_corrected",
        "git:75b6d6e7df046fce91eda23e7559e274c92da711",
        (
            UPV_EHU_FILES + "6/67/Indian_pines_corrected.mat",
            HYBRIDSN + "Indian_pines_corrected.mat",
            DANAROTH + "indian_pines/resolve/main/Indian_pines_corrected.mat",
        ),
        array_sha256="36468dd7336c8bd37a80cced54362ea426f226703f3797ba494556fd8134e77f",
        packaged="tensorly/datasets/data/Indian_pines_corrected.npy",
    ),
    truth=SceneFile(
        "Indian_pines_gt.mat",
        "indian_pines_gt",
        "sha256:65c4687a8ab04f6da4789799bc3bc4f6e88bccac3ed6a2e6ae367e5e6b9e429c",
        (
            UPV_EHU_FILES + "c/c4/Indian_pines_gt.mat",
            HYBRIDSN + "Indian_pines_gt.mat",
            DANAROTH + "indian_pines/resolve/main/Indian_pines_gt.mat",
        ),
        array_sha256="ebf20cfe0bce98f01885f0ab4fd1857925db3ef0a1f1624bbee3ffcb92425103",
        packaged="tensorly/datasets/data/Indian_pines_gt.npy",
    ),
    shape=(145, 145, 200),
    classes=(
        KnownClass(1, "Alfalfa", 46),
        KnownClass(2, "Corn-notill", 1_428),
        KnownClass(3, "Corn-mintill", 830),
        KnownClass(4, "Corn", 237),
        KnownClass(5, "Grass-pasture", 483),
        KnownClass(6, "Grass-trees", 730),
        KnownClass(7, "Grass-pasture-mowed", 28),
        KnownClass(8, "Hay-windrowed", 478),
        KnownClass(9, "Oats", 20),
        KnownClass(10, "Soybean-notill", 972),
        KnownClass(11, "Soybean-mintill", 2_455),
        KnownClass(12, "Soybean-clean", 593),
        KnownClass(13, "Wheat", 205),
        KnownClass(14, "Woods", 1_265),
        KnownClass(15, "Buildings-Grass-Trees-Drives", 386),
        KnownClass(16, "Stone-Steel-Towers", 93),
    ),
    sensor="AVIRIS, 20 m pixels, 12 June 1992, West Lafayette (Indiana)",
    wavelengths=tuple(map(float, _INDIAN_PINES_NM.split())),
    false_colour=(48, 25, 15),
    home=UPV_EHU,
    citation=(
        "M. F. Baumgardner, L. L. Biehl, D. A. Landgrebe (2015): 220 Band AVIRIS Hyperspectral "
        "Image Data Set: June 12, 1992 Indian Pine Test Site 3. Purdue University Research "
        "Repository. doi:10.4231/R7RX991C"
    ),
    licence="CC BY 3.0, as the tensorly package distributes it",
)

# The lists of band centres that circulate for Salinas are rounded to 10 nm and name no source.
SALINAS = KnownScene(
    cube=SceneFile(
        "Salinas_corrected.mat",
        "salinas_corrected",
        "git:2a745377a77369bd5a9d430c722f0bf5e0d0ffc1",
        (
            UPV_EHU_FILES + "a/a3/Salinas_corrected.mat",
            HYBRIDSN + "Salinas_corrected.mat",
            DANAROTH + "salinas/resolve/main/Salinas_corrected.mat",
        ),
    ),
    truth=SceneFile(
        "Salinas_gt.mat",
        "salinas_gt",
        "sha256:ecfab4d31ef5553f097943235d8ea502038eb4a2067b2ad10b33e37c949955e2",
        (
            UPV_EHU_FILES + "f/fa/Salinas_gt.mat",
            UPV_EHU_FILES + "c/c4/Salinas_gt.mat",
            HYBRIDSN + "Salinas_gt.mat",
            DANAROTH + "salinas/resolve/main/Salinas_gt.mat",
        ),
    ),
    shape=(512, 217, 204),
    classes=(
        KnownClass(1, "Brocoli_green_weeds_1", 2_009),
        KnownClass(2, "Brocoli_green_weeds_2", 3_726),
        KnownClass(3, "Fallow", 1_976),
        KnownClass(4, "Fallow_rough_plow", 1_394),
        KnownClass(5, "Fallow_smooth", 2_678),
        KnownClass(6, "Stubble", 3_959),
        KnownClass(7, "Celery", 3_579),
        KnownClass(8, "Grapes_untrained", 11_271),
        KnownClass(9, "Soil_vinyard_develop", 6_203),
        KnownClass(10, "Corn_senesced_green_weeds", 3_278),
        KnownClass(11, "Lettuce_romaine_4wk", 1_068),
        KnownClass(12, "Lettuce_romaine_5wk", 1_927),
        KnownClass(13, "Lettuce_romaine_6wk", 916),
        KnownClass(14, "Lettuce_romaine_7wk", 1_070),
        KnownClass(15, "Vinyard_untrained", 7_268),
        KnownClass(16, "Vinyard_vertical_trellis", 1_807),
    ),
    sensor="AVIRIS, 3.7 m pixels, 1998, Salinas Valley (California)",
    wavelengths=None,
    false_colour=(50, 29, 19),
    home=UPV_EHU,
    citation=UPV_EHU_CITATION,
    licence=NOT_STATED,
)

# 83 rows and 86 columns of Salinas. Its labels are those of Salinas, though the page counts from 1.
SALINAS_A = KnownScene(
    cube=SceneFile(
        "SalinasA_corrected.mat",
        "salinasA_corrected",
        None,
        (
            UPV_EHU_FILES + "1/1a/SalinasA_corrected.mat",
            DANAROTH + "salinas/resolve/main/SalinasA_corrected.mat",
        ),
    ),
    truth=SceneFile(
        "SalinasA_gt.mat",
        "salinasA_gt",
        None,
        (
            UPV_EHU_FILES + "a/aa/SalinasA_gt.mat",
            DANAROTH + "salinas/resolve/main/SalinasA_gt.mat",
        ),
    ),
    shape=(83, 86, 204),
    classes=(
        KnownClass(1, "Brocoli_green_weeds_1", 391),
        KnownClass(10, "Corn_senesced_green_weeds", 1_343),
        KnownClass(11, "Lettuce_romaine_4wk", 616),
        KnownClass(12, "Lettuce_romaine_5wk", 1_525),
        KnownClass(13, "Lettuce_romaine_6wk", 674),
        KnownClass(14, "Lettuce_romaine_7wk", 799),
    ),
    sensor=SALINAS.sensor,
    wavelengths=None,
    false_colour=SALINAS.false_colour,
    home=UPV_EHU,
    citation=UPV_EHU_CITATION,
    licence=NOT_STATED,
)

# The page names labels 3 to 7 "CP hammock", "Slash pine", "Oak/Broadleaf", "Hardwood" and "Swamp";
# these are the names of DeepHyperX (N. Audebert). Which 176 of the 224 bands are kept is not known.
KSC = KnownScene(
    cube=SceneFile(
        "KSC.mat",
        "KSC",
        "sha256:b1ad011cfdb65c853e4f9f6108ca4774467d87f90a5c23b74ff3a2984a3b4786",
        (UPV_EHU_FILES + "2/26/KSC.mat", UPV_EHU_OLD_FILES + "2/26/KSC.mat"),
    ),
    truth=SceneFile(
        "KSC_gt.mat",
        "KSC_gt",
        None,
        (UPV_EHU_FILES + "a/a6/KSC_gt.mat", UPV_EHU_OLD_FILES + "a/a6/KSC_gt.mat"),
        reported="a1d6ab9293691006bd4d9742d1a1e1c141b1aaa5fbc5fa128b33c1d09038510b",
    ),
    shape=(512, 614, 176),
    classes=(
        KnownClass(1, "Scrub", 761),
        KnownClass(2, "Willow swamp", 243),
        KnownClass(3, "Cabbage palm hammock", 256),
        KnownClass(4, "Cabbage palm/oak hammock", 252),
        KnownClass(5, "Slash pine", 161),
        KnownClass(6, "Oak/broadleaf hammock", 229),
        KnownClass(7, "Hardwood swamp", 105),
        KnownClass(8, "Graminoid marsh", 431),
        KnownClass(9, "Spartina marsh", 520),
        KnownClass(10, "Cattail marsh", 404),
        KnownClass(11, "Salt marsh", 419),
        KnownClass(12, "Mud flats", 503),
        KnownClass(13, "Water", 927),
    ),
    sensor="AVIRIS, 18 m pixels, 23 March 1996, Kennedy Space Center (Florida)",
    wavelengths=None,
    false_colour=(43, 21, 11),
    home=UPV_EHU,
    citation=UPV_EHU_CITATION,
    licence=NOT_STATED,
)

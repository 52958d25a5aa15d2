"""The scene of the CASI-1500, an airborne spectrometer of ITRES: Houston, of the contest of 2013.

The contest gives out a GeoTIFF and lists of labelled pixels. Most code reads them after they were
made .mat files, of which several versions circulate; these are the most frequent file names.
"""

from hsi.scene.known.scene import KnownClass, KnownScene, SceneFile

# The header of the contest's file, as the package rs-fusion-datasets quotes it. An independent
# source has the same range, 364 to 1046 nm; papers say 380 to 1050.
_HOUSTON_NM = """
    364.0 368.8 373.6 378.4 383.2 387.9 392.7 397.5 402.3 407.0 411.8 416.6 421.4 426.1 430.9 435.7
    440.5 445.2 450.0 454.8 459.6 464.3 469.1 473.9 478.6 483.4 488.2 492.9 497.7 502.5 507.3 512.0
    516.8 521.6 526.3 531.1 535.9 540.6 545.4 550.2 554.9 559.7 564.5 569.2 574.0 578.8 583.5 588.3
    593.1 597.8 602.6 607.4 612.1 616.9 621.6 626.4 631.2 635.9 640.7 645.5 650.2 655.0 659.8 664.5
    669.3 674.1 678.8 683.6 688.3 693.1 697.9 702.6 707.4 712.2 716.9 721.7 726.5 731.2 736.0 740.7
    745.5 750.3 755.0 759.8 764.6 769.3 774.1 778.9 783.6 788.4 793.2 797.9 802.7 807.5 812.2 817.0
    821.8 826.5 831.3 836.1 840.8 845.6 850.4 855.1 859.9 864.7 869.4 874.2 879.0 883.7 888.5 893.3
    898.0 902.8 907.6 912.3 917.1 921.9 926.7 931.4 936.2 941.0 945.8 950.5 955.3 960.1 964.8 969.6
    974.4 979.2 983.9 988.7 993.5 998.3 1003.1 1007.8 1012.6 1017.4 1022.2 1026.9 1031.7 1036.5
    1041.3 1046.1
"""

HOUSTON_2013 = KnownScene(
    cube=SceneFile("Houston.mat", None, None, ()),
    truth=SceneFile("Houston_gt.mat", None, None, ()),
    shape=(349, 1905, 144),
    classes=(
        KnownClass(1, "Healthy grass", 1_251),
        KnownClass(2, "Stressed grass", 1_254),
        KnownClass(3, "Synthetic grass", 697),
        KnownClass(4, "Trees", 1_244),
        KnownClass(5, "Soil", 1_242),
        KnownClass(6, "Water", 325),
        KnownClass(7, "Residential", 1_268),
        KnownClass(8, "Commercial", 1_244),
        KnownClass(9, "Road", 1_252),
        KnownClass(10, "Highway", 1_227),
        KnownClass(11, "Railway", 1_235),
        KnownClass(12, "Parking Lot 1", 1_233),
        KnownClass(13, "Parking Lot 2", 469),
        KnownClass(14, "Tennis Court", 428),
        KnownClass(15, "Running Track", 660),
    ),
    sensor="CASI-1500, 2.5 m pixels, 23 June 2012, University of Houston (Texas)",
    wavelengths=tuple(map(float, _HOUSTON_NM.split())),
    false_colour=(100, 60, 39),
    home="https://machinelearning.ee.uh.edu/2013-ieee-grss-data-fusion-contest/",
    citation=(
        "C. Debes et al. (2014): Hyperspectral and LiDAR Data Fusion: Outcome of the 2013 GRSS "
        "Data Fusion Contest. IEEE Journal of Selected Topics in Applied Earth Observations and "
        "Remote Sensing 7(6), 2405-2418. doi:10.1109/JSTARS.2014.2305441"
    ),
    licence="given out by registration with the IEEE GRSS contest, on its terms",
)

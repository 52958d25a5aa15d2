"""The WHU-Hi scenes: farmland in Hubei, taken by a Headwall Nano-Hyperspec on UAVs.

File names and variables are those of the MATLAB form that Wuhan University gives out. That form has
no band centres; the ENVI form of the same scenes has them in its header.
"""

from hsi.scene.known.scene import KnownClass, KnownScene, SceneFile

_HOME = "http://rsidea.whu.edu.cn/resource_WHUHi_sharing.htm"
_CITATION = (
    "Y. Zhong et al. (2020): WHU-Hi: UAV-borne hyperspectral with high spatial resolution (H2) "
    "benchmark datasets and classifier for precise crop identification based on deep convolutional "
    "neural network with CRF. Remote Sensing of Environment 250, 112012. "
    "doi:10.1016/j.rse.2020.112012"
)
_LICENCE = (
    "academic use only, as one source quotes its publishers; a mirror of the ENVI form "
    "(danaroth/whu_hi) says MIT"
)
_SENSOR = "Nano-Hyperspec on a UAV"

# The false colours are the bands nearest to 850, 650 and 550 nm, if the bands are evenly spaced.
LONGKOU = KnownScene(
    cube=SceneFile(
        "WHU_Hi_LongKou.mat",
        "WHU_Hi_LongKou",
        None,
        (),
        reported="4ef90f2222128245b8fc5c9c6003dfc37f43569991190eb32fcc8a3753430634",
    ),
    truth=SceneFile(
        "WHU_Hi_LongKou_gt.mat",
        "WHU_Hi_LongKou_gt",
        "sha256:b5a3634dc31a907ea6e60192ad7cd2b7946453ec57526ea7724941d8c1078178",
        (),
    ),
    shape=(550, 400, 270),
    classes=(
        KnownClass(1, "Corn", 34_511),
        KnownClass(2, "Cotton", 8_374),
        KnownClass(3, "Sesame", 3_031),
        KnownClass(4, "Broad-leaf soybean", 63_212),
        KnownClass(5, "Narrow-leaf soybean", 4_151),
        KnownClass(6, "Rice", 11_854),
        KnownClass(7, "Water", 67_056),
        KnownClass(8, "Roads and houses", 7_124),
        KnownClass(9, "Mixed weed", 5_229),
    ),
    sensor=f"{_SENSOR}, 0.463 m pixels, 400 to 1000 nm, 17 July 2018, Longkou (Hubei)",
    wavelengths=None,
    false_colour=(202, 112, 67),
    home=_HOME,
    citation=_CITATION,
    licence=_LICENCE,
)

HANCHUAN = KnownScene(
    cube=SceneFile(
        "WHU_Hi_HanChuan.mat",
        "WHU_Hi_HanChuan",
        None,
        (),
    ),
    truth=SceneFile(
        "WHU_Hi_HanChuan_gt.mat",
        "WHU_Hi_HanChuan_gt",
        None,
        (),
    ),
    shape=(1217, 303, 274),
    classes=(
        KnownClass(1, "Strawberry", 44_735),
        KnownClass(2, "Cowpea", 22_753),
        KnownClass(3, "Soybean", 10_287),
        KnownClass(4, "Sorghum", 5_353),
        KnownClass(5, "Water spinach", 1_200),
        KnownClass(6, "Watermelon", 4_533),
        KnownClass(7, "Greens", 5_903),
        KnownClass(8, "Trees", 17_978),
        KnownClass(9, "Grass", 9_469),
        KnownClass(10, "Red roof", 10_516),
        KnownClass(11, "Gray roof", 16_911),
        KnownClass(12, "Plastic", 3_679),
        KnownClass(13, "Bare soil", 9_116),
        KnownClass(14, "Road", 18_560),
        KnownClass(15, "Bright object", 1_136),
        KnownClass(16, "Water", 75_401),
    ),
    sensor=f"{_SENSOR}, 0.109 m pixels, 400 to 1000 nm, 17 June 2016, Hanchuan (Hubei)",
    wavelengths=None,
    false_colour=(205, 114, 68),
    home=_HOME,
    citation=_CITATION,
    licence=_LICENCE,
)

HONGHU = KnownScene(
    cube=SceneFile(
        "WHU_Hi_HongHu.mat",
        "WHU_Hi_HongHu",
        None,
        (),
        reported="394eebb36e70931711b02d127f73c641ad67a83a5bbfc5294b695b2f7336dfce",
    ),
    truth=SceneFile(
        "WHU_Hi_HongHu_gt.mat",
        "WHU_Hi_HongHu_gt",
        None,
        (),
        reported="afb4b455e078e308b64a51e4e1a9552ddffd2f8519eaa311ded94d74a96c2a41",
    ),
    shape=(940, 475, 270),
    classes=(
        KnownClass(1, "Red roof", 14_041),
        KnownClass(2, "Road", 3_512),
        KnownClass(3, "Bare soil", 21_821),
        KnownClass(4, "Cotton", 163_285),
        KnownClass(5, "Cotton firewood", 6_218),
        KnownClass(6, "Rape", 44_557),
        KnownClass(7, "Chinese cabbage", 24_103),
        KnownClass(8, "Pakchoi", 4_054),
        KnownClass(9, "Cabbage", 10_819),
        KnownClass(10, "Tuber mustard", 12_394),
        KnownClass(11, "Brassica parachinensis", 11_015),
        KnownClass(12, "Brassica chinensis", 8_954),
        KnownClass(13, "Small Brassica chinensis", 22_507),
        KnownClass(14, "Lactuca sativa", 7_356),
        KnownClass(15, "Celtuce", 1_002),
        KnownClass(16, "Film covered lettuce", 7_262),
        KnownClass(17, "Romaine lettuce", 3_010),
        KnownClass(18, "Carrot", 3_217),
        KnownClass(19, "White radish", 8_712),
        KnownClass(20, "Garlic sprout", 3_486),
        KnownClass(21, "Broad bean", 1_328),
        KnownClass(22, "Tree", 4_040),
    ),
    sensor=f"{_SENSOR}, 0.043 m pixels, 400 to 1000 nm, 20 November 2017, Honghu (Hubei)",
    wavelengths=None,
    false_colour=(202, 112, 67),
    home=_HOME,
    citation=_CITATION,
    licence=_LICENCE,
)

import numpy as np

from hsi.scene.known.aviris import INDIAN_PINES, KSC, SALINAS, SALINAS_A


def test_indian_pines_leaves_out_the_bands_that_water_absorbs():
    centres = np.array(INDIAN_PINES.wavelengths)
    for low, high in ((1362, 1403), (1819, 1934)):  # channels 104-108 and 150-163
        assert not ((low < centres) & (centres < high)).any()
    assert (np.diff(centres) < 0).sum() == 2, "two spectrometers overlap the one before"


def test_salinas_a_has_labels_and_names_of_salinas():
    names = {each.label: each.name for each in SALINAS.classes}
    assert [each.label for each in SALINAS_A.classes] == [1, 10, 11, 12, 13, 14]
    assert all(names[each.label] == each.name for each in SALINAS_A.classes)
    pixels = {each.label: each.pixels for each in SALINAS.classes}
    assert all(each.pixels <= pixels[each.label] for each in SALINAS_A.classes)


def test_two_code_bases_that_count_the_pixels_of_ksc_count_these():
    expected = [761, 243, 256, 252, 161, 229, 105, 431, 520, 404, 419, 503, 927]
    assert [each.pixels for each in KSC.classes] == expected

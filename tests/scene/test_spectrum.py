import pytest

from hsi.scene.spectrum import false_colour_bands, in_nanometres


@pytest.mark.parametrize("unit", ["Nanometers", "nm", "", "Unknown"])
def test_nanometres_stay(unit):
    assert in_nanometres([400.0, 2500.0], unit) == (400, 2500)


@pytest.mark.parametrize("unit", ["Micrometers", "um", "\u00b5m", "micrometre", "", "Unknown"])
def test_micrometres_are_converted(unit):
    assert in_nanometres([0.4, 2.5], unit) == (400, 2500)


@pytest.mark.parametrize("values", [[0.0, 0.0], [1.0, -1.0], [500.0, 500.0], [float("nan"), 1.0]])
def test_what_can_be_no_wavelengths_is_none(values):
    assert in_nanometres(values, "nm") is None


def test_colours_are_the_bands_nearest_to_them_or_quarters():
    assert false_colour_bands([2000.0, 470.0, 655.0, 640.0, 555.0], 5) == (2, 4, 1)
    assert false_colour_bands([1000.0, 1100.0, 1200.0, 1300.0], 4) == (3, 2, 1)
    assert false_colour_bands(None, 1) == (0, 0, 0)

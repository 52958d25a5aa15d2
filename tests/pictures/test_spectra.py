"""Spectra of classes: compared with NumPy's own mean and deviation."""

import numpy as np

from hsi.pictures.palette import palette
from hsi.pictures.spectra import class_spectra, spectra_picture
from hsi.scene.raster import Raster


def test_means_and_deviations_are_those_of_the_pixels(cube, truth, monkeypatch):
    monkeypatch.setattr("hsi.scene.raster.CHUNK", 1000)  # several windows
    raster = Raster.of_array(cube)
    assert len(raster.windows()) > 5
    found = class_spectra(raster, truth, 4)
    for k in range(3):
        pixels = cube[truth == k + 1].astype(float)
        assert found.pixels[k] == len(pixels)
        assert np.allclose(found.mean[k], pixels.mean(0))
        assert np.allclose(found.spread[k], pixels.std(0))
    assert found.pixels[3] == 0
    assert np.isnan(found.mean[3]).all()


def test_the_line_of_a_class_breaks_where_bands_are_missing(cube, truth):
    wavelengths = tuple(400.0 + 10 * band + 300 * (band > 11) for band in range(24))
    found = class_spectra(Raster.of_array(cube, wavelengths), truth, 3)
    figure = spectra_picture(found, wavelengths, ("a", "b", "c"), palette(3))
    [axes] = figure.axes
    assert [line.get_xdata()[0] for line in axes.lines] == [400, 820] * 3
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        f"{name} ({(truth == k).sum():,})" for k, name in enumerate("abc", start=1)
    ]
    unknown = spectra_picture(found, None, ("a", "b", "c"), palette(3))
    assert len(unknown.axes[0].lines) == 3
    assert unknown.axes[0].get_xlabel() == "band (from 0)"

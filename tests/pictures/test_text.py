import io
import warnings

import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry

from hsi.pictures import text
from hsi.pictures.text import FIRST, inches, legend_columns, literal


@pytest.fixture
def no_fonts(monkeypatch) -> None:
    """Only the fonts that come with Matplotlib, and no warning yet."""
    found = font_manager.findfont(FIRST)
    monkeypatch.setattr(text, "_installed", lambda: [FontEntry(fname=found, name=FIRST)])
    monkeypatch.setattr(text, "_warnings", [])


def written(words: str) -> Figure:
    """A figure with a title, which is drawn."""
    figure = Figure(figsize=(3, 1))
    figure.suptitle(words)
    with literal(figure), warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "Glyph ", UserWarning)
        figure.savefig(io.BytesIO(), format="png")
    return figure


@pytest.mark.parametrize(
    "words", ["rent $5 to $9", "Water $x_{$", "$$", "\\alpha % & ^ _", "_road", "__", "", "a\nb"]
)
def test_a_text_is_drawn_as_it_is(words, capsys):
    figure = written(words)
    (drawn,) = [each for each in figure.texts if each.get_text() == words]
    assert not drawn.get_parse_math()
    assert capsys.readouterr().err == ""


def test_a_character_that_no_font_has_is_one_warning_that_names_a_remedy(no_fonts, capsys):
    for words in ("水稻", "玉米"):
        written(words)
    (warning,) = capsys.readouterr().err.splitlines()
    assert warning.startswith("warning: no installed font has the characters 水稻: ")
    assert "fonts-noto-cjk" in warning


def test_a_font_that_has_the_characters_is_used(monkeypatch, capsys):
    monkeypatch.setattr(text, "_families", lambda characters: ["A Font"])
    figure = Figure()
    with_them, without = figure.suptitle("水稻"), figure.supxlabel("rice")
    with literal(figure):
        assert with_them.get_fontfamily() == [FIRST, "A Font"]
        assert without.get_fontfamily() != [FIRST, "A Font"]


def test_wide_characters_need_more_room():
    assert inches(["rice"]) < inches(["rice rice"])
    assert inches(["rice"]) < inches(["水稻水稻"])


def test_a_legend_has_as_many_columns_as_fit():
    assert legend_columns(["a", "b"], 20.0) == 2
    assert legend_columns(["a"] * 20, 20.0) == 6
    assert legend_columns(["a long name of a class" * 3] * 20, 8.0) == 1

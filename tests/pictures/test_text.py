import pytest
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, fontManager

from hsi.pictures import text
from hsi.pictures.figures import write_figure
from hsi.pictures.text import inches, legend_columns, literal

CHINESE = "水稻"


def titled(title: str) -> Figure:
    figure = Figure(figsize=(3, 1))
    figure.subplots().set_title(title)
    return figure


@pytest.fixture
def fonts(monkeypatch) -> list[FontEntry]:
    """The fonts of a machine that has those of Matplotlib alone, in a process without warnings."""
    ours = [font for font in fontManager.ttflist if "matplotlib" in font.fname]
    monkeypatch.setattr(fontManager, "ttflist", ours)
    monkeypatch.setattr(font_manager, "findSystemFonts", list)
    monkeypatch.setattr(text, "_warnings", [])
    return ours


@pytest.mark.parametrize(
    "name",
    ["$x$", "rent $5 to $9", r"$\frac{$", "Water $x_{$", "_road", "__", r"a\b", r"\$", "50 % & ^",
     "#", "~", "a_b^c", "/", "//", "forêt", "лес", " "],
)  # fmt: skip
def test_any_name_is_drawn_character_by_character(name, tmp_path, capsys):
    figure = titled(name)
    axes = figure.axes[0]
    axes.set_xticks([0, 1], [name, "b"])
    axes.set_ylabel(name)
    handle = axes.plot([0, 1])[0]
    figure.legend([handle], [name])
    assert [each.get_text() for each in figure.legends[0].get_texts()] == [name]
    write_figure(tmp_path / "figure.png", figure)
    drawn = [*axes.get_xticklabels(), axes.title, axes.yaxis.label, *figure.legends[0].get_texts()]
    for each in drawn:
        assert not each.get_parse_math()
    assert [each.get_text() for each in axes.get_xticklabels()] == [name, "b"]
    assert capsys.readouterr().err == ""


def test_a_font_that_has_the_characters_is_used_by_the_texts_that_need_it(
    fonts, monkeypatch, capsys
):
    has = {"Chinese": set(CHINESE), "Half": set(CHINESE[:1]), "DejaVu Sans": set(), "Broken": None}

    class Font:
        def __init__(self, path: str) -> None:
            self.characters = has.get(path, set())
            if self.characters is None:
                raise RuntimeError("broken file")

        def get_char_index(self, code: int) -> int:
            return int(code < 128 or chr(code) in self.characters)

    monkeypatch.setattr(text, "FT2Font", Font)
    fonts += [FontEntry(fname=name, name=name) for name in ("Broken", "Half", "Chinese")]
    figure = titled(CHINESE)
    figure.suptitle("plain")
    before = figure.texts[0].get_fontfamily()
    with literal(figure):
        assert figure.axes[0].title.get_fontfamily() == ["DejaVu Sans", "Chinese"]
        assert figure.texts[0].get_fontfamily() == before
    assert capsys.readouterr().err == ""


def test_a_font_that_was_installed_since_matplotlib_listed_them_is_found(fonts, monkeypatch):
    added = []
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [fonts[0].fname, "/new.ttf"])
    monkeypatch.setattr(fontManager, "addfont", added.append)
    with literal(titled(CHINESE)):
        assert added == ["/new.ttf"]


def test_without_a_font_one_line_names_the_characters_and_what_to_install(fonts, tmp_path, capsys):
    for name in (CHINESE, CHINESE + "玉米"):
        write_figure(tmp_path / "figure.png", titled(f"{name} and more"))
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: ")
    assert all(character in line for character in CHINESE)
    assert "fonts-noto-cjk" in line


def test_fonts_are_not_looked_for_unless_a_name_needs_them(monkeypatch):
    monkeypatch.setattr(text, "_installed", lambda: pytest.fail("looked for fonts"))
    with literal(titled("forêt\nžluť")):
        pass


def test_a_legend_has_as_many_columns_as_the_figure_has_room_for():
    assert legend_columns(["a"] * 20, 13.2) == 6
    assert legend_columns(["a"] * 3, 13.2) == 3
    assert legend_columns(["a" * 100] * 20, 13.2) == 1
    assert legend_columns(["a" * 40] * 20, 13.2) == 3
    assert inches(["水" * 10]) > 1.5 * inches(["a" * 10])

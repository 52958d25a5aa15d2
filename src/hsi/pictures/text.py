"""Text in pictures: drawn as it is, in fonts that have its characters, with room for its length."""

import logging
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from unicodedata import east_asian_width

import numpy as np
from matplotlib import font_manager, rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontEntry, FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

FIRST = "DejaVu Sans"  # comes with Matplotlib
LAST_RESORT = "Last Resort"  # comes with Matplotlib, and has a box for every character
_warnings: list[str] = []  # those of this process


def inches(texts: Iterable[str]) -> float:
    """Return about how long the longest of some texts is in 10 point."""
    return max(
        0.085 * len(text) + 0.055 * sum(east_asian_width(each) in "WF" for each in text)
        for text in texts
    )


def legend_columns(labels: list[str], width: float) -> int:
    """Return how many columns, six at most, a legend can have on a figure of some inches."""
    lengths = [0.7 + inches([label]) for label in labels]
    fitting = (
        columns
        for columns in range(min(6, len(labels)), 1, -1)
        if sum(max(column) for column in np.array_split(lengths, columns)) <= width
    )
    return next(fitting, 1)


@contextmanager
def literal(figure: Figure) -> Iterator[None]:
    """Draw the texts of a figure character by character: no `$` starts a formula.

    Characters that DejaVu Sans lacks are drawn in other installed fonts. If none has them, boxes
    are drawn in their place, and one line on stderr says so.
    """
    texts = [text for text in figure.findobj(Text) if isinstance(text, Text)]
    for text in texts:
        text.set_parse_math(False)
    first = font_manager.findfont(FontProperties(family=[FIRST]))
    missing = _lacking(first, {character for text in texts for character in text.get_text()})
    if missing:
        families = [FIRST, *_families(missing)]
        for text in texts:
            if not missing.isdisjoint(text.get_text()):
                text.set_fontfamily(families)
    log = logging.getLogger("matplotlib.font_manager")
    level = log.level
    log.setLevel(logging.ERROR)  # not that a font has another weight
    try:
        with rc_context({"text.parse_math": False}), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph ", UserWarning)
            yield
    finally:
        log.setLevel(level)


def _lacking(path: str, characters: set[str]) -> set[str]:
    """Return the characters for which a font file has no glyph."""
    font = FT2Font(path)
    return {each for each in characters if each != "\n" and not font.get_char_index(ord(each))}


def _families(characters: set[str]) -> list[str]:
    """Return the fewest installed fonts that have some characters, and warn if there are none."""
    fonts = []
    for entry in _installed():
        with suppress(OSError, RuntimeError):  # removed, or broken
            fonts.append((entry.name, characters - _lacking(entry.fname, characters)))
    chosen = []
    while characters and fonts:
        name, has = max(fonts, key=lambda font: len(font[1] & characters))
        if not has & characters:
            break
        chosen.append(name)
        characters = characters - has
    if characters and not _warnings:
        some = "".join(sorted(characters)[:20])
        _warnings.append(
            f"warning: no installed font has the characters {some}: pictures have boxes in their "
            "place. Install one that does, such as the package fonts-noto-cjk or fonts-noto-core"
        )
        print(_warnings[0], file=sys.stderr)
    return chosen


def _installed() -> list[FontEntry]:
    """Return the installed fonts, upright ones of normal weight first.

    Matplotlib keeps a list of fonts and does not notice those that were installed since.
    """
    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    for path in sorted(set(font_manager.findSystemFonts()) - known):
        with suppress(OSError, RuntimeError):  # broken, or of a kind that Matplotlib cannot draw
            manager.addfont(path)
    fonts = [entry for entry in manager.ttflist if LAST_RESORT not in entry.name]
    return sorted(fonts, key=lambda font: (font.style != "normal", font.weight != 400, font.name))

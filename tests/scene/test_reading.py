from pathlib import Path

import pytest

from hsi.scene.reading import (
    listed,
    plain,
    refuse_larger_than_memory,
    refuse_too_many_bands,
    unreadable,
)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (RuntimeError("no\n  such"), "a.tif cannot be read: no such"),
        (RuntimeError("\x1b[2Jgone"), "a.tif cannot be read:  [2Jgone"),
        (ValueError("a.tif: has no band"), "a.tif: has no band"),
        (KeyError(), "a.tif cannot be read: KeyError"),
        (MemoryError(), "a.tif cannot be read: not enough memory"),
        (EOFError(), "a.tif cannot be read: it is truncated"),
    ],
)
def test_an_error_of_a_library_becomes_one_line_that_names_the_file_once(error, message):
    assert str(unreadable(Path("a.tif"), error)) == message


def test_text_of_a_file_is_shown_in_one_line_without_what_controls_a_terminal():
    assert plain("a\x1b[2J\r\nb\u202ec", 40) == "a [2J  b c"
    assert plain("x" * 50, 10) == "xxxxxxx..."
    assert listed(["a\nb", "c"]) == "a b, c"
    assert listed(map(str, range(100)), "; ").endswith("18; 19; ...")


def test_what_no_machine_could_hold_is_refused_with_both_sizes():
    refuse_larger_than_memory(Path("a.h5"), (1000, 1000), 8, "its cube")
    message = r"a\.h5: its cube of shape \(1000000000, 1000000000\) would take [\d,]+ GiB, and this"
    with pytest.raises(ValueError, match=message):
        refuse_larger_than_memory(Path("a.h5"), (10**9, 10**9), 1, "its cube")


def test_an_axis_of_a_billion_bands_is_refused():
    refuse_too_many_bands(Path("a.h5"), 2000)
    with pytest.raises(ValueError, match=r"a\.h5: may have at most 65,536 bands, it has 1,000,000"):
        refuse_too_many_bands(Path("a.h5"), 10**9)

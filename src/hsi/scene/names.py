"""Which names a class may have: text of one line that every writer can write.

Names come from params.yaml, from files of labels and from classifiers of others, and go into maps,
tables, pictures, web pages and MLflow. What no writer could show as it is refused here, in one
place. All else, such as `<b>`, `$x$`, `a/b` or Chinese, is text that each writer escapes.
"""

import re
import unicodedata

from hsi.scene.reading import plain

LONGEST_NAME = 100  # characters
NO_TEXT = ("Cc", "Cs", "Zl", "Zp")  # Unicode's control characters, surrogates and separators
# Marks that turn the direction of what follows, also of the rest of a table or an error.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Where a spreadsheet takes a cell of a CSV file for a formula; a number or a single sign is none.
FORMULA = re.compile(r"[=+@-](?!$|[0-9.]+$)")


def refuse_names(names: dict[int, str], where: str) -> None:
    """Refuse names that cannot be written into a list of names.

    Args:
        names: The name of each label.
        where: What errors call the file, or the setting.

    Raises:
        ValueError: Naming the label and the reason.
    """
    for label, name in names.items():
        bad = [char for char in name if unicodedata.category(char) in NO_TEXT or char in "{}"]
        bad += [char for char in name if char in TURNING]
        reason = ""
        if bad:
            reason = (
                f"may hold no {'braces' if bad[0] in '{}' else f'control character {bad[0]!r}'}"
            )
        elif not name.strip():
            reason = "may not be empty"
        elif FORMULA.match(name):
            reason = f"may not begin with {name[0]!r}, which a spreadsheet would compute"
        elif len(name) > LONGEST_NAME:
            reason = f"may have at most {LONGEST_NAME} characters, it has {len(name):,}"
        if reason:
            got = plain(repr(name[:40]), 80)
            raise ValueError(f"{where}: the name of label {label} {reason} (got {got})")

"""Names of metrics that MLflow takes, different for different classes."""

import re
import unicodedata
from collections.abc import Iterable


def metric_names(names: Iterable[str]) -> list[str]:
    """Return a name for each class, in which MLflow accepts every character.

    MLflow takes letters and digits of any script, blanks and `_-.`. A slash would put a metric
    into a group, or make a path that MLflow refuses. Everything else becomes `_`. Names that would
    be the same then, also for a database that does not tell capital letters, get a number.
    """
    taken: set[str] = set()
    found = []
    for name in names:
        plain = re.sub(r"[^\w\-. ]", "_", name).strip(" .") or "_"
        title, number = plain, 1
        while _as_compared(title) in taken:
            number += 1
            title = f"{plain} {number}"
        taken.add(_as_compared(title))
        found.append(title)
    return found


def _as_compared(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()

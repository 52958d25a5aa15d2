"""One thing that the doctor found, and what puts it right."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that a killed or starved DVC left.

    Attributes:
        what: What it is, in one line.
        remedy: What mending does, or what the person may do where the doctor cannot.
        mend: Puts it right, and returns what the person should know; None for what is only said.
        wrong: False for what may be left as it is.
    """

    what: str
    remedy: str
    mend: Callable[[], str] | None
    wrong: bool = True

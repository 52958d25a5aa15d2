"""One case of the drill, and what came out of it."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

RIGHT = "right"  # after the same command again
DOCTOR = "doctor"  # after `make doctor` and the same command again
NAMED = "named"  # the fault was named, and nothing wrong was used
FAILED = "failed"  # an expectation was not met
KINDS = (RIGHT, DOCTOR, NAMED, FAILED)


@dataclass(frozen=True)
class Outcome:
    """What came out of a case.

    Attributes:
        kind: One of KINDS.
        detail: What was seen, in one line; for a failure, each expectation that was not met.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Case:
    """One thing to try.

    Attributes:
        drill: The drill that it belongs to, which is a row of the table.
        name: Its name in the drill, which with the seed says what is done and when.
        run: Does it in a folder that does not exist yet.
        alone: Whether no other case may run beside it.
    """

    drill: str
    name: str
    run: Callable[[Path], Outcome]
    alone: bool = False


@dataclass(frozen=True)
class Record:
    """A case that was tried.

    Attributes:
        drill: Its drill.
        name: Its name.
        seed: The seed that its moment was drawn with.
        kind: One of KINDS.
        detail: What was seen.
        seconds: How long it took.
        commit: The commit that was tried.
    """

    drill: str
    name: str
    seed: int
    kind: str
    detail: str
    seconds: float
    commit: str


class Notes:
    """The records of a drill in a file of JSON lines, so that one that was stopped can go on.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()

    def read(self) -> list[Record]:
        """Return the records; a last line that a kill cut off is left out."""
        if not self.path.exists():
            return []
        found = []
        for line in self.path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(Record(**json.loads(line)))
            except ValueError:
                continue
        return found

    def add(self, record: Record) -> None:
        """Write a record at the end."""
        with self.lock, self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record)) + "\n")

"""Read damaged files for some minutes, and report whatever is not one clear line.

    python -m benchmarks.fuzz --minutes 10             # each reader for ten minutes
    python -m benchmarks.fuzz --minutes 10 geotiff mat5
    python -m benchmarks.fuzz --case 4711 geotiff      # write what case 4711 reads, and read it

A reader may read what it is given, with values that fit the shape that it said before, or refuse
it as users see it: one line that names the file. Everything else is a finding: another error, more
lines, output, a crash, more memory or more seconds than `MEMORY` and `SECONDS`. The number of a
case seeds its damage, so a finding is made again by its number; HDF5 fills unused bytes anew in
each process, so some of its findings are not.
"""

import argparse
import os
import re
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.fuzz_readers import READERS, Reader
from benchmarks.mutations import mutated
from stages import reason

MEMORY = 2 * 2**30  # bytes beyond those that the process has before it reads
SECONDS = 20.0
BATCH = 50  # cases of one child process
SHOWN = 3  # examples of each kind of finding
LONGEST = 1000  # characters of an error
# What libgeotiff prints of the keys inside a JPEG 2000 file; GDAL has no way to silence it.
HARMLESS = re.compile(rb"(?:(?:Error|Warning): (?:Key|Expected key) |internal_proj_)[^\n]*\n")


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Attributes:
        case: Its number.
        finding: What is wrong with it; empty if nothing is.
        said: What the reader said; empty if it read the file.
    """

    case: int
    finding: str
    said: str


def write_case(reader: Reader, folder: Path, case: int) -> Path:
    """Write the valid files of a reader, damage some, and return the one to be read."""
    generator = np.random.default_rng([case])
    path = reader.write(folder)
    for _ in range(1 + (generator.random() < 0.2)):
        name = reader.damaged[int(generator.integers(len(reader.damaged)))]
        (folder / name).write_bytes(mutated((folder / name).read_bytes(), generator))
    reader.sign(folder)
    return path


def read_case(reader: Reader, folder: Path, case: int, told: Path) -> Outcome:
    """Read the files of a case and judge what comes of it; `told` has the process's output."""
    path = write_case(reader, folder, case)
    before = told.stat().st_size
    said = finding = ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            reader.read(path)
    except (ValueError, OSError, MemoryError, RecursionError) as error:
        said = reason(error)
        finding = _fault_of(said, path, reader.lines)
        if finding:
            finding += f" ({_place_of(error)})"
    except Exception as error:
        finding = f"{type(error).__name__}: {str(error)[:150]!r} ({_place_of(error)})"
    sys.stderr.flush()
    sys.stdout.flush()
    if not finding and told.stat().st_size > before:
        printed = HARMLESS.sub(b"", told.read_bytes()[before:])[:300].decode(errors="replace")
        finding = f"prints {printed!r}" if printed else ""
    return Outcome(case, finding, said)


def _fault_of(said: str, path: Path, lines: bool) -> str:
    """Return what is wrong with the words of an error, or nothing."""
    if not said.strip():
        return "an error without words"
    if not lines and len(said.splitlines()) > 1:
        return f"several lines {said[:200]!r}"
    if len(said) > LONGEST * (20 if lines else 1):
        return f"{len(said):,} characters {said[:100]!r}"
    if path.stem not in said and path.parent.name not in said:
        return f"does not name the file: {said[:150]!r}"
    return ""


def _place_of(error: Exception) -> str:
    """Return the last line of our own code that an error has passed."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/src/" in frame.filename] or list(frames)
    return f"{Path(own[-1].filename).name}:{own[-1].lineno}"


def read_cases(reader: Reader, first: int, until: float, most: int) -> list[Outcome]:
    """Read cases in child processes, until a time of `time.monotonic` or a number of cases."""
    outcomes: list[Outcome] = []
    while time.monotonic() < until and len(outcomes) < most:
        start = first + len(outcomes)
        outcomes += _batch(reader, range(start, start + min(BATCH, most - len(outcomes))), until)
    return outcomes


def _batch(reader: Reader, cases: range, until: float) -> list[Outcome]:
    """Read cases in one child process; it ends early if a case ends it, or the time is over."""
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as top:
        end, begin = os.pipe()
        child = os.fork()
        if not child:
            _read_in_child(reader, cases, Path(top), begin)
        os.close(begin)
        received = b""
        finding = ""
        while len(outcomes) < len(cases) and time.monotonic() < until + SECONDS:
            ready, _, _ = select.select([end], [], [], SECONDS)
            got = os.read(end, 2**16) if ready else b""
            if not got:
                finding = "" if ready else f"takes more than {SECONDS:g} s"
                break
            *lines, received = (received + got).split(b"\n")
            for line in lines:
                case, wrong, said = line.decode(errors="replace").split("\t")
                outcomes.append(Outcome(int(case), wrong, said))
            if time.monotonic() > until:
                break
        ended = len(outcomes) == len(cases) or time.monotonic() > until
        os.close(end)
        if not ended and not finding:
            _, status = os.waitpid(child, 0)
            number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
            how = (
                signal.Signals(number).name
                if number
                else f"exit {os.waitstatus_to_exitcode(status)}"
            )
            finding = f"ends the process: {how}"
        else:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        if finding:
            outcomes.append(Outcome(cases[len(outcomes)], finding, ""))
    return outcomes


def _read_in_child(reader: Reader, cases: range, top: Path, begin: int) -> None:
    """Read cases and write each outcome into a pipe; this never returns."""
    try:
        told = top / "told"
        output = os.open(told, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(output, 1)
        os.dup2(output, 2)
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for case in cases:
            folder = top / f"case{case}"
            folder.mkdir()
            outcome = read_case(reader, folder, case, told)
            fields = (str(case), outcome.finding, outcome.said)
            plain = "\t".join(" ".join(field.split())[:2000] for field in fields)
            os.write(begin, plain.encode(errors="replace") + b"\n")
            for file in folder.iterdir():
                file.unlink()
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def table(name: str, seconds: float, outcomes: list[Outcome]) -> str:
    """Return what came of the cases of a reader: counts, and examples of each finding."""
    found = [each for each in outcomes if each.finding]
    refused = sum(bool(each.said) and not each.finding for each in outcomes)
    read = len(outcomes) - refused - len(found)
    lines = [
        f"{name}: {seconds / 60:.1f} minutes, {len(outcomes):,} files, {read:,} read, "
        f"{refused:,} refused in one line, {len(found):,} findings"
    ]
    kinds = Counter(_kind(each.finding) for each in found)
    for kind, many in kinds.most_common():
        examples = [each for each in found if _kind(each.finding) == kind][:SHOWN]
        lines.append(f"  {many:,} times, cases {', '.join(str(each.case) for each in examples)}")
        lines += [f"    {each.finding}" for each in examples[:1]]
    return "\n".join(lines)


def _kind(finding: str) -> str:
    """Return what findings of one cause have in common: the place, or the first words."""
    place = finding.rpartition("(")[2] if finding.endswith(")") else ""
    return f"{finding.partition(':')[0][:40]} {place}"


def main() -> None:
    """Read damaged files with each reader, and print what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("readers", nargs="*", metavar="READER", help=", ".join(READERS))
    parser.add_argument("--minutes", type=float, default=10, help="of each reader")
    parser.add_argument("--cases", type=int, default=2**40, help="of each reader at most")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="read one case, and keep its files")
    given = parser.parse_args()
    names = given.readers or list(READERS)
    unknown = sorted(set(names) - READERS.keys())
    if unknown:
        parser.error(f"{', '.join(unknown)}: may be {', '.join(READERS)}")
    if given.case is not None:
        folder = Path(tempfile.mkdtemp(prefix=f"case{given.case}-"))
        path = write_case(READERS[names[0]], folder, given.case)
        print(f"reading {path}")
        READERS[names[0]].read(path)
        return
    worst = 0
    for name in names:
        with tempfile.TemporaryDirectory() as whole:
            READERS[name].read(READERS[name].write(Path(whole)))  # it may not refuse all
        start = time.monotonic()
        outcomes = read_cases(READERS[name], given.first, start + 60 * given.minutes, given.cases)
        print(table(name, time.monotonic() - start, outcomes), flush=True)
        worst |= any(each.finding for each in outcomes)
    sys.exit(worst)


if __name__ == "__main__":
    main()

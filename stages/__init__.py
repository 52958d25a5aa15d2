"""The pipeline's stages, each run as `python -m stages.NAME` from the top of the repository.

The src/ folder of this checkout comes first on the path. A queued experiment runs in a copy of the
repository, and must run the code of the copy, whatever is installed.
"""

from __future__ import annotations

import io
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from stages.interpreter import use_an_interpreter_with_all_packages

REPOSITORY = Path(__file__).resolve().parents[1]
NO_MEMORY = re.compile("can't allocate memory|out of memory")  # of torch, for CPU and GPU

sys.path.insert(0, str(REPOSITORY / "src"))


if sys.argv[0] == "-m":  # a program begins, and is not only imported
    use_an_interpreter_with_all_packages(REPOSITORY)


class Stopped(KeyboardInterrupt):
    """A signal that asks the process to end, taken like Ctrl-C."""


def stop(number: int, frame: FrameType | None) -> None:
    """Raise what ends the stage in order; a terminal that closes may send its signal twice."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    raise Stopped(number)


def reason(error: Exception) -> str:
    """Return in words what went wrong; other errors than those of `run` have their own words."""
    if isinstance(error, MemoryError) or NO_MEMORY.search(str(error)):
        told = str(error).partition("\n")[0]
        return f"not enough memory: {told}" if told else "not enough memory"
    if isinstance(error, RecursionError):
        return f"something is nested too deeply: {error}"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def run(main: Callable[[], None]) -> None:
    """Run a stage; a mistake that its user can correct is one line, not a traceback."""
    stage = Path(sys.argv[0]).stem
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that the locale cannot write
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup asks
            signal.signal(number, stop)
    try:
        if "DVC_STAGE" in os.environ:  # by hand, a stage may read whatever is there
            from stages.inputs import refuse_changed_inputs

            refuse_changed_inputs(stage)
        main()
        print(end="", flush=True)
    except BrokenPipeError:  # nobody reads on, so there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
    except (ValueError, OSError, MemoryError, RecursionError) as error:
        sys.exit(f"{stage}: {reason(error)}")
    except RuntimeError as error:
        if NO_MEMORY.search(str(error)):
            sys.exit(f"{stage}: {reason(error)}")
        raise
    except Stopped as stopped:
        number = stopped.args[0]
        print(f"{stage}: stopped by {signal.Signals(number).name}", file=sys.stderr)
        sys.exit(128 + number)
    except KeyboardInterrupt:
        sys.exit(f"{stage}: interrupted")

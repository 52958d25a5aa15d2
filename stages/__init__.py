"""The pipeline's stages, each run as `python -m stages.NAME` from the top of the repository.

The src/ folder of this checkout comes first on the path. A queued experiment runs in a copy of the
repository, and must run the code of the copy, whatever is installed.
"""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))


def run(main: Callable[[], None]) -> None:
    """Run a stage; a mistake that its user can correct is one line, not a traceback."""
    try:
        main()
    except (ValueError, OSError) as error:
        sys.exit(f"{Path(sys.argv[0]).stem}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{Path(sys.argv[0]).stem}: interrupted")

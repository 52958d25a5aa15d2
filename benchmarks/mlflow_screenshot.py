"""Draw docs/mlflow.png: MLflow's page over the runs of this repository, in headless Chromium.

It needs Chromium (Debian: `apt install chromium`) and at least one run: `make repro`.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import URLError

PICTURE = Path("docs/mlflow.png")
PORT = "5055"
SECONDS = 60  # that the server may take to start


def wait_for(address: str) -> None:
    """Wait until a server answers."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def main() -> None:
    """Start the server, open the link of `make ui` at its charts, and write the picture."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("chromium is needed and not on the path")
    page = [sys.executable, "-m", "experiments.mlflow_page"]
    environment = {**os.environ, "PORT": PORT, "PYTHONPATH": "src"}
    server = subprocess.Popen(page, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        link = server.stdout.readline().strip()
        wait_for(f"http://127.0.0.1:{PORT}")
        with tempfile.TemporaryDirectory() as profile:
            subprocess.run(
                [
                    browser,
                    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"),
                    "--disable-background-networking",
                    f"--user-data-dir={profile}",
                    "--window-size=1900,900",
                    "--virtual-time-budget=60000",  # milliseconds, for the page to draw its charts
                    f"--screenshot={PICTURE.resolve()}",
                    f"{link}&compareRunsMode=CHART",
                ],
                check=True,
                stderr=subprocess.DEVNULL,
            )
    finally:
        server.terminate()
        server.wait()
    print(f"wrote {PICTURE}")


if __name__ == "__main__":
    main()

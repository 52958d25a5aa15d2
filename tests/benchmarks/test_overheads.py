"""The ways to run an experiment that the benchmark compares."""

import os
import subprocess
import sys

from benchmarks.overheads import hide_c_parser

ASK = "from ruamel.yaml.main import CParser; print(CParser is not None)"


def test_dvc_reads_yaml_in_c_unless_the_parser_is_hidden(tmp_path):
    for environment, expected in (({}, "True"), (hide_c_parser(tmp_path / "hidden"), "False")):
        asked = [sys.executable, "-c", ASK]
        found = subprocess.check_output(asked, env=os.environ | environment, encoding="utf-8")
        assert found.strip() == expected

from pathlib import Path

from experiments.repository import root


def test_the_root_is_where_dvc_says_or_here(monkeypatch, tmp_path):
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    assert root() == tmp_path
    monkeypatch.delenv("DVC_ROOT")
    assert root() == Path.cwd()

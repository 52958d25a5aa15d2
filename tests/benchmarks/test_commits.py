"""The default run at two commits."""

import json
import subprocess

import pytest

from benchmarks import commits


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A repository with two commits, in which this process stands."""
    monkeypatch.chdir(tmp_path)
    for command in (
        "init -qb main",
        "config user.name tester",
        "config user.email tester@example.org",
        "commit -q --allow-empty -m first",
        "tag v1",
        "commit -q --allow-empty -m second",
    ):
        subprocess.run(["git", *command.split()], check=True)
    return tmp_path


def test_two_commits_take_turns_with_the_same_seeds(repository, monkeypatch):
    asked, published = [], []

    def run_stages(clone, changes):
        asked.append((clone.name, changes["train"]["seed"], changes["split"]["seed"]))
        (clone / "metrics").mkdir(exist_ok=True)
        scores = json.dumps({"oa": 0.5, "aa": 0.25, "floor_oa": 0.75})
        (clone / "metrics/evaluate.json").write_text(scores)
        slow = clone.name == commits.short_hash("v1")
        return {"fetch": (1.0, 1.0), "train": (10.0 if slow else 5.0, 1.0)}

    monkeypatch.setattr(commits, "run_stages", run_stages)
    monkeypatch.setattr(commits, "publish", lambda *section: published.append(section))
    monkeypatch.setattr("sys.argv", ["commits", "v1", "--seeds", "1", "2"])
    commits.main()
    old, new = commits.short_hash("v1"), commits.short_hash("HEAD")
    assert asked == [(old, 1, 1), (new, 1, 1), (old, 2, 2), (new, 2, 2)]
    ((name, _, text),) = published
    assert name == "commits"
    assert f"stage of {new} takes 0.50 of the time that it takes at {old}" in " ".join(text.split())
    assert f"| {old} | 1 | 10 | 11 | 50.00 | 25.00 | 75.00 |" in text


def test_a_commit_is_not_compared_with_itself(repository, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["commits", "main", "HEAD"])
    with pytest.raises(SystemExit):
        commits.main()
    assert "are the same commit" in capsys.readouterr().err

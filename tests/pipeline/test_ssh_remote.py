"""A DVC remote on a server that people log in to with a key."""

from pathlib import Path

import pytest

from tests.pipeline.clone import Clone
from tests.pipeline.servers import HOST, ssh_server, sshd

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        sshd() is None,
        reason="THE REMOTE OVER SSH IS NOT TESTED: no sshd; `apt-get install openssh-server`",
    ),
]


def test_what_one_pushes_over_ssh_another_pulls(tmp_path: Path):
    home = tmp_path / "home"  # the settings of whoever runs the test do not count
    home.mkdir()
    person = {"HOME": str(home), "SSH_AUTH_SOCK": "", "GIT_CONFIG_NOSYSTEM": "1"}
    first, second = Clone(tmp_path / "first"), Clone(tmp_path / "second")
    first.path.mkdir()
    program = sshd()
    assert program
    with ssh_server(program, tmp_path) as server:
        first.run("git", "init", "-qb", "main")
        first.run("git", "config", "user.name", "tester")
        first.run("git", "config", "user.email", "tester@example.org")
        first.run("dvc", "init", "-q")
        (first.path / "scene.npy").write_bytes(b"a scene")
        first.run("dvc", "add", "-q", "scene.npy", **person)
        first.run("dvc", "remote", "add", "-d", "team", f"ssh://{HOST}{tmp_path / 'store'}")
        first.run("dvc", "remote", "modify", "team", "port", str(server.port))
        first.commit("a scene")
        key = ("dvc", "remote", "modify", "--local", "team", "keyfile", str(server.key))
        first.run(*key)
        # No known_hosts names the server, and dvc-ssh does not mind: docs/sharing.md warns of it.
        first.run("dvc", "push", **person)
        first.run("git", "clone", "-q", str(first.path), str(second.path))

        second.run("dvc", "pull", fails=True, **person)  # no key
        second.run(*key)
        second.run("dvc", "pull", **person)
        assert (second.path / "scene.npy").read_bytes() == b"a scene"
        assert not first.run("git", "grep", "-F", str(server.key), fails=True).stdout

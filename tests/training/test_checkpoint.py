import hashlib

import pytest
import torch

from hsi.training.checkpoint import fingerprint, load, save


def test_a_fingerprint_depends_on_values_and_contents_and_on_no_path(tmp_path):
    first, same, other = (tmp_path / name for name in ("a.npy", "b.npy", "c.npy"))
    first.write_bytes(b"content")
    same.write_bytes(b"content")
    other.write_bytes(b"other")
    found = fingerprint({"seed": 1, "rate": 0.1}, [first])
    assert found == fingerprint({"rate": 0.1, "seed": 1}, [same])
    assert found != fingerprint({"seed": 2, "rate": 0.1}, [first])
    assert found != fingerprint({"seed": 1, "rate": 0.1}, [other])
    assert found != fingerprint({"seed": 1, "rate": 0.1}, [first, other])


def test_another_version_of_torch_starts_anew(monkeypatch):
    before = fingerprint({}, [])
    monkeypatch.setattr(torch, "__version__", "0.0")
    assert fingerprint({}, []) != before


def test_a_state_survives_its_file_and_the_last_one_counts(tmp_path):
    path = tmp_path / "deep" / "state.pt"
    for epoch in (1, 2):
        save(path, {"epoch": epoch, "model": {"weight": torch.full((2,), float(epoch))}})
    state = load(path, "cpu")
    assert state["epoch"] == 2
    assert torch.equal(state["model"]["weight"], torch.tensor([2.0, 2.0]))
    assert [each.name for each in path.parent.iterdir()] == ["state.pt"]


def test_a_missing_file_is_none(tmp_path):
    assert load(tmp_path / "state.pt", "cpu") is None


def test_each_flipped_byte_is_found(tmp_path):
    path = tmp_path / "state.pt"
    save(path, {"weight": torch.ones(2)})
    whole = path.read_bytes()
    for place in range(0, len(whole), 97):
        broken = bytearray(whole)
        broken[place] ^= 1
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="is damaged"):
            load(path, "cpu")


def test_a_file_that_is_broken_or_would_execute_something_is_refused(tmp_path, capsys):
    class Evil:
        def __reduce__(self):
            return (print, ("executed",))

    path = tmp_path / "state.pt"
    path.write_bytes(b"half a che")
    with pytest.raises(ValueError, match="is damaged"):
        load(path, "cpu")
    torch.save({"epoch": Evil()}, path)
    with pytest.raises(ValueError, match="is damaged"):
        load(path, "cpu")
    evil = path.read_bytes()
    path.write_bytes(hashlib.sha256(evil).digest() + evil)  # with the right digest even
    with pytest.raises(ValueError, match="is not one of this version"):
        load(path, "cpu")
    assert "executed" not in capsys.readouterr().out


def test_tensors_without_names_are_no_state(tmp_path):
    torch.save([torch.zeros(2)], tmp_path / "list.pt")
    content = (tmp_path / "list.pt").read_bytes()
    (tmp_path / "state.pt").write_bytes(hashlib.sha256(content).digest() + content)
    with pytest.raises(ValueError, match="is not one of this version"):
        load(tmp_path / "state.pt", "cpu")

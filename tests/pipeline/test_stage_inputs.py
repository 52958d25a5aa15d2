import os

import pytest
import yaml

from stages import inputs


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A pipeline in which `use` reads what `make` has made, and a file of the user."""
    (tmp_path / "data/made/deep").mkdir(parents=True)
    (tmp_path / "data/made/deep/b").write_text("second")
    (tmp_path / "data/made/a").write_text("first")
    (tmp_path / "one.json").write_text("{}")
    deps = ["data/made", "one.json", "data/scenes", "code.py"]
    pipeline = {"stages": {"make": {"outs": ["data/made"]}, "use": {"deps": deps}}}
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump(pipeline))
    monkeypatch.chdir(tmp_path)
    outs = [{"path": name, "md5": inputs.digest(tmp_path / name)} for name in deps[:2]]
    (tmp_path / "dvc.lock").write_text(yaml.safe_dump({"stages": {"make": {"outs": outs}}}))
    return tmp_path


def test_inputs_as_they_were_made_are_read(here):
    inputs.refuse_changed_inputs("use")
    (here / "dvc.lock").unlink()
    inputs.refuse_changed_inputs("use")


@pytest.mark.parametrize("name", ["data/made/deep/b", "one.json"])
def test_a_changed_input_is_refused_though_its_time_and_size_are_the_same(here, name):
    path = here / name
    before = path.stat()
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    with pytest.raises(ValueError, match=r"(data/made|one.json): .* run `make doctor`"):
        inputs.refuse_changed_inputs("use")
    inputs.refuse_changed_inputs("make")


@pytest.mark.slow
def test_every_output_of_a_pipeline_has_the_digest_that_dvc_noted(clone):
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    outs = [out for stage in lock["stages"].values() for out in stage.get("outs", [])]
    assert any(out["md5"].endswith(".dir") for out in outs)
    assert {out["path"]: inputs.digest(clone.path / out["path"]) for out in outs} == {
        out["path"]: out["md5"] for out in outs
    }

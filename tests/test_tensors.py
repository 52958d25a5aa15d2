import pytest
import torch

from hsi.tensors import read_tensors, write_tensors


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    tensors = {
        "weight": torch.arange(6.0).reshape(2, 3),
        "count": torch.tensor(3),
        "none": torch.empty(0),
        "half": torch.ones(2, dtype=torch.bfloat16),
    }
    write_tensors(path, tensors, {"name": "forêt", "sizes": [1, 2]})
    return path


def test_tensors_and_what_they_are_come_back(file):
    tensors, about = read_tensors(file)
    assert torch.equal(tensors["weight"], torch.arange(6.0).reshape(2, 3))
    assert tensors["count"].item() == 3
    assert tensors["none"].shape == (0,)
    assert tensors["half"].dtype == torch.bfloat16
    assert about == {"name": "forêt", "sizes": [1, 2]}


def test_the_same_content_gives_the_same_bytes(file):
    before = file.read_bytes()
    write_tensors(file, *read_tensors(file))
    assert file.read_bytes() == before


def test_each_flipped_bit_is_refused_by_the_name_of_the_file(file):
    whole = file.read_bytes()
    expected, _ = read_tensors(file)
    for place in range(len(whole)):
        broken = bytearray(whole)
        broken[place] ^= 1 << place % 8
        file.write_bytes(broken)
        try:
            found, about = read_tensors(file)
        except ValueError as error:
            message = str(error)
            assert message.startswith(f"{file} is damaged")
            continue
        # What it read is right nevertheless: the bit was in a blank that pads the header.
        assert about == {"name": "forêt", "sizes": [1, 2]}
        assert all(torch.equal(found[name], value) for name, value in expected.items())


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_a_file_that_is_cut_is_refused(file, keep):
    file.write_bytes(file.read_bytes()[:keep])
    with pytest.raises(ValueError, match="is damaged"):
        read_tensors(file)


def test_a_missing_file_is_named_with_what_makes_it(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing; run `dvc repro`"):
        read_tensors(tmp_path / "model.safetensors")

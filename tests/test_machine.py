import pytest
import torch

from hsi import machine


def test_a_device_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setenv("HSI_DEVICE", "cuda:99")
    with pytest.raises(ValueError, match="HSI_DEVICE=cuda:99 cannot be used, cpu can: "):
        machine.device()


def test_the_device_is_the_gpu_if_there_is_one_and_else_the_cpu(monkeypatch):
    monkeypatch.delenv("HSI_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.device() == "cpu"
    monkeypatch.setenv("HSI_DEVICE", "meta")
    assert machine.device() == "meta"


@pytest.mark.parametrize(
    ("processor", "has"),
    [
        ({"avx2": True, "avx512_bf16": False, "amx_bf16": False}, False),
        ({"avx2": True, "avx512_bf16": True, "amx_bf16": False}, True),
        ({"neon": True, "bf16": True}, True),
    ],
)
def test_only_some_processors_have_instructions_for_bfloat16(monkeypatch, processor, has):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    assert machine.has_instructions_for("bfloat16", "cpu") == has
    assert machine.has_instructions_for("float32", "cpu")


@pytest.mark.parametrize(("pixels", "calls"), [(machine.SMALL, 2), (machine.SMALL + 1, 0)])
def test_freed_memory_is_kept_for_small_scenes_only(monkeypatch, pixels, calls):
    asked = []

    class Library:
        def __init__(self, name: None) -> None:
            self.mallopt = lambda *arguments: asked.append(arguments)

    monkeypatch.setattr("ctypes.CDLL", Library)
    machine.keep_freed_memory(pixels)
    assert len(asked) == calls


def test_a_c_library_without_mallopt_is_left_alone(monkeypatch):
    monkeypatch.setattr("ctypes.CDLL", lambda name: object())
    machine.keep_freed_memory(1)


def test_the_processor_has_a_name(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert machine.processor_name().endswith(" cores")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    assert machine.processor_name() == "A GPU"

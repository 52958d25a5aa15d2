import pytest
import torch

from stages import machine


def test_a_precision_that_is_asked_for_is_used_whatever_the_machine():
    for wanted in ("float32", "bfloat16"):
        assert machine.precision(wanted, "cpu") == wanted


@pytest.mark.parametrize(
    ("has", "chosen"),
    [
        ({}, "float32"),
        ({"avx512_f": True, "avx512_bf16": False}, "float32"),  # torch would emulate it
        ({"avx512_bf16": True}, "bfloat16"),
        ({"amx_bf16": True}, "bfloat16"),
    ],
)
def test_auto_is_bfloat16_where_the_cpu_has_instructions_for_it(monkeypatch, has, chosen):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has)
    assert machine.precision("auto", "cpu") == chosen


@pytest.mark.parametrize("fast", [True, False])
def test_auto_asks_a_gpu_whether_it_has_bfloat16_itself(monkeypatch, fast):
    def supported(including_emulation):
        assert not including_emulation
        return fast

    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    assert machine.precision("auto", "cuda:0") == ("bfloat16" if fast else "float32")


def test_a_device_that_is_not_there_is_one_line(monkeypatch):
    monkeypatch.setenv("HSI_DEVICE", "cuda:99")
    with pytest.raises(ValueError, match="HSI_DEVICE=cuda:99 cannot be used, cpu can: "):
        machine.device()

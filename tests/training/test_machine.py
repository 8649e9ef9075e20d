"""Devices and precisions: chosen from capabilities, refused by name."""

from __future__ import annotations

import pytest
import torch

from gansmith.ground.errors import DeviceError
from gansmith.training import machine


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with a processor and nothing else."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    return monkeypatch


@pytest.fixture
def two_gpus(bare: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    bare.setattr(torch.cuda, "is_available", lambda: True)
    bare.setattr(torch.cuda, "device_count", lambda: 2)
    bare.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation=True: not including_emulation)
    return bare


@pytest.mark.usefixtures("bare")
def test_a_machine_without_gpu():
    assert machine.choose_device("auto") == "cpu"
    assert machine.choose_device("cpu") == "cpu"


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:1", "mps", "gpu", "", "cud", "cuda:x", "tpu:0"])
def test_what_is_not_here_is_refused_in_one_line(name: str):
    with pytest.raises(DeviceError) as caught:
        machine.choose_device(name)
    assert "\n" not in str(caught.value)
    assert name.partition(":")[0] in str(caught.value)


@pytest.mark.usefixtures("two_gpus")
def test_a_machine_with_two_gpus():
    assert machine.choose_device("auto") == "cuda"
    assert [machine.choose_device(name) for name in ("cuda", "cuda:0", "cuda:1")] == ["cuda", "cuda:0", "cuda:1"]
    for name in ("cuda:2", "cuda:-1", "cuda:x", "cuda:"):
        with pytest.raises(DeviceError, match="this machine has cuda:0, cuda:1"):
            machine.choose_device(name)


def test_an_apple_gpu(bare: pytest.MonkeyPatch):
    bare.setattr(torch.backends.mps, "is_available", lambda: True)
    assert machine.choose_device("auto") == "mps"
    assert machine.choose_precision("auto", "mps") == "float32"
    with pytest.raises(DeviceError, match="float64"):
        machine.choose_precision("float64", "mps")


@pytest.mark.parametrize("name", ["float32", "float64", "bfloat16"])
def test_a_precision_that_was_asked_for_is_taken(name):
    assert machine.choose_precision(name, "cpu") == name


@pytest.mark.parametrize(("products", "expected"), [(True, "bfloat16"), (False, "float32")])
def test_bfloat16_where_the_processor_multiplies_in_it(monkeypatch: pytest.MonkeyPatch, products: bool, expected: str):
    monkeypatch.setattr(machine, "computes_bfloat16", lambda: products)
    assert machine.choose_precision("auto", "cpu") == expected


@pytest.mark.usefixtures("two_gpus")
def test_bfloat16_on_a_gpu_that_has_it():
    assert machine.choose_precision("auto", "cuda:1") == "bfloat16"


@pytest.mark.parametrize(
    ("limit", "allowed"),
    [
        ("", True),
        ("ALL", True),
        ("AVX2", False),
        ("AVX512_CORE", False),
        ("avx512_core_bf16", True),
        ("AVX512_CORE_AMX", True),
    ],
)
def test_a_limit_on_instruction_sets_is_honoured(monkeypatch: pytest.MonkeyPatch, limit: str, allowed: bool):
    monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", limit)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True}, raising=False)
    assert machine.computes_bfloat16() == allowed


def test_threads_are_counted():
    before = torch.get_num_threads()
    try:
        assert machine.use_threads(1) == 1
        assert torch.get_num_threads() == 1
        assert machine.use_threads(0) >= 1
    finally:
        torch.set_num_threads(before)


def test_what_results_depend_on_is_written_down():
    facts = machine.environment()
    assert facts["torch"] == torch.__version__
    assert {"instruction set", "onednn limit", "bfloat16 products", "gpu", "processors", "machine"} <= set(facts)

"""The devices, precisions and threads of this machine. Choices depend on what it has, never on timings."""

from __future__ import annotations

import os
import platform
from typing import Any

import torch
import torch.nn.functional as F

from gansmith.ground.errors import DeviceError
from gansmith.ground.process.hardware import EFFICIENCY, least_seconds, processors
from gansmith.ground.recipes.settings import PrecisionName

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
BFLOAT16_FEATURES = ("amx_bf16", "avx512_bf16")
"""Processor features that multiply matrices in bfloat16."""
THREADS = torch.get_num_threads()
"""PyTorch's own number, before anyone changes it: OMP_NUM_THREADS, or all cores."""


def choose_device(name: str) -> str:
    """The device of a name: "auto" is CUDA if there is one, else MPS, else the processor. Raises DeviceError."""
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    kind, _, number = name.partition(":")
    if kind == "cpu":
        return "cpu"
    if kind == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count == 0:
            raise DeviceError("device = 'cuda': PyTorch finds no CUDA device here; use --device auto or cpu")
        if ":" in name and (not number.isdigit() or int(number) >= count):
            there = ", ".join(f"cuda:{each}" for each in range(count))
            raise DeviceError(f"device = {name!r}: this machine has {there}; use one of these")
        return name
    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("device = 'mps': PyTorch finds no Apple GPU here; use --device auto or cpu")
        return "mps"
    raise DeviceError(f"device = {name!r} is not one of auto, cpu, cuda, cuda:N, mps")


def choose_precision(name: PrecisionName, device: str) -> PrecisionName:
    """The precision of a name: "auto" is bfloat16 if the hardware multiplies in it, else float32. Raises DeviceError."""
    if name != "auto":
        if name == "float64" and device == "mps":
            raise DeviceError("precision.name = 'float64': MPS computes in float32 at most; use --device cpu")
        return name
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device == "cpu" and computes_bfloat16() else "float32"


def computes_bfloat16() -> bool:
    """Whether the processor multiplies in bfloat16 (AVX-512 BF16 or AMX).

    oneDNN computes the products, so its own limit on instruction sets, ONEDNN_MAX_CPU_ISA, counts.
    """
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if limit and limit not in ("ALL", "DEFAULT") and "BF16" not in limit and "AMX" not in limit:
        return False
    if hasattr(torch.cpu, "get_capabilities"):  # from PyTorch 2.11 on
        capabilities = torch.cpu.get_capabilities()
        return any(bool(capabilities.get(name)) for name in BFLOAT16_FEATURES)
    return _flags_have(BFLOAT16_FEATURES)


def _flags_have(names: tuple[str, ...]) -> bool:
    """Whether Linux lists one of these features; on other systems False, which is safe."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next((line for line in file if line.startswith("flags")), "").split()
    except OSError:
        return False
    return any(name in flags for name in names)


def use_threads(count: int) -> int:
    """Compute with `count` threads; 0 = PyTorch's own number (OMP_NUM_THREADS, or all cores). Returns the number."""
    if count:
        torch.set_num_threads(count)
    return torch.get_num_threads()


def environment() -> dict[str, Any]:
    """What results may depend on: versions, processor, instruction set, threads, devices."""
    return {
        "torch": torch.__version__,
        "instruction set": torch.backends.cpu.get_cpu_capability(),
        "onednn limit": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        "bfloat16 products": computes_bfloat16(),
        "gpu": torch.cuda.get_device_name(0) if torch.cuda.is_available() else "",
        "processors": processors(),
        "machine": platform.machine(),
    }


def operations_per_second(device: str) -> float:
    """Expected operations a second of a training here, from the time of a large matrix product."""
    return EFFICIENCY * product_speed("float32", device)


def product_speed(precision: PrecisionName, device: str, size: int = 1024) -> float:
    """Operations a second of a product of two (size, size) matrices."""
    a = torch.rand(size, size, device=torch.device(device)).to(DTYPES[precision])
    return 2 * size**3 / least_seconds(lambda: float((a @ a)[0, 0]))


def ceiling(precision: PrecisionName, device: str) -> float:
    """Operations a second of a large matrix product or of a large convolution, whichever is faster here.

    They come from different libraries: on some processors one is much slower than the other.
    """
    channels, kernel, side, batch = 256, 3, 28, 16
    weight = torch.rand(channels, channels, kernel, kernel, device=torch.device(device)).to(DTYPES[precision])
    maps = torch.rand(batch, channels, side, side, device=torch.device(device)).to(DTYPES[precision])
    weight, maps = (each.contiguous(memory_format=torch.channels_last) for each in (weight, maps))
    seconds = least_seconds(lambda: float(F.conv2d(maps, weight, padding=1)[0, 0, 0, 0]))
    convolution = 2 * batch * (channels * kernel * side) ** 2 / seconds
    return max(product_speed(precision, device, 2048), convolution)

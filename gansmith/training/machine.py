"""What this machine can do: devices, precisions, threads. Choices come from capabilities, never from timings."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from gansmith.ground.errors import DeviceError
from gansmith.ground.recipes.settings import PrecisionName

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16}
PRODUCTS = ("amx_bf16", "avx512_bf16")
"""Processor features that multiply matrices in bfloat16."""


def choose_device(name: str) -> str:
    """The device that a name stands for: "auto" is CUDA, else MPS, else the processor. Raises DeviceError."""
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
            raise DeviceError(f"device = {name!r}: this machine has cuda:0 to cuda:{count - 1}")
        return name
    if kind == "mps":
        if not torch.backends.mps.is_available():
            raise DeviceError("device = 'mps': PyTorch finds no Apple GPU here; use --device auto or cpu")
        return "mps"
    raise DeviceError(f"device = {name!r} is not one of auto, cpu, cuda, cuda:N, mps")


def choose_precision(name: PrecisionName, device: str) -> PrecisionName:
    """bfloat16 where the hardware multiplies in it, else float32; a name that was asked for is taken as it is."""
    if name != "auto":
        if name == "float64" and device == "mps":
            raise DeviceError("precision.name = 'float64': MPS computes in float32 at most; use --device cpu")
        return name
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if device == "cpu" and computes_bfloat16() else "float32"


def computes_bfloat16() -> bool:
    """Whether the processor has bfloat16 products (AVX-512 BF16 or AMX), and may use them.

    oneDNN does the products; its own limit on instruction sets, ONEDNN_MAX_CPU_ISA, is honoured.
    """
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    if limit and limit not in ("ALL", "DEFAULT") and "BF16" not in limit and "AMX" not in limit:
        return False
    if hasattr(torch.cpu, "get_capabilities"):  # from PyTorch 2.11 on
        capabilities = torch.cpu.get_capabilities()
        return any(bool(capabilities.get(name)) for name in PRODUCTS)
    return _flags_have(PRODUCTS)


def _flags_have(names: tuple[str, ...]) -> bool:
    """Linux lists the processor's features; elsewhere nothing is known, and float32 is right everywhere."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            flags = next((line for line in file if line.startswith("flags")), "").split()
    except OSError:
        return False
    return any(name in flags for name in names)


def use_threads(count: int) -> int:
    """Compute with `count` threads (0 = as many as PyTorch takes: every processor, or OMP_NUM_THREADS); returns it."""
    if count:
        torch.set_num_threads(count)
    return torch.get_num_threads()


def environment() -> dict[str, Any]:
    """What results may depend on: versions, processor, instruction set, threads, devices."""
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
    return {
        "torch": torch.__version__,
        "instruction set": torch.backends.cpu.get_cpu_capability(),
        "onednn limit": os.environ.get("ONEDNN_MAX_CPU_ISA", ""),
        "bfloat16 products": computes_bfloat16(),
        "gpu": gpu,
        "processors": os.cpu_count() or 1,
        "machine": platform.machine(),
    }


EFFICIENCY = 0.25
"""The share of a large matrix product's pace that a small network's training is expected to reach."""


def operations_per_second(device: str) -> float:
    """Operations a second to expect of a training here: a share of what a large matrix product is timed at."""
    return EFFICIENCY * product_pace("float32", device)


def product_pace(precision: PrecisionName, device: str, size: int = 1024) -> float:
    """Operations a second of a product of two (size, size) matrices."""
    a = torch.rand(size, size, device=torch.device(device)).to(DTYPES[precision])
    return 2 * size**3 / least_seconds(lambda: float((a @ a)[0, 0]))


def ceiling(precision: PrecisionName, device: str) -> float:
    """Operations a second of the best that this machine is seen to do: a large matrix product or a large convolution.

    They come from different libraries: on some processors one is far behind the other.
    """
    channels, kernel, side, batch = 256, 3, 28, 16
    weight = torch.rand(channels, channels, kernel, kernel, device=torch.device(device)).to(DTYPES[precision])
    maps = torch.rand(batch, channels, side, side, device=torch.device(device)).to(DTYPES[precision])
    weight, maps = (each.contiguous(memory_format=torch.channels_last) for each in (weight, maps))
    seconds = least_seconds(lambda: float(F.conv2d(maps, weight, padding=1)[0, 0, 0, 0]))
    convolution = 2 * batch * (channels * kernel * side) ** 2 / seconds
    return max(product_pace(precision, device, 2048), convolution)


def least_seconds(compute: Callable[[], float], rounds: int = 5) -> float:
    """The shortest of some rounds; each ends with reading a number, which waits for the device."""
    best = float("inf")
    for _ in range(rounds):
        begin = time.perf_counter()
        compute()
        best = min(best, time.perf_counter() - begin)
    return best

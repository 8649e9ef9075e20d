"""Kernels in Triton. Imported where they are launched: Triton is there with PyTorch for CUDA, and nowhere else."""

import triton  # pyright: ignore[reportMissingImports]
import triton.language as tl  # pyright: ignore[reportMissingImports]


@triton.jit
def keep_and_scale(x, y, key, first, limit, scale, count, block: tl.constexpr):
    """y = x times scale where the hash of (first + place, key) is large enough, else 0; see `streams.keep_mask`."""
    place = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
    inside = place < count
    h = (place + first).to(tl.uint32) ^ tl.load(key).to(tl.uint32)
    h ^= h >> 16
    h *= 0x7FEB352D
    h ^= h >> 15
    h *= 0x846CA68B
    h ^= h >> 16
    kept = tl.load(x + place, mask=inside).to(tl.float32) * scale
    tl.store(y + place, tl.where((h >> 1) >= limit, kept, 0.0).to(y.dtype.element_ty), mask=inside)


@triton.jit
def move_rows(x, y, height, width, from_height, from_width, down, right, block: tl.constexpr):
    """y (pictures, height, width) = x (pictures, from_height, from_width) moved down and to the right, else 0. Widths in
    elements: pixels times channels. A program writes a part of a row."""
    row = tl.program_id(0)
    line = row % height - down
    place = tl.program_id(1) * block + tl.arange(0, block)
    there = place - right
    inside = (line >= 0) & (line < from_height) & (there >= 0) & (there < from_width) & (place < width)
    begin = (row // height * from_height + line).to(tl.int64) * from_width
    tl.store(
        y + row.to(tl.int64) * width + place, tl.load(x + begin + there, mask=inside, other=0.0), mask=place < width
    )

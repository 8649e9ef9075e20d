"""The compiled kernel is what its source says, and multiplies."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from scripts_in_page import load, text

from gansmith.web import scripts

SOURCE = scripts.HERE / "engine" / "kernel.wat"


def test_the_committed_bytes_are_the_built_source(tmp_path: Path):
    builder = shutil.which("wat2wasm")
    if builder is None:
        pytest.skip("no wat2wasm here: install wabt")
    built = tmp_path / "kernel.wasm"
    subprocess.run([builder, SOURCE, "-o", built], check=True)
    assert built.read_bytes() == scripts.kernel()


def test_the_kernel_is_small():
    assert len(scripts.kernel()) < 1024


PRODUCT = """([kernel, rows, depth, segments, panels]) => {
    const heap = new Heap();
    const multiply = kernelFor(heap, kernel && bytesOf(kernel));
    const pitch = depth + 3, stride = 2, width = 8 * panels, deep = depth * segments;
    const a = heap.take(stride * rows + pitch * segments), b = heap.take(deep * width);
    const bias = heap.take(width), c = heap.take(rows * width);
    for (let i = a; i < c; i++) heap.numbers[i] = (i * 7) % 5 - 2;
    multiply(a, b, bias, c, rows, depth, panels, stride, width, segments, pitch);
    let wrong = 0;
    for (let row = 0; row < rows; row++) for (let column = 0; column < width; column++) {
        let sum = heap.numbers[bias + column];
        for (let s = 0; s < segments; s++) for (let k = 0; k < depth; k++) {
            const at = b + (Math.floor(column / 8) * deep + s * depth + k) * 8 + column % 8;
            sum += heap.numbers[a + row * stride + s * pitch + k] * heap.numbers[at];
        }
        wrong += sum !== heap.numbers[c + row * width + column];
    }
    return wrong;
}"""


@pytest.mark.parametrize("simd", [True, False], ids=["simd", "plain"])
def test_products_of_whole_numbers_are_exact(simd: bool, blank: Any):
    """Rows that overlap and runs with gaps between, as convolutions read them; one row to nine."""
    load(blank, "engine/kernel.js", "engine/heap.js")
    kernel = text(scripts.kernel()) if simd else None
    for rows, depth, segments, panels in ((1, 1, 1, 1), (3, 5, 2, 1), (4, 7, 3, 2), (9, 2, 1, 3)):
        assert blank.evaluate(PRODUCT, [kernel, rows, depth, segments, panels]) == 0


def test_bytes_that_do_not_compile_leave_plain_javascript(blank: Any):
    """As in a browser without SIMD."""
    load(blank, "engine/kernel.js", "engine/heap.js")
    broken = text(scripts.kernel()[:-9])
    assert blank.evaluate(PRODUCT, [broken, 4, 7, 3, 2]) == 0


def test_the_heap_grows_and_keeps_its_numbers(blank: Any):
    load(blank, "engine/heap.js")
    kept = """(memory) => {
        const heap = new Heap();
        if (!memory) { heap.memory = null; heap.numbers = new Float32Array(64); }
        const at = heap.take(10);
        heap.numbers[at + 9] = 5;
        const before = heap.top;
        heap.take(1e6);
        heap.release(before);
        return [heap.numbers[at + 9], heap.numbers.length > 1e6, heap.top === before];
    }"""
    for memory in (True, False):
        assert blank.evaluate(kept, memory) == [5, True, True]

"""Freed memory is kept for the next that ask."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, torch
from gansmith.ground.process.memory import keep_freed
if sys.argv[1] == "keep":
    assert keep_freed()
def update():
    torch.empty(27 * 2**18).fill_(1.0), torch.empty(10 * 2**20).fill_(1.0)  # 27 and 40 MB
for _ in range(20):
    update()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    update()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10)
"""


GLIBC = platform.libc_ver()[0] == "glibc"
VERSION = [int(part) for part in platform.libc_ver()[1].split(".")] if GLIBC else []


@pytest.mark.skipif(VERSION < [2, 36], reason="glibc alone is told, and older ones keep blocks of up to 32 MB only")
def test_an_update_does_not_ask_the_system_again():
    others = ("LD_PRELOAD", "GLIBC_TUNABLES", "MALLOC_")  # another allocator, or this one told otherwise
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}

    def faults(how: str) -> int:
        command = [sys.executable, "-c", PROGRAM, how]
        return int(subprocess.run(command, capture_output=True, check=True, env=environment).stdout)

    pages = {how: faults(how) for how in ("keep", "give-back")}
    assert 10 * pages["keep"] < pages["give-back"]

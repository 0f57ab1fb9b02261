"""Memory that training frees stays with the process, which changes no number."""

from __future__ import annotations

import subprocess
import sys

import pytest

BLOCK = """
import ctypes, resource, torch
from rpbind.train.machine import keep_freed_memory

if not hasattr(ctypes.CDLL(None), "mallopt"):
    print("no glibc"); raise SystemExit
if {kept}:
    keep_freed_memory()
def fill(): return torch.ones(16, 1024, 1024).sum().item()
fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
total = sum(fill() for _ in range(10))
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before, total)
"""


def test_a_block_that_is_freed_and_allocated_again_is_not_cleared_by_the_kernel_again() -> None:
    default, kept = (_printed(BLOCK.format(kept=kept)) for kept in (False, True))
    if "no glibc" in default:
        pytest.skip("the C library is not glibc: rpbind leaves its allocator as it is")
    faults, total = default.split()
    fewer, same = kept.split()
    assert int(fewer) < int(faults) / 2
    assert total == same


def _printed(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="glibc's memory is looked at")

THREADS = """
import ctypes, threading
from bot.rounds.process.memory import share_arenas
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
{begin}
met = threading.Barrier(8)
def allocate():
    met.wait()
    libc.malloc(1000)
    met.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
libc.malloc_stats()
"""

FREED = """
import ctypes
from pathlib import Path
from bot.rounds.process.memory import give_back
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
held = [libc.malloc(60_000) for _ in range(1_000)]
for each in held:
    ctypes.memset(each, 1, 60_000)
for each in held[:-1]:
    libc.free(each)
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
before = resident()
give_back()
print(before - resident())
"""


def run(program: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def arenas(begin: str) -> int:
    said = run(THREADS.format(begin=begin)).stderr
    if "Arena" not in said:
        pytest.skip("the C library is not glibc")
    return said.count("Arena")


def test_threads_share_two_arenas_where_each_would_have_its_own():
    assert arenas("") > 2
    assert arenas("share_arenas()") <= 2


def test_freed_memory_goes_back_to_the_system():
    arenas("")
    assert int(run(FREED).stdout) > 40_000_000

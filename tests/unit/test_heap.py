"""What a program that stays gives back; in a process of its own, whose heap nothing else uses."""

import subprocess
import sys

import pytest

from ipcom_chat import heap

_HELD_MIB = 128
_PROGRAM = f"""
from pathlib import Path
from threading import Barrier, Thread

from ipcom_chat import heap


def held_mib():
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) // 1024


def use():
    held = [bytes(4000) for _ in range({_HELD_MIB} * 256 // 8)]
    filled.wait()
    kept.append(held[-1])


heap.share_one_arena()
filled, kept = Barrier(8), []
before = held_mib()
threads = [Thread(target=use) for _ in range(8)]
for each in threads:
    each.start()
for each in threads:
    each.join()
heap.give_back()
print(held_mib() - before)
"""


def test_what_threads_freed_goes_back_to_the_system() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    assert int(ran.stdout) < _HELD_MIB / 8


def test_a_c_library_without_such_calls_is_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    heap._glibc.cache_clear()
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    heap.share_one_arena()
    heap.give_back()
    assert heap._glibc() is None
    heap._glibc.cache_clear()

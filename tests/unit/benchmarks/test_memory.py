"""What Linux says of a process, read."""

import os

from benchmarks.memory import figures, held

ROLLUP = "00400000-7fff [rollup]\nRss:   122880 kB\nPss:  99328 kB\nPss_Dirty:  1024 kB\n"


def test_kibibytes_become_mebibytes() -> None:
    status = "Name:\tpython\nVmHWM:\t  204800 kB\nVmRSS:\t 122880 kB\n"

    assert figures(ROLLUP, status) == {"pss_mib": 97, "rss_mib": 120, "peak_rss_mib": 200}


def test_this_process_holds_something() -> None:
    found = held(os.getpid())

    assert 0 < found["pss_mib"] <= found["rss_mib"] <= found["peak_rss_mib"]

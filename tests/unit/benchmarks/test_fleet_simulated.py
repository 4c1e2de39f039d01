"""A small fleet on a simulated clock."""

import random

from benchmarks.fleet_simulated import EVERY_S, measure


def test_every_entry_reaches_every_machine_within_two_intervals() -> None:
    random.seed(1)

    result = measure(machines=4, saves=3, seconds=10)

    assert result["found"] == {"lost": 0, "unequal_replicas": 0}
    assert 0 < result["everywhere_s"]["worst"] < 2 * EVERY_S
    assert 0 < result["primary"]["busy_share"] < 1

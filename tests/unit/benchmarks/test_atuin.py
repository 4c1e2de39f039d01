"""What Atuin says, read."""

from benchmarks.atuin import carried


def test_records_of_all_stores_are_counted_both_ways() -> None:
    said = "1/0 up/down to record store\n20000/3 up/down to record store\nSync complete!\n"

    assert carried(said) == 20_004
    assert carried("Nothing to sync") == 0

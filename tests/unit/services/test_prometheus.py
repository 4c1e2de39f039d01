"""The exposition, read back by a reader of its own."""

from pathlib import Path

import msgspec
import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.histogram import ENDLESS
from ipcom_chat.services.monitoring import Histogram, MachineState, Totals
from ipcom_chat.services.prometheus import exposition
from ipcom_chat.services.sync import Condition, SyncStatus
from tests.support.exposition import parse, value
from tests.support.monitoring import NOON, seen
from tests.support.replica import an_entry

EVIL = 'a"b\\c\nd\u202e\ud800'
NOTHING = Totals(histograms=(), tallies={})


def test_the_metrics_of_an_empty_replica_have_no_value_that_nobody_knows(tmp_path: Path) -> None:
    with seen(tmp_path) as replica:
        found = parse(exposition(replica.look(), NOTHING))
    assert value(found, "ipcom_chat_health", state="ok") == 1
    assert value(found, "ipcom_chat_health", state="failing") == 0
    assert value(found, "ipcom_chat_entries") == 0
    assert value(found, "ipcom_chat_requests", status="cancelled") == 0
    assert "ipcom_chat_availability_ratio" not in found
    assert "ipcom_chat_sync_queue_rows" not in found
    assert "ipcom_chat_duration_seconds" not in found


def test_values_are_in_seconds_bytes_and_shares(tmp_path: Path) -> None:
    status = SyncStatus(
        condition=Condition.WAITING, host="db", waiting={"entry": 7}, lag_ms=1_500, skew_ms=-250,
        succeeded_at=NOON,
    )  # fmt: skip
    totals = Totals(
        histograms=(Histogram(kind="write", counts={1_000: 3, 1_120: 1, ENDLESS: 1}, sum_us=9),),
        tallies={"errors": 3, "errors.assistant_busy": 2, 'errors.x"y': 1, "cache_hits": 4},
    )
    with seen(tmp_path, status) as replica:
        replica.entries.add_all(
            [
                an_entry(status=Status.COMPLETED, created_at=NOON, execution_time_ms=900),
                an_entry(status=Status.CANCELLED, created_at=NOON),
            ],
            actor="test",
        )
        found = parse(exposition(replica.look(), totals))
    bucket = "ipcom_chat_duration_seconds_bucket"
    assert value(found, bucket, kind="write", le="0.001") == 3
    assert value(found, bucket, kind="write", le="0.002") == 4
    assert value(found, bucket, kind="write", le="1000") == 4
    assert value(found, bucket, kind="write", le="+Inf") == 5
    assert value(found, "ipcom_chat_duration_seconds_sum", kind="write") == 9e-6
    assert value(found, "ipcom_chat_errors_total", code='x"y') == 1
    assert value(found, "ipcom_chat_cache_lookups_total", result="hit") == 4
    assert value(found, "ipcom_chat_cancellation_ratio") == 0.5
    assert value(found, "ipcom_chat_sync_lag_seconds") == 1.5
    assert value(found, "ipcom_chat_clock_skew_seconds") == -0.25
    assert value(found, "ipcom_chat_sync_queue_rows") == 7
    assert value(found, "ipcom_chat_sync_condition", condition="waiting") == 1
    assert value(found, "ipcom_chat_answer_seconds", quantile="0.5") == pytest.approx(0.75)
    assert value(found, "ipcom_chat_size_bytes", what="replica") > 0


def test_host_names_cannot_break_out_of_a_label(tmp_path: Path) -> None:
    machine = MachineState(machine_id="m" * 64, hostname=EVIL, version="1", last_seen=NOON)
    with seen(tmp_path) as replica:
        snapshot = msgspec.structs.replace(replica.look(), hostname=EVIL, machines=(machine,))
    found = parse(exposition(snapshot, NOTHING, fleet=True))
    shown = 'a"b\\c\nd\u202e?'
    assert value(found, "ipcom_chat_info", version="1.0", hostname=shown) == 1
    told = found["ipcom_chat_machine_last_seen_timestamp_seconds"].samples
    assert told[0].labels == {"machine": "m" * 12, "hostname": shown, "version": "1"}
    assert told[0].value == NOON / 1000
    assert "ipcom_chat_machine_lag_seconds" not in found
    assert "ipcom_chat_machine_last_seen_timestamp_seconds" not in parse(
        exposition(snapshot, NOTHING)
    )

"""What `deploy/` watches is what the program tells."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from ipcom_chat.domain.entry import Status
from ipcom_chat.domain.people import Heartbeat
from ipcom_chat.domain.votes import Vote
from ipcom_chat.ids import MachineId
from ipcom_chat.services.monitoring import Histogram, Totals
from ipcom_chat.services.prometheus import exposition
from ipcom_chat.services.sync import Condition, SyncStatus
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.meter import KINDS, SEARCH, SYNC, WRITE, Meter
from ipcom_chat.storage.people import Heartbeats, Machines
from ipcom_chat.storage.votes import Votes
from tests.support.exposition import Family, parse
from tests.support.monitoring import NOON, seen
from tests.support.replica import REPLICA, an_entry
from tests.unit.services.test_monitoring import machine

DEPLOY = Path(__file__).parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "ipcom-chat-alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "ipcom-chat.json"
METRIC = re.compile(r"ipcom_chat_[a-z0-9_]+")
LABEL = re.compile(r'(\w+)\s*(?:=~|=|!=|!~)\s*"([^"]*)"')
OF_PROMETHEUS = {"instance", "job"}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Family]:
    """Give every metric, of a replica of which everything is known."""
    status = SyncStatus(
        condition=Condition.SYNCED, host="db", lag_ms=1, skew_ms=1, succeeded_at=NOON
    )
    with seen(tmp_path_factory.mktemp("deploy"), status) as replica:
        entry = an_entry(
            status=Status.COMPLETED, created_at=NOON, execution_time_ms=5, tokens_used=1
        )
        Entries(replica.database).add(entry, actor="test")
        Votes(replica.database).cast(entry.id, "v", Vote.GOOD, at_ms=replica.clock.ms)
        Machines(replica.database).save(machine("a", NOON))
        beat = Heartbeat(
            machine_id=MachineId("a" * 64), replica_id=REPLICA, hostname="h", at=NOON,
            version="1", lag_ms=1, waiting=1, skew_ms=1,
        )  # fmt: skip
        Heartbeats(replica.database).replace([msgspec.structs.astuple(beat)])
        meter = Meter(replica.clock)
        for kind in (WRITE, SEARCH, SYNC):
            meter.took(kind, 1.0)
        meter.count("reuse_hits")
        measures = Measures(replica.database)
        measures.add(meter.drain(), now_ms=replica.clock.ms)
        measures.set_primary_size(1, 1, at_ms=NOON)
        totals = Totals(
            histograms=tuple(Histogram(kind=kind, counts={1_000: 1}, sum_us=1) for kind in KINDS),
            tallies={"errors.x": 1},
        )
        return parse(exposition(replica.look(), totals, fleet=True))


def names(told: dict[str, Family]) -> set[str]:
    return {sample.name for family in told.values() for sample in family.samples}


def values_of(told: dict[str, Family], label: str) -> set[str]:
    return {
        sample.labels[label]
        for family in told.values()
        for sample in family.samples
        if label in sample.labels
    }


def expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        here = [value["expr"]] if isinstance(value.get("expr"), str) else []
        return here + [each for inner in value.values() for each in expressions(inner)]
    return (
        [each for inner in value for each in expressions(inner)] if isinstance(value, list) else []
    )


def check(expression: str, told: dict[str, Family]) -> None:
    used = set(METRIC.findall(expression))
    assert used, expression
    assert used <= names(told), used - names(told)
    assert expression.count("(") == expression.count(")")
    for label, wanted in LABEL.findall(expression):
        if label not in OF_PROMETHEUS:
            assert wanted in values_of(told, label), expression


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def test_every_alert_rests_on_what_is_told(told: dict[str, Family]) -> None:
    rules = alerts()
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 10
    for rule in rules:
        check(rule["expr"], told)
        assert rule["labels"]["severity"] in {"info", "warning", "critical"}
        assert rule["annotations"]["summary"]


def test_no_alert_compares_what_has_other_labels() -> None:
    """Both sides of a set operator must have the same labels, or it holds of nothing."""
    for rule in alerts():
        for operator in re.findall(r"\b(?:and|or|unless)\b(.*)", rule["expr"]):
            assert operator.startswith((" on (", " ignoring (")), rule["expr"]


def test_every_alert_has_its_test() -> None:
    tests = yaml.safe_load(RULES.with_suffix(".test.yml").read_text(encoding="utf-8"))
    assert tests["rule_files"] == [RULES.name]
    fires = [
        case["alertname"]
        for group in tests["tests"]
        for case in group["alert_rule_test"]
        if case["exp_alerts"]
    ]
    assert sorted(fires) == sorted(rule["alert"] for rule in alerts())


def test_every_panel_of_the_dashboard_shows_what_is_told(told: dict[str, Family]) -> None:
    board = msgspec.json.decode(DASHBOARD.read_bytes())
    found = expressions(board["panels"])
    assert len(found) >= 20
    for expression in found:
        check(expression, told)
    shown = {name for expression in found for name in METRIC.findall(expression)}
    assert {"ipcom_chat_cancellation_ratio", "ipcom_chat_sync_ratio"} <= shown
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in board["panels"])


def test_every_metric_has_a_help_that_is_a_sentence(told: dict[str, Family]) -> None:
    assert all(family.help.endswith(".") for family in told.values())

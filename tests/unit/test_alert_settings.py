"""What the settings say of alerts."""

from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.alert_settings import SCALES, limits_of, receivers
from ipcom_chat.domain.alerts import Level, Rule
from ipcom_chat.errors import SettingsError
from ipcom_chat.services.alert_receivers import Command, LogReceiver, Webhook
from ipcom_chat.setting_definitions import KNOWN
from ipcom_chat.settings import Settings, load
from tests.support.env import isolated_env


@pytest.fixture
def given(tmp_path: Path) -> Any:
    """Give what loads settings of a fresh user."""

    def loaded(**variables: str) -> Settings:
        return load(isolated_env(tmp_path) | variables)

    return loaded


def told(_line: str) -> None: ...


def test_every_rule_has_a_setting() -> None:
    assert set(Rule) == {*SCALES, Rule.PARKED}
    assert all(scale.key in KNOWN for scale in SCALES.values())


def test_budgets_are_off_until_somebody_sets_them(given: Any) -> None:
    off = set(Rule) - set(limits_of(given()).thresholds)
    assert off == {Rule.AI_TOKENS, Rule.AI_COST, Rule.PRIMARY_ROWS, Rule.PRIMARY_SIZE}


@pytest.mark.parametrize(("rule", "key"), [(rule, scale.key) for rule, scale in SCALES.items()])
def test_each_can_be_switched_off(given: Any, rule: Rule, key: str) -> None:
    variable = KNOWN[key].variable
    assert rule not in limits_of(given(**{variable: "0"})).thresholds
    assert rule in limits_of(given(**{variable: "7"})).thresholds


def test_refused_rows_can_be_switched_off_too(given: Any) -> None:
    assert Rule.PARKED not in limits_of(given(IPCOM_CHAT_ALERTS_PARKED="no")).thresholds


def test_the_levels_of_the_defaults(given: Any) -> None:
    found = limits_of(given()).thresholds
    assert [found[Rule.QUEUE].level(n) for n in (1_000, 1_001, 10_001)] == list(Level)
    assert [found[Rule.DISK].level(n) for n in (500, 499, 99)] == list(Level)
    assert [found[Rule.TOKEN].level(n) for n in (14, 13, 3)] == list(Level)
    assert [found[Rule.PARKED].level(n) for n in (0, 1)] == [Level.OK, Level.WARNING]


def test_a_budget_warns_before_it_is_used_up(given: Any) -> None:
    budget = limits_of(given(IPCOM_CHAT_ALERTS_AI_TOKENS="1000")).thresholds[Rule.AI_TOKENS]
    assert [budget.level(n) for n in (800, 801, 1_001)] == list(Level)


def test_who_is_told(given: Any) -> None:
    assert {name: type(each) for name, each in receivers(given(), told).items()} == {
        "log": LogReceiver
    }
    found = receivers(
        given(
            IPCOM_CHAT_ALERTS_WEBHOOK_URL="https://hooks.example.com/very-secret",
            IPCOM_CHAT_ALERTS_COMMAND="/usr/bin/tell --team 'two words'",
        ),
        told,
    )
    assert {name: type(each) for name, each in found.items()} == {
        "log": LogReceiver, "webhook": Webhook, "command": Command,
    }  # fmt: skip


@pytest.mark.parametrize("line", ["tell", "./tell", "  ", "/bin/tell 'open", "~/tell"])
def test_a_command_has_its_whole_path(given: Any, line: str) -> None:
    with pytest.raises(SettingsError, match="whole path"):
        receivers(given(IPCOM_CHAT_ALERTS_COMMAND=line), told)


def test_the_address_of_a_web_hook_is_a_secret(given: Any) -> None:
    assert KNOWN["alerts.webhook_url"].secret
    with pytest.raises(SettingsError) as caught:
        receivers(given(IPCOM_CHAT_ALERTS_WEBHOOK_URL="http://example.com/very-secret"), told)
    assert "secret" not in str(caught.value)

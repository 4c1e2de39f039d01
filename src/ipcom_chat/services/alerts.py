"""Alerts: what holds, what changed, and who is still to be told.

Invariants: a change is stored before anybody is told, so no end of the process loses one; each
receiver hears of each change once, in order, whoever of the replica's processes checks; a receiver
that fails is tried again later and later, `TRIES` times, and keeps neither a check nor the other
receivers waiting. A receiver may hear a change twice only if the process ends while it is told.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Final

import msgspec

from ipcom_chat.clock import HOUR_MS, Clock
from ipcom_chat.domain.alert_texts import problem, settling, told
from ipcom_chat.domain.alerts import Change, Held, Level, Limits, Rule, judge, worst
from ipcom_chat.ids import MachineId
from ipcom_chat.services.alert_readings import AlertReadings
from ipcom_chat.services.alert_receivers import NotDeliveredError, Receiver
from ipcom_chat.services.alert_state import Alert, AlertStore, Delivery, State

TRIES: Final = 14
"""Over about two and a half hours."""
FIRST_WAIT_MS: Final = 5_000
LONGEST_WAIT_MS: Final = HOUR_MS
SEND_S: Final = 8.0
"""No try begins later than this after the first one."""
_LOG = logging.getLogger(__name__)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that holds. Instants are epoch milliseconds."""

    rule: Rule
    level: Level
    text: str
    """One line: what is, and what to do."""
    value: float
    limit: float
    since: int
    subject: str = ""
    name: str = ""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found."""

    level: Level
    """The worst."""
    at: int
    rules: int
    """How many are on."""
    findings: tuple[Finding, ...]
    """The worst first."""
    unread: tuple[Rule, ...] = ()
    """Of which nothing is known: neither whether they are well nor whether they are not."""


class Whose(msgspec.Struct, frozen=True, kw_only=True):
    """The machine that alerts are of."""

    hostname: str
    machine_id: MachineId


class AlertService:
    """The alerts of one replica.

    Args:
        readings: reads what is judged.
        limits: by what it is judged.
        store: remembers.
        receivers: who is told, by name.
        whose: the machine.
        clock: the time.
    """

    def __init__(
        self,
        readings: AlertReadings,
        limits: Limits,
        store: AlertStore,
        receivers: Mapping[str, Receiver],
        whose: Whose,
        clock: Clock,
    ) -> None:
        self._readings = readings
        self._limits = limits
        self._store = store
        self._receivers = receivers
        self._whose = whose
        self._clock = clock

    def check(self) -> Checked:
        """Look at everything, and store what changed and is to be told; `deliver` tells it.

        Raises:
            StorageError: the replica cannot be read.
        """
        # Outside of the lock: the primary may take its time.
        known = self._readings.asked(self._store.read().primary)
        readings = self._readings.readings(known)
        with self._store.changing():
            state = self._store.read()
            now = self._clock.now_ms()
            judged = judge(readings, self._limits, state.held, now_ms=now)
            alerts = [self._alert(change) for change in judged.changes]
            outbox = (*state.outbox, *self._deliveries(alerts, now))
            self._store.write(State(held=judged.held, outbox=outbox, primary=known))
        unread = dict.fromkeys(each.rule for each in readings if each.value is None)
        return self._checked(judged.held, tuple(unread), now)

    def deliver(
        self, stopped: Callable[[], bool] = lambda: False, *, limit_s: float = SEND_S
    ) -> int | None:
        """Tell receivers what is due; return when the next try is due, None if all were told.

        Another process that is telling them is left to it.

        Args:
            stopped: whether to leave the rest for later.
            limit_s: after so many seconds no further try begins.
        """
        end_s = monotonic() + limit_s
        with self._store.sending() as may_send:
            if may_send:
                while not stopped() and monotonic() < end_s:
                    due = _first_due(self._store.read(), self._clock.now_ms())
                    if due is None:
                        break
                    self._settle(due, self._reason(due))
        return min((each.due for each in _heads(self._store.read().outbox)), default=None)

    def _reason(self, delivery: Delivery) -> str | None:
        """Try to tell a receiver; return why it was not told, None if it was."""
        receiver = self._receivers.get(delivery.receiver)
        if receiver is None:
            return None  # it is configured no more
        try:
            receiver(delivery.alert)
        except NotDeliveredError as error:
            return str(error)
        return None

    def _settle(self, tried: Delivery, reason: str | None) -> None:
        """Store what became of a try."""
        after = None if reason is None else _later(tried, self._clock.now_ms())
        if reason is not None:
            log, what = (_LOG.error, "given up") if after is None else (_LOG.warning, "kept")
            log("alert %s was not told to %s (%s), try %d: %s", tried.alert.rule.value,
                tried.receiver, reason, tried.tries + 1, what)  # fmt: skip
        with self._store.changing():
            state = self._store.read()
            outbox = [
                each
                if (each.receiver, each.alert.id) != (tried.receiver, tried.alert.id)
                else after
                for each in state.outbox
            ]
            kept = tuple(each for each in outbox if each is not None)
            self._store.write(msgspec.structs.replace(state, outbox=kept))

    def _deliveries(self, alerts: Sequence[Alert], now: int) -> list[Delivery]:
        return [
            Delivery(receiver=name, alert=alert, due=now)
            for alert in alerts
            for name in self._receivers
        ]

    def _alert(self, change: Change) -> Alert:
        return Alert(
            id=f"{self._clock.random_bits(128):032x}", rule=change.rule, subject=change.subject,
            level=change.level, before=change.before, value=change.value, limit=change.limit,
            text=told(change), at=change.at, hostname=self._whose.hostname,
            machine_id=self._whose.machine_id,
        )  # fmt: skip

    def _checked(self, held: Mapping[str, Held], unread: tuple[Rule, ...], now: int) -> Checked:
        found = sorted(held.values(), key=lambda each: (-each.level.severity, each.since))
        known = {each.rule for each in found}
        return Checked(
            level=worst(found), at=now, rules=len(self._limits.thresholds),
            findings=tuple(self._finding(each) for each in found),
            unread=tuple(each for each in unread if each not in known),
        )  # fmt: skip

    def _finding(self, held: Held) -> Finding:
        threshold = self._limits.thresholds[held.rule]
        limit = threshold.limit(held.level)
        is_beyond = threshold.is_beyond(held.value, held.level) and held.better_since is None
        text = (
            problem(held.rule, held.value, limit, held.name)
            if is_beyond
            else settling(held.rule, held.name)
        )
        return Finding(
            rule=held.rule, level=held.level, text=text, value=held.value, limit=limit,
            since=held.since, subject=held.subject, name=held.name,
        )  # fmt: skip


def _heads(outbox: Sequence[Delivery]) -> list[Delivery]:
    """Return what each receiver is to hear next: in order, so a late end never comes first."""
    heads: dict[str, Delivery] = {}
    for each in outbox:
        heads.setdefault(each.receiver, each)
    return list(heads.values())


def _first_due(state: State, now: int) -> Delivery | None:
    due = [each for each in _heads(state.outbox) if each.due <= now or each.due > now + _AHEAD_MS]
    return min(due, key=lambda each: each.due, default=None)


_AHEAD_MS: Final = 2 * LONGEST_WAIT_MS
"""What is due later than any wait was set by a clock that was wrong."""


def _later(tried: Delivery, now: int) -> Delivery | None:
    """Return when to try again; None: never."""
    if tried.tries + 1 >= TRIES:
        return None
    wait = min(FIRST_WAIT_MS << tried.tries, LONGEST_WAIT_MS)
    return msgspec.structs.replace(tried, tries=tried.tries + 1, due=now + wait)

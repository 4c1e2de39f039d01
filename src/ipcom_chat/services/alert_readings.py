"""What the rules of alerts are judged by: read from the replica, and now and then of the primary.

Invariants: without a primary, or while it was asked not long ago, nothing goes over the network; a
figure that cannot be read is None, never 0; only when a token expires is remembered, not the token.
"""

import logging
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from ipcom_chat.clock import DAY_MS, HOUR_MS, Clock
from ipcom_chat.domain.alerts import Reading, Rule
from ipcom_chat.domain.entry import Scope
from ipcom_chat.domain.histogram import BOUNDS_US, quantile
from ipcom_chat.domain.tokens import claims_of
from ipcom_chat.errors import IpcomChatError, PrimaryError, StorageError
from ipcom_chat.ids import MachineId
from ipcom_chat.libsql.address import Address
from ipcom_chat.services.alert_state import Primary
from ipcom_chat.services.counting import caught_up
from ipcom_chat.services.sync import Condition, SyncService, SyncStatus, probe
from ipcom_chat.storage.database import Database
from ipcom_chat.storage.measures import Measures
from ipcom_chat.storage.meter import WRITE
from ipcom_chat.storage.monitoring_rows import MonitoringRows
from ipcom_chat.storage.people import Users
from ipcom_chat.storage.usage import Span, Usage

LOOK_EVERY_MS: Final = 300_000
"""How often certificate and token are looked at: that may run a command."""
SIZE_EVERY_MS: Final = HOUR_MS
"""How often the primary is asked for its size: that reads much there."""
FRESH_MS: Final = 120_000
"""An exchange that was tried since then says how the primary is."""
COUNT_S: Final = 2.0
USERS_MAX: Final = 1_000
"""So many who spent most are judged."""
_MIB: Final = 1 << 20
_SPENT: Final = (Rule.AI_TOKENS, Rule.AI_COST)
_SIZES: Final = (Rule.PRIMARY_ROWS, Rule.PRIMARY_SIZE)
_LOG = logging.getLogger(__name__)


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked at, and how."""

    rules: frozenset[Rule]
    """Those that are on; for the others nothing is asked."""
    machine_id: MachineId
    folder: Path
    """Of the replica."""
    window_hours: int
    """So far back go rates and latencies, the hour that runs included."""
    min_requests: int
    """Fewer than this in the window say nothing."""


class AlertReadings:
    """Reads the figures of one replica.

    Args:
        database: the connection of the caller's thread.
        sync: synchronisation over the same connection.
        watched: what is looked at.
        clock: the time.
    """

    def __init__(
        self, database: Database, sync: SyncService, watched: Watched, clock: Clock
    ) -> None:
        self._usage = Usage(database)
        self._rows = MonitoringRows(database)
        self._measures = Measures(database)
        self._users = Users(database)
        self._sync = sync
        self._watched = watched
        self._clock = clock

    def asked(self, known: Primary) -> Primary:
        """Return what is known of the primary, brought up to date if that is due."""
        if not self._sync.is_configured:
            return Primary()
        now = self._clock.now_ms()
        if not 0 <= now - known.looked_at < LOOK_EVERY_MS:
            known = self._looked(known, now)
        if self._wants(*_SIZES) and not 0 <= now - known.sized_at < SIZE_EVERY_MS:
            known = self._sized(known, now)
        return self._probed(known, now)

    def readings(self, known: Primary) -> list[Reading]:
        """Return every figure that is watched.

        Raises:
            StorageError: the replica cannot be read.
        """
        now = self._clock.now_ms()
        found = [self._latency(now), self._disk(), *self._rates(now), *self._spent(now)]
        if self._sync.is_configured:
            found += [*self._synchronised(known, now), *self._lasting(known, now), *self._budgets()]
        return [each for each in found if each.rule in self._watched.rules]

    def _latency(self, now: int) -> Reading:
        counts, _sum = self._measures.latencies(self._since(now), now + 1).get(WRITE, ({}, 0))
        value = 0.0
        if sum(counts.values()) >= self._watched.min_requests:
            value = (quantile(counts, 0.95, BOUNDS_US) or 0.0) / 1000
        return Reading(rule=Rule.WRITE_LATENCY, value=value)

    def _disk(self) -> Reading:
        free = None
        with suppress(OSError):
            free = shutil.disk_usage(self._watched.folder).free / _MIB
        return Reading(rule=Rule.DISK, value=free)

    def _rates(self, now: int) -> list[Reading]:
        ended = self._rows.ended_of_machine(
            self._watched.machine_id, since_ms=self._since(now), until_ms=now + 1
        )
        total = sum(ended)
        is_enough = total >= max(self._watched.min_requests, 1)
        errors, cancelled = (100 * n / total if is_enough else 0.0 for n in ended[1:])
        return [
            Reading(rule=Rule.ERROR_RATE, value=errors),
            Reading(rule=Rule.CANCELLATION_RATE, value=cancelled),
        ]

    def _spent(self, now: int) -> list[Reading]:
        """Return what each user spent today (UTC), of all that this replica holds."""
        if not self._wants(*_SPENT) or not caught_up(self._usage, limit_s=COUNT_S):
            return [Reading(rule=each, value=None) for each in _SPENT]
        scope = Scope(mode=None, machine_id=self._watched.machine_id)
        today = Span(scope=scope, since_ms=now // DAY_MS * DAY_MS, until_ms=now + 1)
        names: dict[str, str] = {user.id: user.username for user in self._users.all(inactive=True)}
        found = []
        for each in self._usage.spending(today, limit=USERS_MAX):
            who = each.user_id or each.account
            name = names.get(each.user_id, who)
            for rule, value in ((Rule.AI_TOKENS, each.tokens),
                                (Rule.AI_COST, each.cost_microusd / 10_000)):  # fmt: skip
                found.append(Reading(rule=rule, value=float(value), subject=who, name=name))
        return found

    def _synchronised(self, known: Primary, now: int) -> list[Reading]:
        status = self._sync.status()
        skew = status.skew_ms if known.skew_ms is None else known.skew_ms
        values: dict[Rule, float | None] = {
            Rule.PRIMARY: _down_s(status, known, now),
            Rule.QUEUE: float(status.unacknowledged),
            Rule.PARKED: float(len(status.parked)),
            Rule.SYNC_LAG: status.lag_ms / 1000,
            Rule.CLOCK_SKEW: None if skew is None else abs(skew) / 1000,
        }
        return [Reading(rule=rule, value=value) for rule, value in values.items()]

    def _lasting(self, known: Primary, now: int) -> list[Reading]:
        """Return how many days certificate and token are good for, if they ever expire."""
        instants = {Rule.CERTIFICATE: known.certificate_until, Rule.TOKEN: known.token_until}
        found = [
            Reading(rule=rule, value=(until - now) / DAY_MS)
            for rule, until in instants.items()
            if until is not None
        ]
        if known.certificate_until is None and known.is_encrypted:
            found.append(Reading(rule=Rule.CERTIFICATE, value=None))
        return found

    def _budgets(self) -> list[Reading]:
        _at, nbytes, entries = self._measures.primary_size() or (0, None, None)
        return [
            Reading(rule=Rule.PRIMARY_ROWS, value=None if entries is None else float(entries)),
            Reading(rule=Rule.PRIMARY_SIZE, value=None if nbytes is None else nbytes / _MIB),
        ]

    def _looked(self, known: Primary, now: int) -> Primary:
        """Look at the token and the certificate."""
        if not self._wants(Rule.CERTIFICATE, Rule.TOKEN):
            return known
        from ipcom_chat.libsql.certificate import valid_until  # noqa: PLC0415 - the network

        try:
            target = self._sync.settings.resolve()
            address = Address.parse(target.urls[0])
            until = valid_until(address, now_ms=now)
        except IpcomChatError as error:  # the settings; whoever exchanges says so
            _LOG.warning("the primary's token cannot be looked at: %s", error.code)
            return known
        is_encrypted = address.scheme == "https"
        if until is None and is_encrypted:
            until = known.certificate_until  # it cannot be reached now
        claims = claims_of(target.token) if target.token else None
        return msgspec.structs.replace(
            known, looked_at=now, certificate_until=until, is_encrypted=is_encrypted,
            token_until=claims.expires_at if claims else None,
        )  # fmt: skip

    def _sized(self, known: Primary, now: int) -> Primary:
        try:
            self._sync.fetch_heartbeats()  # and what the primary says of itself
        except (PrimaryError, StorageError) as error:
            _LOG.warning("the primary did not tell its size: %s", error.code)
            return known
        return msgspec.structs.replace(known, sized_at=now)

    def _probed(self, known: Primary, now: int) -> Primary:
        """Ask whether the primary answers, unless an exchange has just done so."""
        tried_at = self._sync.status().tried_at
        if tried_at is not None and 0 <= now - tried_at < FRESH_MS:
            return msgspec.structs.replace(known, probed_at=0, down_since=None, skew_ms=None)
        try:
            found = probe(self._sync.settings, self._clock)
        except IpcomChatError as error:
            _LOG.info("the primary did not answer: %s", error.code)
            down = known.down_since or now
            return msgspec.structs.replace(known, probed_at=now, down_since=down)
        return msgspec.structs.replace(known, probed_at=now, down_since=None, skew_ms=found.skew_ms)

    def _since(self, now: int) -> int:
        return (now // HOUR_MS - self._watched.window_hours + 1) * HOUR_MS

    def _wants(self, *rules: Rule) -> bool:
        return not self._watched.rules.isdisjoint(rules)


def _down_s(status: SyncStatus, known: Primary, now: int) -> float:
    """Return for how long the primary has not answered, or not accepted what it was asked."""
    if known.probed_at and known.down_since is None:
        return 0.0  # it has just answered
    since = [at for at in (status.failing_since, known.down_since) if at is not None]
    is_failing = status.condition in (Condition.OFFLINE, Condition.ATTENTION) or known.down_since
    return max(0, now - min(since)) / 1000 if since and is_failing else 0.0

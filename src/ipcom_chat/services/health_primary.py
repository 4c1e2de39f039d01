"""What `doctor` looks at around the primary: the way there, the clock, the token, what waits."""

import time
from collections.abc import Iterator

from ipcom_chat.clock import DAY_MS, MINUTE_MS
from ipcom_chat.domain.tokens import claims_of
from ipcom_chat.host import hostname
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.checks import Check, Subject, current, failed, ok, warning
from ipcom_chat.services.sync import SKEW_MS, Probe
from ipcom_chat.storage.sync_state import SyncState

SLOW_MS = 2_000
"""From this round trip on, a person should look at the network."""
QUEUE_ROWS = 1_000
QUEUE_LAG_MS = DAY_MS
TOKEN_WARNING_MS = 14 * DAY_MS
"""So long before its end a token is to be replaced."""


def token(subject: Subject) -> Iterator[Check]:
    """Look at the token of the primary without asking anybody."""
    if subject.token is None:
        return
    text = subject.token()
    if text is None:
        yield ok("token", _("none is configured"))
        return
    claims = claims_of(text)
    if claims is None:
        yield ok("token", _("does not say when it ends"))
        return
    rights = _("reads only") if claims.may_write is False else _("may read and write")
    yield _ending(rights, claims.expires_at, subject.now_ms)


def _ending(rights: str, expires_at: int | None, now_ms: int) -> Check:
    remedy = _("Have a new one made ('ipcom-chat server token') and put it in the place of the "
               "old one; nothing needs a restart.")  # fmt: skip
    if expires_at is None:
        return ok("token", _("{rights}, without an end", rights=rights))
    if expires_at <= now_ms:
        return failed("token", _("It ended on {date}.", date=_date(expires_at)), remedy)
    detail = _("{rights}, until {date}", rights=rights, date=_date(expires_at))
    if expires_at - now_ms < TOKEN_WARNING_MS:
        return warning("token", detail, remedy)
    return ok("token", detail)


def queue(subject: Subject) -> Iterator[Check]:
    """Look at what the replica remembers of synchronisation."""
    if subject.probe is None:
        return
    with current(subject) as database:
        if database is None:
            return
        state = SyncState(database)
        parked, report = state.parked(), state.report()
        waiting, oldest = sum(state.waiting().values()), state.oldest_waiting_ms()
    yield _waiting(waiting, 0 if oldest is None else max(0, subject.now_ms - oldest))
    if parked:
        yield warning("sync", n_("One row was refused.", "{count} rows were refused.",
                                 len(parked)),
                      _("See 'ipcom-chat sync status'; 'sync retry' tries again."))  # fmt: skip
    if report.read_only:
        yield warning("sync", _("The token does not allow writing; what is saved here waits."),
                      _("Set TURSO_AUTH_TOKEN to a token that may write."))  # fmt: skip


def _waiting(rows: int, lag_ms: int) -> Check:
    if not rows:
        return ok("queue", _("nothing waits to be sent"))
    detail = n_("One row has waited for {lag} to be sent.",
                "{count} rows wait to be sent, the oldest for {lag}.",
                rows, lag=_hours(lag_ms))  # fmt: skip
    if rows > QUEUE_ROWS or lag_ms > QUEUE_LAG_MS:
        return warning("queue", detail, _("Run 'ipcom-chat sync': it says what holds them up."))
    return ok("queue", detail)


def primary(subject: Subject) -> Iterator[Check]:
    """Look at the primary itself."""
    if subject.probe is None:
        yield ok("sync", _("not configured: the history stays on this machine"))
        return
    found = subject.probe()  # what is wrong is told by `examine`, as for every check
    detail = _("{host} answers within {ms:.0f} ms", host=found.host, ms=found.round_trip_ms)
    if found.round_trip_ms > SLOW_MS:
        yield warning("sync", detail, _("Look at the network and the load of the primary."))
    else:
        yield ok("sync", detail)
    yield _clock(found)
    yield from _twins(found, subject)


def _clock(found: Probe) -> Check:
    if abs(found.skew_ms) < SKEW_MS:
        return ok("clock", _("agrees with the primary's within {seconds} s",
                             seconds=f"{abs(found.skew_ms) / 1000:.0f}"))  # fmt: skip
    return warning(
        "clock",
        _("This machine's clock is {minutes} minutes away from the primary's.",
          minutes=abs(found.skew_ms) // MINUTE_MS),
        _("Set it: timedatectl set-ntp true"),
    )  # fmt: skip


def _twins(found: Probe, subject: Subject) -> Iterator[Check]:
    """Look for another host that has this machine's id: a cloned image keeps it."""
    twins = {
        beat.hostname
        for beat in found.beats
        if beat.machine_id == subject.own_machine_id and beat.hostname != hostname()
    }
    if twins:
        yield warning(
            "machine_id",
            _("Other hosts have the same machine id: {hosts}. No entry is lost, but all of them "
              "count as one machine.", hosts=", ".join(sorted(twins))),
            _("On the clone: rm -f /etc/machine-id /var/lib/dbus/machine-id && "
              "systemd-machine-id-setup, or set IPCOM_CHAT_MACHINE_ID."),
        )  # fmt: skip


def _date(at_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at_ms / 1000))


def _hours(time_ms: int) -> str:
    minutes = time_ms // MINUTE_MS
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"

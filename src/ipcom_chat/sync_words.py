"""Where synchronisation stands, in the words of the screen, for every front end."""

from ipcom_chat.formats import instant, local_time
from ipcom_chat.i18n import _, n_
from ipcom_chat.services.sync import Condition, SyncStatus


def sync_sentence(status: SyncStatus) -> str:
    """Return where synchronisation stands, as one line."""
    texts = {
        Condition.OFF: _("no primary is configured: the history stays on this machine"),
        Condition.SYNCED: _synced(status),
        Condition.FILLING: _filling(status),
        Condition.WAITING: n_("one row waits for {host}", "{count} rows wait for {host}",
                              status.unacknowledged, host=status.host),
        Condition.OFFLINE: _("offline since {since}: {reason}",
                             since=instant(status.failing_since), reason=status.error),
        Condition.ATTENTION: _("needs attention: {reason}", reason=_trouble(status)),
    }  # fmt: skip
    return texts[status.condition]


def sync_word(status: SyncStatus | None) -> str:
    """Return where synchronisation stands, in a word or two; None: nothing was heard yet."""
    if status is None:
        return _("connecting")
    since = local_time(status.failing_since or 0, "%H:%M")
    return {
        Condition.OFF: _("local only"),
        Condition.SYNCED: _("synced"),
        Condition.FILLING: _("pulling"),
        Condition.WAITING: n_("one waiting", "{count} waiting", status.unacknowledged),
        Condition.OFFLINE: _("offline since {time}", time=since),
        Condition.ATTENTION: _("sync needs attention"),
    }[status.condition]


def is_urgent(status: SyncStatus | None) -> bool:
    """Return whether people should see this, however little room there is."""
    return status is not None and status.condition in (Condition.OFFLINE, Condition.ATTENTION)


def sync_problem(status: SyncStatus, *, is_loud: bool) -> str | None:
    """Return what a person should read about synchronisation, if anything.

    Args:
        status: where it stands.
        is_loud: whether being offline is to be told, too.
    """
    if status.condition is Condition.ATTENTION:
        return _("Synchronisation needs attention: {reason}", reason=_trouble(status))
    return status.error if is_loud and status.condition is Condition.OFFLINE else None


def _synced(status: SyncStatus) -> str:
    if status.error is not None:  # too short a time ago to call it offline
        return _("nothing waits, but {host} did not answer just now", host=status.host)
    return _("synced with {host}", host=status.host)


def _filling(status: SyncStatus) -> str:
    if status.tried_at is None:
        return _("the shared history of {host} is still to be pulled: 'ipcom-chat sync'",
                 host=status.host)  # fmt: skip
    return _("pulling the shared history from {host}", host=status.host)


def _trouble(status: SyncStatus) -> str:
    if status.error:
        return status.error
    if status.read_only:
        return _("the token does not allow writing; what is saved here waits")
    return n_("one row was refused; see 'ipcom-chat sync status'",
              "{count} rows were refused; see 'ipcom-chat sync status'",
              len(status.parked))  # fmt: skip

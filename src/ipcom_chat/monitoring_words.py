"""What monitoring sees, in the words of the screen, for every front end."""

from collections.abc import Mapping, Sequence
from typing import Final

from ipcom_chat.formats import duration
from ipcom_chat.i18n import _, decimal
from ipcom_chat.services.monitoring import Health, Kpi, Reason

_BARS: Final = "▁▂▃▄▅▆▇█"
_SHARES: Final = frozenset(
    {"availability", "primary_availability", "sync_rate", "reuse", "adoption", "satisfaction",
     "cancellation_rate"}
)  # fmt: skip


def health_word(health: Health) -> str:
    """Return how it is, in a word."""
    return {
        Health.OK: _("ok"),
        Health.WARNING: _("warning"),
        Health.FAILING: _("FAILING"),
    }[health]


def reason_words(reason: Reason) -> str:
    """Return why it is not well, in some words."""
    return {
        Reason.WRITES_SLOW: _("saving is slower than wanted"),
        Reason.READS_SLOW: _("reading is slower than wanted"),
        Reason.SYNC_RATE: _("entries reach the primary late"),
        Reason.AVAILABILITY: _("saves or searches failed"),
        Reason.OFFLINE: _("the primary cannot be reached"),
        Reason.ATTENTION: _("synchronisation needs attention"),
        Reason.PARKED: _("rows were refused"),
        Reason.QUEUE: _("many rows wait for the primary"),
        Reason.SKEW: _("the clock is wrong"),
    }[reason]


def kpi_title(name: str) -> str:
    """Return the name of a KPI."""
    return {
        "availability": _("Availability"),
        "primary_availability": _("Primary answers"),
        "write_p95_ms": _("Save, p95"),
        "read_p95_ms": _("Read, p95"),
        "sync_rate": _("Sync rate"),
        "reuse": _("Reuse"),
        "time_to_answer_ms": _("Time to answer"),
        "adoption": _("Adoption"),
        "satisfaction": _("Satisfaction"),
        "cancellation_rate": _("Cancelled"),
        "bytes_per_entry": _("Size per entry"),
    }[name]


def kind_title(kind: str) -> str:
    """Return what was timed."""
    return {
        "write": _("Save"),
        "read": _("Read"),
        "search": _("Search"),
        "sync": _("Exchange"),
        "assistant": _("Answer"),
    }[kind]


def kpi_value(kpi: Kpi) -> str:
    """Return the value of a KPI with its unit; a dash if nothing is known."""
    return "-" if kpi.value is None else _measure(kpi.name, kpi.value)


def kpi_target(kpi: Kpi) -> str:
    """Return what a KPI should be; nothing if there is no target."""
    if kpi.target is None:
        return ""
    sign = "≤" if kpi.name.endswith("_ms") or kpi.name == "bytes_per_entry" else "≥"
    return f"{sign} {_measure(kpi.name, kpi.target)}"


def percent(share: float | None) -> str:
    """Return a share in percent, with as many places as it takes to tell it from all."""
    if share is None:
        return "-"
    for places in (1, 2, 3):
        text = f"{100 * share:.{places}f}"
        if share == 1 or float(text) < 100:
            break
    return f"{text if decimal(0.5) == '0.5' else text.replace('.', ',')} %"


def size(nbytes: int | None) -> str:
    """Return a number of bytes with a unit; a dash if it is not known."""
    if nbytes is None:
        return "-"
    value = float(nbytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{nbytes} B" if unit == "B" else f"{decimal(value)} {unit}"
        value /= 1024
    return f"{decimal(value)} TiB"


def precise(ms: float) -> str:
    """Return a duration that may be below a millisecond."""
    return f"{decimal(ms)} ms" if ms < 100 else duration(ms)


def dollars(microusd: int) -> str:
    """Return an amount of money."""
    text = f"{microusd / 1e6:.2f}"
    return f"US$ {text if decimal(0.5) == '0.5' else text.replace('.', ',')}"


def tally_facts(tallies: Mapping[str, int]) -> list[tuple[str, str]]:
    """Return what happened in the processes of this replica, each with its name."""
    facts = [
        (_("failed here"), str(tallies.get("errors", 0))),
        (_("cancelled here"), str(tallies.get("cancellations", 0))),
    ]
    for title, name in ((_("cache hits"), "cache"), (_("reuse here"), "reuse")):
        hits, misses = tallies.get(f"{name}_hits", 0), tallies.get(f"{name}_misses", 0)
        if hits + misses:
            facts.append((title, f"{hits}/{hits + misses}"))
    return facts


def spark(values: Sequence[float | None]) -> str:
    """Return values as a line of bars; a blank where nothing is known."""
    top = max((value for value in values if value is not None), default=0.0)
    return "".join(
        " " if value is None else _BARS[round(value / top * 7) if top else 0] for value in values
    )


def _measure(name: str, value: float) -> str:
    if name in _SHARES:
        return percent(value)
    return size(round(value)) if name == "bytes_per_entry" else precise(value)

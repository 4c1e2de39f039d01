"""The pages about the team: users, machines, adoption and reuse."""

from typing import Final

from ipcom_chat.domain.people import User
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.formats import age, duration, yes_no
from ipcom_chat.i18n import _
from ipcom_chat.monitoring_words import dollars, kpi_target, kpi_title, kpi_value
from ipcom_chat.services.monitoring import Kpi, Person, Snapshot
from ipcom_chat.web import charts
from ipcom_chat.web.charts import Bar
from ipcom_chat.web.html import Html, el, number, table
from ipcom_chat.web.layout import Place, address, document, facts, link, panel
from ipcom_chat.web.overview import windows
from ipcom_chat.web.reading import bounded

ROWS: Final = 200
_FIGURES: Final = ("adoption", "reuse", "satisfaction", "time_to_answer_ms", "cancellation_rate")


def users(place: Place, seen: Snapshot, known: list[User], window: str, page: int) -> Html:
    """Return who uses it: all that are known, and the accounts without a user."""
    people = [*seen.people, *_idle(seen, known)]
    active: dict[str, bool] = {user.id: user.is_active for user in known}
    rows = [
        [one_line(each.name), number(each.questions), number(each.commands), number(each.tokens),
         number(dollars(each.cost_microusd)),
         yes_no(active[each.user_id]) if each.user_id in active else _("account")]
        for each in bounded(people, page, ROWS)
    ]  # fmt: skip
    heads = [_("User"), *(number(each) for each in (
        _("Questions"), _("Commands"), _("Tokens"), _("Cost"))), _("Active")]  # fmt: skip
    shown = table(_("Users"), heads, rows) if rows else el("p", _("None."))
    return document(place, _("Users"), windows("/users", window), shown,
                    _turning(place, page, len(people)))  # fmt: skip


def _idle(seen: Snapshot, known: list[User]) -> list[Person]:
    busy = {each.user_id for each in seen.people}
    return [
        Person(name=user.username, user_id=user.id, questions=0, commands=0, tokens=0,
               cost_microusd=0)
        for user in known
        if user.id not in busy
    ]  # fmt: skip


def machines(place: Place, seen: Snapshot, page: int) -> Html:
    """Return the machines, the one seen last first."""
    rows = [
        [one_line(each.hostname), el("code", each.machine_id[:12]), age(seen.at, each.last_seen),
         one_line(each.version),
         number("-" if each.lag_ms is None else duration(each.lag_ms)),
         number("-" if each.waiting is None else each.waiting),
         number("-" if each.skew_ms is None else duration(abs(each.skew_ms)))]
        for each in bounded(seen.machines, page, ROWS)
    ]  # fmt: skip
    heads = [_("Machine"), _("Id"), _("Seen"), _("Version"), number(_("Lag")), number(_("Waiting")),
             number(_("Clock"))]  # fmt: skip
    shown = table(_("Machines"), heads, rows) if rows else el("p", _("None."))
    return document(place, _("Machines"), shown, _turning(place, page, len(seen.machines)))


def _turning(place: Place, page: int, count: int) -> Html | None:
    last = max(1, -(-count // ROWS))
    if last == 1:
        return None
    ways = [(_("Previous"), page - 1), (_("Next"), page + 1)]
    links = [
        el("li", el("a", label, href=address(place.path, place.query | {"page": str(number)})))
        for label, number in ways
        if 1 <= number <= last
    ]
    return el("nav", el("ul", *links), aria_label=_("More pages"), class_="windows")


def adoption(place: Place, seen: Snapshot, window: str) -> Html:
    """Return who uses it day by day, and what is used again."""
    figures: list[tuple[str, object]] = [
        (kpi_title(name), _figure(seen.kpi(name))) for name in _FIGURES
    ]
    return document(
        place,
        _("Adoption and reuse"),
        windows("/adoption", window),
        facts(figures),
        _by_day(seen),
        _problems(seen),
    )


def _figure(kpi: Kpi) -> str:
    target = kpi_target(kpi)
    return f"{kpi_value(kpi)} ({target})" if target else kpi_value(kpi)


def _by_day(seen: Snapshot) -> Html:
    title = _("By day")
    if not seen.adoption:
        return panel("days", title, el("p", _("None.")))
    rows = []
    for each in reversed(seen.adoption):
        spent = [one for one in seen.spending if one.day == each.day]
        rows.append(
            [each.day, number(each.users), number(each.machines),
             number(sum(one.tokens for one in spent)),
             number(dollars(sum(one.cost_microusd for one in spent)))]
        )  # fmt: skip
    heads = [_("Day (UTC)"), *(number(each) for each in (
        _("Users"), _("Machines"), _("Tokens"), _("Cost")))]  # fmt: skip
    values = [Bar(title=f"{each.day}: {each.users}", parts=(("command", each.users),))
              for each in seen.adoption]  # fmt: skip
    return panel("days", title, charts.bars(_("Users by day"), values), table(title, heads, rows))


def _problems(seen: Snapshot) -> Html:
    title = _("Solved problems that helped")
    rows = [
        [link(one_line(each.question), f"/entries/{each.entry_id}"), one_line(each.name),
         number(each.good), number(each.bad), number(each.reused)]
        for each in seen.problems
    ]  # fmt: skip
    heads = [_("Solved problem"), _("User"), *(number(each) for each in (
        _("Good"), _("Bad"), _("Reused")))]  # fmt: skip
    return panel("solved", title, table(title, heads, rows) if rows else el("p", _("None.")))

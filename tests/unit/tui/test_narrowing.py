"""What keys narrow of the history, without a screen."""

from ipcom_chat.domain.entry import Kind, Mode, Scope, Status
from ipcom_chat.ids import MachineId, SessionId
from ipcom_chat.tui.narrowing import Narrowing

SCOPE = Scope(mode=Mode.GLOBAL, machine_id=MachineId("m"))


def test_the_histories_come_round_and_that_of_a_user_needs_one() -> None:
    narrowing = Narrowing(Mode.GLOBAL)
    modes = []
    for _turn in Mode:
        narrowing.next_mode(has_user=True)
        modes.append(narrowing.view(SCOPE, "").scope.mode)
    assert (set(modes), modes[-1]) == (set(Mode), Mode.GLOBAL)
    for _turn in Mode:
        narrowing.next_mode(has_user=False)
        assert narrowing.view(SCOPE, "").scope.mode is not Mode.USER


def test_kinds_and_statuses_come_round() -> None:
    narrowing = Narrowing(Mode.GLOBAL, Kind.QUESTION)
    kinds, statuses = [], []
    for _turn in range(4):
        view = narrowing.view(SCOPE, "disk")
        assert view.text == "disk"
        kinds.append(view.kind)
        statuses.append(view.status)
        narrowing.next_kind()
        narrowing.next_status()
    assert kinds == [Kind.QUESTION, Kind.COMMAND, None, Kind.QUESTION]
    assert statuses == [None, Status.COMPLETED, Status.ERROR, Status.CANCELLED]


def test_a_session_shows_all_of_it_and_gives_back_what_was_searched_first() -> None:
    narrowing = Narrowing(Mode.GLOBAL, Kind.QUESTION)
    narrowing.open_session(SessionId("one"), "disk")
    narrowing.open_session(SessionId("two"), "within")
    view = narrowing.view(SCOPE, "")
    assert (view.session, view.kind, view.status) == ("two", None, None)
    assert narrowing.leave_session() == "disk"
    assert narrowing.view(SCOPE, "").session is None
    assert narrowing.leave_session() is None

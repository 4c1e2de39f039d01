"""The monitor as a person sees it, in this process and in a real terminal."""

import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from ipcom_chat import i18n
from ipcom_chat.domain.entry import Status
from ipcom_chat.errors import StorageBusyError
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.monitoring import (
    DAY,
    MONTH,
    WEEK,
    Health,
    Latency,
    MachineState,
    Person,
    Problem,
    Reason,
    Snapshot,
    View,
)
from ipcom_chat.services.sync import Condition
from ipcom_chat.tui import monitor as module
from ipcom_chat.tui import monitor_panels as panels
from ipcom_chat.tui.monitor import MonitorApp, Panel
from tests.support.cli import add_entries
from tests.support.env import isolated_env
from tests.support.monitoring import EVERYTHING, NOON, seen
from tests.support.replica import an_entry
from tests.support.tmux import Terminal, tmux

__all__ = ["tmux"]

EVIL = "\x1b]0;T\x07\x1b[2J[/][@click=app.exit]x[/] \u202eend"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    with seen(tmp_path) as replica:
        replica.entries.add_all(
            [
                *(an_entry(status=Status.COMPLETED, created_at=NOON) for _ in range(6)),
                *(an_entry(status=Status.CANCELLED, created_at=NOON) for _ in range(2)),
            ],
            actor="test",
        )
        found = replica.look()
    sync = msgspec.structs.replace(
        found.sync, condition=Condition.OFFLINE, host="db.example.com", queue=12, error=EVIL
    )
    return msgspec.structs.replace(
        found, sync=sync, health=Health.WARNING, reasons=(Reason.OFFLINE,),
        latencies=(
            Latency(kind="write", count=9, mean_ms=1.0, p50_ms=1.0, p95_ms=2.0, p99_ms=3.0),
        ),
        machines=(MachineState(machine_id="m", hostname=EVIL, version="9.9", last_seen=NOON),),
        people=(Person(name=EVIL, user_id=None, questions=8, commands=1, tokens=5,
                       cost_microusd=1_500_000),),
        problems=(Problem(entry_id="e", short_id="abc123", question=EVIL * 20, name="ana", good=2,
                          bad=1, reused=3),),
    )  # fmt: skip


class Looking:
    """Looks that a test decides."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.views: list[View] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: Exception | None = None

    def __call__(self, view: View) -> Snapshot:
        self.views.append(view)
        assert self.gate.wait(30)
        if self.error is not None:
            raise self.error
        return self.snapshot


@asynccontextmanager
async def running(
    look: Looking, size: tuple[int, int] = (80, 24), ask: module.Ask | None = None
) -> AsyncIterator[tuple[MonitorApp, Pilot[int]]]:
    thread = StorageThread()
    app = MonitorApp(look, thread, View(scope=EVERYTHING), "ipcom-dark", ask)
    try:
        async with app.run_test(size=size) as pilot:
            yield app, pilot
    finally:
        look.gate.set()
        thread.close()


async def until(pilot: Pilot[int], is_so: Callable[[], bool]) -> None:
    for _ in range(500):
        await pilot.pause(0.01)
        if is_so():
            return
    raise AssertionError("it did not happen")


def shown(app: MonitorApp) -> str:
    texts = [str(widget.render()) for widget in app.query(Static)]
    return "\n".join(texts)


async def test_it_shows_everything_and_nothing_of_it_is_markup(snapshot: Snapshot) -> None:
    async with running(Looking(snapshot), (200, 60)) as (app, pilot):
        await until(pilot, lambda: "warning" in shown(app))
        text = shown(app)
        for part in (
            "the primary cannot be reached", "answered 6", "cancelled 2", "25.0 %", "9.9",
            "US$ 1.50", "abc123", "[@click=app.exit]x[/]", "≥ 99.95 %", "2.0 ms",
        ):  # fmt: skip
            assert part in text
        assert "\x1b" not in text
        assert "\u202e" not in text


@pytest.mark.parametrize(("width", "columns"), [(80, 1), (120, 2), (200, 3)])
async def test_columns_follow_the_width(snapshot: Snapshot, width: int, columns: int) -> None:
    async with running(Looking(snapshot), (width, 24)) as (app, pilot):
        await until(pilot, lambda: "warning" in shown(app))
        assert len(app.query("#columns > Vertical")) == columns
        assert len(app.query(Panel)) == 9
        await pilot.resize_terminal(300 - width, 24)
        await until(pilot, lambda: len(app.query("#columns > Vertical")) != columns or columns == 2)
        await until(pilot, lambda: "answered 6" in shown(app))


async def test_no_line_is_wider_than_its_panel(snapshot: Snapshot) -> None:
    for width in (60, 76, 190):
        for draw in (
            panels.health, panels.requests, panels.activity, panels.latencies, panels.queue,
            panels.machines, panels.people, panels.problems, panels.adoption,
        ):  # fmt: skip
            assert all(line.cell_length <= width for line in draw(snapshot, width)), draw


async def test_it_looks_again_by_itself_and_at_once_when_asked(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0.05)
    look = Looking(snapshot)
    async with running(look) as (app, pilot):
        await until(pilot, lambda: len(look.views) >= 3)
        await pilot.press("p")
        await until(pilot, lambda: "paused" in shown(app))
        count = len(look.views)
        await pilot.pause(0.3)
        assert len(look.views) <= count + 1
        await pilot.press("r")
        await until(pilot, lambda: len(look.views) > count)
        await pilot.press("p")
        await until(pilot, lambda: "paused" not in shown(app))


async def test_keys_work_while_the_disk_is_slow(snapshot: Snapshot) -> None:
    look = Looking(snapshot)
    async with running(look) as (app, pilot):
        await until(pilot, lambda: "answered 6" in shown(app))
        look.gate.clear()
        await pilot.press("d")
        await until(pilot, lambda: len(look.views) == 2)
        await pilot.press("d", "p")  # no look is begun while one waits
        await until(pilot, lambda: "paused" in shown(app))
        look.gate.set()
        await until(pilot, lambda: look.views[-1].window == MONTH)
        assert [view.window for view in look.views] == [DAY, WEEK, MONTH]
        await pilot.press("q")
        await until(pilot, lambda: app.return_code == 0)


async def test_a_replica_that_cannot_be_read_is_told_and_looked_at_again(
    snapshot: Snapshot,
) -> None:
    look = Looking(snapshot)
    look.error = StorageBusyError("It is [busy].")
    async with running(look) as (app, pilot):
        await until(pilot, lambda: "It is [busy]." in shown(app))
        look.error = None
        await pilot.press("r")
        await until(pilot, lambda: "answered 6" in shown(app))


async def test_a_fault_ends_it_without_a_traceback(snapshot: Snapshot) -> None:
    look = Looking(snapshot)
    look.error = ValueError("a fault")
    thread = StorageThread()
    app = MonitorApp(look, thread, View(scope=EVERYTHING), "ipcom-dark")
    with pytest.raises(Exception, match="a fault"):
        async with app.run_test() as pilot:
            await until(pilot, lambda: app.fault is not None)
    thread.close()
    assert isinstance(app.fault, Exception)


async def test_the_primary_is_asked_beside(snapshot: Snapshot) -> None:
    stored = threading.Event()
    asked = threading.Event()

    def ask() -> Callable[[], None]:
        assert asked.wait(30)
        return stored.set

    async with running(Looking(snapshot), ask=ask) as (app, pilot):
        await until(pilot, lambda: "answered 6" in shown(app))
        assert not stored.is_set()
        asked.set()
        await until(pilot, stored.is_set)


async def test_in_portuguese(snapshot: Snapshot) -> None:
    i18n.use("pt_BR")
    try:
        async with running(Looking(snapshot), (200, 60)) as (app, pilot):
            await until(pilot, lambda: "respondidos 6" in shown(app))
            assert "o banco primário não pode ser alcançado" in shown(app)
    finally:
        i18n.use("en")


def test_charts_keep_the_newest_and_show_something_as_something() -> None:
    assert panels.chart([1.0, 7.0], 100, 1) == ["▂█"]
    assert panels.chart([0.0, None, 8.0], 3, 2) == ["  █", "  █"]
    assert panels.chart([0.001, 8.0], 2, 2) == [" █", "▁█"]
    assert panels.chart([8.0, 0.0, 0.0], 2, 2) == ["  ", "  "]
    assert panels.chart([], 10, 2) == ["", ""]
    assert all(len(row) <= 11 for row in panels.chart([1.0] * 5, 11, 2))


@pytest.mark.tmux
@pytest.mark.usefixtures("tmux")
@pytest.mark.parametrize(("width", "height"), [(80, 24), (200, 50)])
def test_in_a_real_terminal(tmp_path: Path, width: int, height: int) -> None:
    env = isolated_env(tmp_path)
    add_entries(env, {}, {"command": EVIL})
    command = [sys.executable, "-m", "ipcom_chat", "monitor"]
    with Terminal(command, width=width, height=height, env=env, cwd=str(ROOT)) as terminal:
        terminal.wait_for("answered 2")
        assert "Availability" in terminal.screen()
        add_entries(env, {"status": Status.CANCELLED})
        terminal.wait_for("cancelled 1")
        terminal.keys("d")
        terminal.keys("Down", "PageDown", "End")
        terminal.resize(60, 20)
        terminal.keys("Home")
        terminal.wait_for("Availability")
        terminal.keys("q")
        assert terminal.wait_end() == 0


@pytest.mark.tmux
@pytest.mark.usefixtures("tmux")
def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    env = isolated_env(tmp_path)
    command = [sys.executable, "-m", "ipcom_chat", "monitor"]
    with Terminal(command, env=env, cwd=str(ROOT)) as terminal:
        terminal.wait_for("Availability")
        terminal._run("send-keys", "C-c")
        assert terminal.wait_end() == 0
        assert "Traceback" not in terminal.screen()

"""What `sync --watch` observes, and what systemd hears of it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from unittest.mock import patch

import pytest

from ipcom_chat.services import watch as module
from ipcom_chat.services.sync import SyncService, SyncStatus
from ipcom_chat.services.watch import Notify, Watch
from ipcom_chat.sync import scheduler
from tests.support.machine import Machine
from tests.support.primary import LocalPrimary
from tests.support.waiting import until


class Closable(LocalPrimary):
    """A primary in this process, as a service opens it."""

    async def close(self) -> None: ...


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OBSERVE_S", 0.01)
    monkeypatch.setattr(scheduler, "DEBOUNCE_S", 0.01)
    monkeypatch.setattr(scheduler, "BUSY_S", 0.01)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Give a machine that exchanges only when it observes something."""
    return Machine(
        tmp_path, "one", "http://127.0.0.1:1",
        SYNC_ACTIVE_INTERVAL="600", TURSO_SYNC_INTERVAL="600",
    )  # fmt: skip


@asynccontextmanager
async def watching(machine: Machine, primary: LocalPrimary) -> AsyncIterator[list[SyncStatus]]:
    """Watch as a process of its own would: over its own connection."""
    heard: list[SyncStatus] = []
    with machine.runtime() as runtime:
        watch = runtime.watch({}, heard.append)
        with patch.object(SyncService, "primary", lambda _service: primary):
            task = asyncio.ensure_future(watch.run(lambda: ()))
            await until(lambda: heard)
        try:
            yield heard
        finally:
            watch.stop()
            await task


async def quiet(primary: LocalPrimary) -> int:
    """Wait until no request has come for a while; return how many there were."""
    async with asyncio.timeout(20):
        seen = -1
        while seen != primary.requests:
            seen = primary.requests
            await asyncio.sleep(0.3)
    return seen


async def test_what_another_process_saves_is_carried(machine: Machine) -> None:
    primary = Closable()
    async with watching(machine, primary) as heard:
        machine.save("from another process")
        await until(lambda: primary.database.execute("SELECT count(*) FROM entries").get)
        await until(lambda: heard[-1].unacknowledged == 0)


async def test_two_watches_do_not_wake_one_another_for_ever(machine: Machine) -> None:
    primary = Closable()
    async with watching(machine, primary), watching(machine, primary):
        machine.save("from another process")
        await until(lambda: primary.database.execute("SELECT count(*) FROM entries").get)
        before = await quiet(primary)
        # What one of them does next is heard by the other, and answered by nothing.
        machine.rows("UPDATE sync_report SET tried_at = 1")
        assert await quiet(primary) == before


async def test_what_another_process_achieved_is_heard(machine: Machine) -> None:
    primary = Closable()
    async with watching(machine, primary) as heard:
        await quiet(primary)
        machine.rows("UPDATE sync_report SET read_only = 1")
        await until(lambda: heard[-1].read_only)


async def test_users_are_asked_for_at_each_exchange(machine: Machine) -> None:
    """On a new machine, who its user is comes with the first exchange."""
    primary = Closable()
    users: list[str] = []
    with machine.runtime() as runtime:
        watch: Watch = runtime.watch({}, lambda _status: None)
        with patch.object(SyncService, "primary", lambda _service: primary):
            task = asyncio.ensure_future(watch.run(lambda: tuple(users)))
            await until(lambda: primary.requests)
        users.append("ana")
        machine.save("a change")
        await until(lambda: machine.rows("SELECT 1 FROM subscriptions WHERE scope = 'u:ana'"))
        watch.stop()
        await task


def test_nobody_listens() -> None:
    Notify({}).send("READY=1")
    Notify({"NOTIFY_SOCKET": "/nowhere/at/all"}).send("READY=1")
    Notify({"NOTIFY_SOCKET": "@nobody"}).send("READY=1")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_listens(tmp_path: Path, abstract: bool) -> None:
    address = f"\0{tmp_path}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(address)
        Notify({"NOTIFY_SOCKET": address.replace("\0", "@")}).send("STATUS=synced, 0 waiting")
        assert listener.recv(100) == b"STATUS=synced, 0 waiting"

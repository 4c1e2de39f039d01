"""What the chat looks like in each of its states; `--snapshot-update` accepts a new look."""

import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot

from ipcom_chat import host, i18n
from ipcom_chat.assistant.base import (
    Approval,
    Cited,
    CommandFinished,
    CommandOutput,
    CommandStarted,
    Noted,
    Recalled,
    Refused,
    TextDelta,
    ToolFinished,
    ToolStarted,
    UsageReport,
)
from ipcom_chat.errors import AssistantBusyError
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.chat import ApprovalAsked
from ipcom_chat.settings import load
from ipcom_chat.tui.widgets import command_run, status_line, tool_run, welcome
from tests.support.chat import Step
from tests.support.chat_app import ChatHarness, harness
from tests.support.replica import StepClock

Compare = Callable[..., bool]
Play = Callable[[ChatHarness, Pilot[int]], Awaitable[None]]
STILL_POLLS = 3
QUESTION = "why does nginx not start?"
ANSWER = """**nginx** does not start because another program uses port `80`:

| port | program | pid  |
|------|---------|------|
| 80   | apache2 | 1204 |

1. See who uses it
2. Stop what is not needed

```bash
ss -tlnp 'sport = :80'   # who
systemctl stop apache2 && systemctl start nginx
```
"""
RUN = CommandStarted(call_id="1", command="ss -tlnp 'sport = :80'")
RAN = CommandFinished(call_id="1", command="ss -tlnp 'sport = :80'", exit_code=0, duration_ms=12,
                      output="LISTEN 0 511 *:80 users:((apache2))")  # fmt: skip
FAILED = CommandFinished(call_id="1", command="ss -tlnp 'sport = :80'", exit_code=127,
                         duration_ms=3, output="sh: 1: ss: not found")  # fmt: skip
USAGE = UsageReport(model="llama3.2", tokens_used=512)


class SeededClock(StepClock):
    """A clock that a test moves, with random bits that look random and are always the same."""

    def __init__(self) -> None:
        super().__init__()
        self._random = Random(5)

    def random_bits(self, count: int) -> int:
        return self._random.getrandbits(count)


class _StillTime:
    """Stands in for the module `time` where widgets measure how long something takes."""

    @staticmethod
    def monotonic() -> float:
        return 0.0


@pytest.fixture(autouse=True)
def _nothing_moves(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(host, "hostname", lambda: "web01")
    monkeypatch.setattr(host, "os_user", lambda: "ops")
    monkeypatch.setattr(status_line, "time", _StillTime)
    monkeypatch.setattr(command_run, "time", _StillTime)
    monkeypatch.setattr(tool_run, "time", _StillTime)
    monkeypatch.setattr(welcome, "__version__", "1.2.3")
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def shows(tmp_path: Path, snap_compare: Compare) -> Callable[..., bool]:
    """Give a function that plays a scene in a fresh chat and compares what is on the screen."""

    def compare(play: Play, *, size: tuple[int, int] = (80, 24), **changes: str) -> bool:
        environ = {"IPCOM_CHAT_USER": "ana", "IPCOM_CHAT_MACHINE_ID": "m" * 64} | changes
        add_ana(tmp_path)
        with harness(tmp_path, clock=SeededClock(), environ=environ) as chat:

            async def run(pilot: Pilot[int]) -> None:
                chat.screen.prompt.cursor_blink = False
                await pilot.pause(0.1)
                await play(chat, pilot)
                await still(chat, pilot)

            return bool(snap_compare(chat.app, terminal_size=size, run_before=run))

    return compare


async def still(chat: ChatHarness, pilot: Pilot[int]) -> None:
    """Wait until the picture has not changed for a while."""
    before, same = "", 0
    while same < STILL_POLLS:
        await pilot.pause(0.1)
        now = f"{chat.text}{chat.status_text}{chat.screen.transcript.scroll_y}"
        before, same = now, same + 1 if now == before else 0


def add_ana(home: Path) -> None:
    runtime = Runtime(load({"HOME": str(home), "IPCOM_CHAT_SEMANTIC": "false"}), StepClock())
    runtime.users.create("ana", "Ana Lima", "ana@example.org")
    runtime.close()


async def ask(chat: ChatHarness, pilot: Pilot[int], *steps: Step) -> None:
    """Ask the question and let the answer go as far as `steps`."""
    chat.assistant.give(QUESTION, *steps)
    await chat.send(pilot, QUESTION)
    clock = chat.runtime.clock
    assert isinstance(clock, StepClock)
    clock.ms += 2_340
    await still(chat, pilot)


async def welcomed(_chat: ChatHarness, _pilot: Pilot[int]) -> None:
    """Do nothing."""


async def answered(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await ask(chat, pilot, RUN, RAN, TextDelta(ANSWER), USAGE)
    chat.assistant.give(QUESTION, None)
    await chat.idle(pilot)


async def running(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await ask(chat, pilot, TextDelta("Looking who listens.\n\n"), RUN)


async def cancelled(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await running(chat, pilot)
    await pilot.press("escape")


async def failed(chat: ChatHarness, pilot: Pilot[int]) -> None:
    error = AssistantBusyError("The server of the AI does not answer.")
    await ask(chat, pilot, TextDelta("Looking."), RUN, FAILED, error)


async def slash_menu(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await pilot.press("slash")


async def slash_menu_filtered(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await pilot.press("slash", "h", "i")


async def paste_chip(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await pilot.press(*"why ")
    chat.app.post_message(events.Paste("line\n" * 300))
    await pilot.pause()
    await pilot.press(*"?")


async def held(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await running(chat, pilot)
    await pilot.press(*"and", "enter")


async def helped(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await chat.send(pilot, "/help")


async def history(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await cancelled(chat, pilot)
    await chat.idle(pilot)
    chat.assistant.give("another one", None)
    await chat.send(pilot, "another one")
    await chat.idle(pilot)
    await pilot.press("ctrl+r")
    await chat.found(pilot)
    chat.history.line.cursor_blink = False


async def history_read(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await answered(chat, pilot)
    await chat.send(pilot, "/history nginx kind:question")
    await chat.found(pilot)
    await pilot.press("enter")


FOUND = ToolStarted(call_id="t1", name="search_history", call="nginx port 80")
TOOLS = (
    Noted("gpt-6 is out of quota. qwen3:8b answers instead."),
    FOUND, ToolFinished(call_id="t1", result="3 entries"),
    ToolStarted(call_id="t2", name="mcp:files/read", call="/etc/nginx/sites-enabled/default"),
    ToolFinished(call_id="t2", result="no such file", is_error=True),
    TextDelta("Another program has the port."),
    Refused(call_id="c0", command="systemctl stop apache2", reason="users are on it"),
    CommandStarted(call_id="c1", command="apt-get install -y nginx-full"),
    CommandOutput(call_id="c1", text="".join(
        f"Get:{number} http://deb.debian.org/debian bookworm/main amd64 libnginx{number} [9 kB]\n"
        for number in range(1, 31)
    )),
)  # fmt: skip


def recalled(number: int, question: str, now_ms: int) -> Recalled:
    return Recalled(
        entry_id=f"e{number}", short_id=f"3f9a2{number}", question=question, answer="",
        username="ana", os_user="ops", hostname=f"web0{number}",
        created_at_ms=now_ms - number * 3 * 86_400_000, score=0.9,
    )  # fmt: skip


async def tools(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await ask(chat, pilot, *TOOLS)


async def sources(chat: ChatHarness, pilot: Pilot[int]) -> None:
    now_ms = chat.runtime.clock.now_ms()
    questions = ("nginx: bind() to 0.0.0.0:80 failed (98: Address already in use)",
                 "which ports are open?")  # fmt: skip
    cited = Cited(entries=tuple(
        recalled(number, question, now_ms) for number, question in enumerate(questions, 1)
    ))  # fmt: skip
    usage = UsageReport(model="qwen3:8b", tokens_used=1_834, cost_microusd=1_234)
    await ask(chat, pilot, TextDelta("`apache2` uses port **80** [3f9a21]."), usage, cited)
    chat.assistant.give(QUESTION, None)
    await chat.idle(pilot)


async def source_read(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await answered(chat, pilot)
    entry = await chat.stored()
    now_ms = chat.runtime.clock.now_ms()
    cited = msgspec.structs.replace(recalled(1, entry.command, now_ms), entry_id=entry.id)
    chat.assistant.give("again?", Cited(entries=(cited,)), None)
    await chat.send(pilot, "again?")
    await chat.idle(pilot)
    await pilot.press("shift+tab", "enter")
    await pilot.pause(0.5)


def approval(
    command: str = "find /var/log -name '*.gz' -mtime +30 -delete",
    *reasons: str,
    tool: str = "run_command",
    is_second: bool = False,
    keys: tuple[str, ...] = (),
) -> Play:
    """Return the scene in which the panel asks about a command, and keys are pressed."""

    async def asked(chat: ChatHarness, pilot: Pilot[int]) -> None:
        await ask(chat, pilot, TextDelta("The old logs take 14 GB. I would delete them:"))
        chat.screen.prompt.set_text("and what about /tmp?")
        wanted = Approval(
            call_id="c1", tool=tool, command=command, reasons=reasons, is_second=is_second
        )
        chat.tell(ApprovalAsked(approval=wanted, decide=lambda _decision: None))
        await chat.unguarded(pilot)
        await pilot.pause(0.4)
        for line in chat.screen.approval.query("AnswerLine, CommandEditor"):
            line.cursor_blink = False  # type: ignore[attr-defined]
        await pilot.press(*keys)

    return asked


DELETES = "It deletes files for good."
SCRIPT = "\n".join(["cat > limits.conf <<'END'", *(f"limit_req_zone z{n};" for n in range(20)),
                    "END", "nginx -t && systemctl reload nginx"])  # fmt: skip
APPROVALS = {
    "asked": approval(),
    "dangerous": approval("rm -rf /srv/old", DELETES),
    "second": approval("rm -rf /srv/old", DELETES, is_second=True),
    "reason": approval(keys=("n",)),
    "edited": approval(keys=("e",)),
    "long": approval(SCRIPT),
    "tool": approval('mcp:files/write {"path": "/etc/hosts"}', tool="mcp:files/write"),
}


async def plan(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await chat.send(pilot, "/plan on")


async def private(chat: ChatHarness, pilot: Pilot[int]) -> None:
    await chat.send(pilot, "/private on")


SCENES = (
    welcomed, answered, running, cancelled, failed, slash_menu, slash_menu_filtered, paste_chip,
    held, helped, history, history_read, private, tools, sources, source_read, plan,
)  # fmt: skip


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_scene(shows: Callable[..., bool], scene: Play) -> None:
    assert shows(scene)


@pytest.mark.parametrize(
    "scene",
    [welcomed, answered, helped, history_read, sources, source_read],
    ids=lambda scene: scene.__name__,
)
def test_wide_and_light(shows: Callable[..., bool], scene: Play) -> None:
    assert shows(scene, size=(200, 50), IPCOM_CHAT_THEME="light")


@pytest.mark.parametrize("name", APPROVALS)
def test_approval(shows: Callable[..., bool], name: str) -> None:
    assert shows(APPROVALS[name])


def test_approval_wide_and_light(shows: Callable[..., bool]) -> None:
    assert shows(APPROVALS["dangerous"], size=(200, 50), IPCOM_CHAT_THEME="light")


def test_approval_narrow(shows: Callable[..., bool]) -> None:
    assert shows(APPROVALS["dangerous"], size=(40, 12))


def test_approval_portuguese(shows: Callable[..., bool]) -> None:
    i18n.use("pt_BR")
    assert shows(APPROVALS["asked"], IPCOM_CHAT_LANGUAGE="pt_BR")


def test_approval_without_colours(
    shows: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert shows(APPROVALS["second"])


@pytest.mark.parametrize("scene", [welcomed, running, helped], ids=lambda scene: scene.__name__)
def test_narrow(shows: Callable[..., bool], scene: Play) -> None:
    assert shows(scene, size=(40, 12))


@pytest.mark.parametrize(
    "scene", [welcomed, cancelled, helped, history_read], ids=lambda scene: scene.__name__
)
def test_portuguese(shows: Callable[..., bool], scene: Play) -> None:
    i18n.use("pt_BR")
    assert shows(scene, IPCOM_CHAT_LANGUAGE="pt_BR")


def test_without_colours(shows: Callable[..., bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert shows(answered)

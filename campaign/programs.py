"""The real program in real processes: each with an environment, a clock and an end of its own.

A process is forked from a server that has imported the program and opened nothing, so that a
hundred of them cost seconds. What differs from a start by hand: its clock adds what a file of its
machine says, so that it can jump while the program runs; waits that take minutes are shorter; and
a *newer* one knows one more migration of the replica.
"""

import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec

_context = get_context("forkserver")
_context.set_forkserver_preload(
    ["ipcom_chat.cli.main", "ipcom_chat.cli.root", "ipcom_chat.cli.ask", "ipcom_chat.cli.history",
     "ipcom_chat.cli.sync", "ipcom_chat.runtime", "ipcom_chat.services.chat",
     "ipcom_chat.services.sync", "ipcom_chat.services.search", "ipcom_chat.search.index",
     "ipcom_chat.assistant.knowledge", "ipcom_chat.assistant.agent", "campaign.programs"]
)  # fmt: skip

NEWER = "CAMPAIGN_NEWER"
"""In the environment: the program knows a migration more."""
CLOCK = "CAMPAIGN_CLOCK"
"""In the environment: the file that says by how many milliseconds the clock is wrong."""
KILLED = -signal.SIGKILL
_TOKEN_S = 0.5
_LATER = "CREATE INDEX IF NOT EXISTS entries_by_later ON entries (updated_at)"


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended."""

    code: int
    out: str
    err: str


class Program:
    """One process of the program.

    Args:
        argv: its arguments.
        env: its environment.
        folder: where its output goes; a disk that is not broken.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], folder: Path) -> None:
        self.argv = tuple(argv)
        self._out, self._err = folder / "out", folder / "err"
        folder.mkdir(parents=True)
        self._process: BaseProcess = _context.Process(
            target=_be, args=(self.argv, dict(env), str(self._out), str(self._err)), daemon=True
        )
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def send(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.is_running:
            with suppress(ProcessLookupError):  # it ended a moment ago
                os.kill(self.pid, number)

    def end(self, limit_s: float) -> Ended | None:
        """Wait for its end; None if it does not come."""
        self._process.join(limit_s)
        code = self._process.exitcode
        if code is None:
            return None
        texts = [
            path.read_text(errors="replace") for path in (self._out, self._err) if path.exists()
        ]
        return Ended(code=code, out=(texts or [""])[0], err=texts[1] if len(texts) > 1 else "")


def _be(argv: Sequence[str], env: Mapping[str, str], out: str, err: str) -> None:
    """Become the program."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir("/")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for number, path, flags in (
        (0, "/dev/null", os.O_RDONLY), (1, out, os.O_CREAT | os.O_WRONLY),
        (2, err, os.O_CREAT | os.O_WRONLY),
    ):  # fmt: skip
        opened = os.open(path, flags, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115
    _prepare(env)
    from ipcom_chat.cli import main as program  # noqa: PLC0415 - after the clock was changed

    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        program.keep_quiet()
        code = program.main(argv)
    except KeyboardInterrupt:  # before the program began, or after it ended
        code = 130
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _prepare(env: Mapping[str, str]) -> None:
    from ipcom_chat.clock import SystemClock  # noqa: PLC0415 - only in the new process
    from ipcom_chat.sync import scheduler  # noqa: PLC0415

    clock = Path(env[CLOCK])

    def now_ms(_self: SystemClock) -> int:
        return time.time_ns() // 1_000_000 + int(clock.read_text() or 0)

    setattr(SystemClock, "now_ms", now_ms)  # noqa: B010 - a method, which may not be assigned
    scheduler.TOKEN_S = _TOKEN_S
    if env.get(NEWER):
        _know_more()


def _know_more() -> None:
    """Know a migration of the replica that the others do not know yet."""
    from ipcom_chat import schema  # noqa: PLC0415 - only in the new process

    known = schema.migrations

    def migrations(database: str) -> tuple[schema.Migration, ...]:
        steps = known(database)
        later = schema.Migration(len(steps) + 1, "later", _LATER)
        return (*steps, later) if database == "replica" else steps

    def latest(database: str) -> int:
        return len(migrations(database))

    changes = {schema.migrations: migrations, schema.latest: latest}
    for module in [each for name, each in sys.modules.items() if name.startswith("ipcom_chat")]:
        for name in ("migrations", "latest"):
            if getattr(module, name, None) in changes:
                setattr(module, name, changes[getattr(module, name)])

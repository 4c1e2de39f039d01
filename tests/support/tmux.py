"""A real terminal for tests: a private tmux server with one window."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self

import pytest

TOOLS_REQUIRED = os.environ.get("IPCOM_CHAT_REQUIRE_TOOLS") == "1"
POLL_S = 0.02


def requires_tool(name: str) -> None:
    """Skip the test where a tool is absent; fail instead where it was promised."""
    if shutil.which(name) is None:
        reason = f"{name} is not installed"
        if TOOLS_REQUIRED:
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture
def tmux() -> None:
    """Ask for tmux: `@pytest.mark.usefixtures("tmux")`."""
    requires_tool("tmux")


class Terminal:
    """One command in a terminal of a given size.

    Args:
        command: the program and its arguments.
        width: columns.
        height: lines.
        env: its whole environment; `TERM` is added.
        cwd: the folder to start in.

    The server reads no configuration and passes ESC on at once. Use as a context manager.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        width: int = 80,
        height: int = 24,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tmux-")
        self._socket = f"{self._folder.name}/socket"
        self._env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm-256color"}
        size = ["-x", str(width), "-y", str(height)]
        options = ["set", "-sg", "escape-time", "0", ";", "set", "-g", "remain-on-exit", "on", ";"]
        variables = [f"{name}={value}" for name, value in (env or {}).items()]
        folder = ["-c", cwd] if cwd else []
        started = ["env", *variables, *command]
        self._run("-f", "/dev/null", *options, "new-session", "-d", *size, *folder, "--", *started)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def keys(self, *names: str) -> None:
        """Press keys by tmux's names: `Enter`, `Escape`, `C-j`, `M-Enter`, `Up`."""
        self._run("send-keys", *names)

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._run("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Paste between bracketed paste markers, as tmux does: nothing in the text is removed."""
        self._run("load-buffer", "-", data=text.encode())
        self._run("paste-buffer", "-p", "-d")

    def raw(self, data: bytes) -> None:
        """Send bytes to the program as they are."""
        self._run("send-keys", "-H", *(f"{byte:02x}" for byte in data))

    def screen(self, *, escapes: bool = False) -> str:
        """Return what is shown, line by line; with `escapes` also how it looks."""
        return self._run("capture-pane", "-p", *(["-e"] if escapes else []))

    def wait_for(self, text: str, timeout_s: float = 15.0) -> str:
        """Wait until `text` is shown; return the screen.

        Raises:
            AssertionError: it did not appear.
        """
        return self._wait(lambda screen: text in screen, f"{text!r} did not appear", timeout_s)

    def wait_gone(self, text: str, timeout_s: float = 15.0) -> str:
        """Wait until `text` is no longer shown; return the screen."""
        return self._wait(lambda screen: text not in screen, f"{text!r} did not go", timeout_s)

    def wait_end(self, timeout_s: float = 15.0) -> int:
        """Wait until the program has ended; return its exit code, -1 after a signal."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            state = self.value("#{pane_dead} #{pane_dead_status}/#{pane_dead_signal}")
            code, _, by_signal = state.removeprefix("1 ").partition("/")
            if state.startswith("1 ") and (code or by_signal):
                return int(code) if code else -1
            if state.startswith("1 "):
                # The terminal was closed, but tmux has missed that its child has ended.
                os.kill(int(self.value("#{pid}")), signal.SIGCHLD)
            time.sleep(POLL_S)
        raise AssertionError(f"the program did not end; the screen was:\n{self.screen()}")

    def resize(self, width: int, height: int) -> None:
        """Change the size of the terminal."""
        self._run("resize-window", "-x", str(width), "-y", str(height))

    def value(self, template: str) -> str:
        """Return a tmux format, such as `#{pane_pid}`, `#{pane_title}`, `#{alternate_on}`."""
        return self._run("display-message", "-p", template).strip()

    @property
    def pid(self) -> int:
        """The process id of the program."""
        return int(self.value("#{pane_pid}"))

    def kill(self) -> None:
        """End the server and everything in it."""
        subprocess.run(
            ["tmux", "-S", self._socket, "kill-server"], check=False, capture_output=True
        )
        self._folder.cleanup()

    def _wait(self, is_there: Callable[[str], bool], reason: str, timeout_s: float) -> str:
        deadline_s = time.monotonic() + timeout_s
        while not is_there(screen := self.screen()):
            if time.monotonic() > deadline_s:
                raise AssertionError(f"{reason}; the screen was:\n{screen}")
            time.sleep(POLL_S)
        return screen

    def _run(self, *arguments: str, data: bytes | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, *arguments],
            input=data,
            check=True,
            capture_output=True,
            env=self._env,
        )
        return done.stdout.decode(errors="replace")

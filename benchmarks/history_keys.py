"""How long a key press waits on the history screen, and how long until the list follows it.

    python -m benchmarks.history_keys [10000 100000 1000000]

Runs the whole chat without a terminal over an indexed history, opens the history and types
questions into it, a key every 150 ms, the way the driver does. `letter` goes from sending
until the letter is in the line, `list` until what fits the text so far is listed; texts that a
newer letter superseded have no list. `opened_ms` is Ctrl-R until the newest entries are listed and
one is shown. Bar: list p95 at most 100 ms.

Prints one JSON object as its last line.
"""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from textual import events
from textual.pilot import Pilot

from benchmarks.percentiles import waits
from benchmarks.search_corpus import texts
from benchmarks.search_replica import filled
from ipcom_chat.tui.screens.history import HistoryScreen
from tests.support.chat_app import ChatHarness, running_chat

SIZES = (10_000, 100_000)
KEY_EVERY_S = 0.15
TYPED = ("restart the server ", "como reinicio o serviço", "docker network timeout", "/etc/ngi")


def main() -> None:
    """Measure every size and print the figures."""
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    print(json.dumps({f"{size:,} entries": measure(size) for size in sizes}))


def measure(size: int) -> dict[str, float]:
    """Return the figures for a history of `size` questions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, ".local/share/ipcom-chat")
        folder.mkdir(parents=True)
        filled(folder, texts(size)).close()
        return asyncio.run(typed(Path(name)))


async def typed(home: Path) -> dict[str, float]:
    """Return the figures for the indexed history below `home`."""
    async with running_chat(home, size=(120, 40)) as (chat, pilot):
        await pilot.pause(1.0)
        opened_ms = await _open(chat, pilot)
        stop_watch = _StopWatch(chat.history)
        for text in TYPED:
            await stop_watch.type(text)
    return {"opened_ms": round(opened_ms), **stop_watch.figures()}


async def _open(chat: ChatHarness, pilot: Pilot[int]) -> float:
    start_s = time.perf_counter()
    await pilot.press("ctrl+r")
    await chat.found(pilot)
    return (time.perf_counter() - start_s) * 1_000


class _StopWatch:
    """Types into a history screen and measures."""

    def __init__(self, screen: HistoryScreen) -> None:
        self._screen = screen
        self._sent_s: dict[str, float] = {}
        self._letters_ms: list[float] = []
        self._lists_ms: list[float] = []
        show = screen._show_page  # noqa: SLF001 - the moment to measure

        def shown(view: Any, page: Any) -> None:
            show(view, page)
            if view.text in self._sent_s:
                self._lists_ms.append(self._since(view.text))

        screen._show_page = shown  # type: ignore[method-assign]  # noqa: SLF001 - see above

    def _since(self, text: str) -> float:
        return (time.perf_counter() - self._sent_s[text]) * 1_000

    async def type(self, text: str) -> None:
        """Type a text letter by letter, then take it away."""
        line = self._screen.line
        for end, letter in enumerate(text, start=1):
            self._sent_s[text[:end]] = time.perf_counter()
            self._screen.app.post_message(events.Key("space" if letter == " " else letter, letter))
            while line.value != text[:end]:  # noqa: ASYNC110 - nothing tells of it
                await asyncio.sleep(0.001)
            self._letters_ms.append(self._since(text[:end]))
            await asyncio.sleep(KEY_EVERY_S)
        line.value = ""
        await asyncio.sleep(1.0)

    def figures(self) -> dict[str, float]:
        """Return what was measured, in milliseconds."""
        named = {"letter": self._letters_ms, "list": self._lists_ms}
        found = {
            f"{what}_{name}": value
            for what, times_ms in named.items()
            for name, value in waits(times_ms).items()
        }
        return {"keys": len(self._letters_ms)} | found


if __name__ == "__main__":
    main()

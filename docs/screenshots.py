"""Takes the screenshots of the documentation: `make docs`.

A real question is asked in a fresh home folder and answered by what this machine finds; only the
names of the user and of the machine are made up. The pictures go to `docs/images/`.
"""

import asyncio
import socket
import sys
import tempfile
from collections.abc import Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import resvg_py
from textual import events

from ipcom_chat import i18n, settings
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.tui.app import ChatApp
from ipcom_chat.tui.conversation import Conversation

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

IMAGES = Path(__file__).parent / "images"
FONTS = ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf", "DejaVuSansMono-Oblique.ttf",
         "LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf",
         "LiberationMono-Italic.ttf")  # fmt: skip
FAMILIES = {"DejaVu": "DejaVu Sans Mono", "Liberation": "Liberation Mono"}
FONT_FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
ASKED_PORT = 8080
ANSWER_LIMIT_S = 60
SETTLED_S = 1.0
"""How long a list that follows what is typed is given to settle."""
ZOOM = 1.5


class Picture(NamedTuple):
    """One screenshot."""

    name: str
    size: tuple[int, int]
    language: i18n.Language
    questions: tuple[str, ...]
    theme: str = "dark"
    finds: str = ""
    """What is looked for on the history screen afterwards."""


PICTURES = (
    Picture("chat-80x24", (80, 24), "en", ("who listens on port 8080?",)),
    Picture("chat-200x50", (200, 50), "en",
            ("which ports are open?",
             "nginx: bind() to 0.0.0.0:8080 failed (98: Address already in use)"),
            "light"),
    Picture("chat-80x24-pt-BR", (80, 24), "pt_BR", ("quem está na porta 8080?",)),
    Picture("history-80x24", (80, 24), "en",
            ("who listens on port 8080?", "how much memory is in use?", "which ports are open?"),
            finds="port"),
    Picture("history-80x24-pt-BR", (80, 24), "pt_BR",
            ("quem está na porta 8080?", "quanta memória está em uso?",
             "quais portas estão abertas?"),
            finds="porta"),
)  # fmt: skip


def main() -> None:
    """Take all pictures; say so if this machine has no font for them."""
    fonts = find_fonts()
    if not fonts:
        sys.exit("No monospace font was found. On Debian: sudo apt install fonts-dejavu-core")
    IMAGES.mkdir(exist_ok=True)
    with socket.create_server(("127.0.0.1", ASKED_PORT)):  # what the questions are about
        for picture in PICTURES:
            svg = asyncio.run(take(picture))
            (IMAGES / f"{picture.name}.png").write_bytes(png(svg, fonts))


def find_fonts() -> list[Path]:
    """Return the files of the first monospace family that is installed."""
    files = [path for folder in FONT_FOLDERS for path in folder.rglob("*.ttf")]
    for family in FAMILIES:
        found = [path for path in files if path.name in FONTS and path.name.startswith(family)]
        if found:
            return found
    return []


def png(svg: str, fonts: Sequence[Path]) -> bytes:
    """Return a picture of a terminal as PNG."""
    family = next(name for start, name in FAMILIES.items() if fonts[0].name.startswith(start))
    svg = svg.replace("Fira Code", family)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            font_files=[str(path) for path in fonts],
            skip_system_fonts=True,
            monospace_family=family,
            font_family=family,
            zoom=ZOOM,
        )
    )


async def take(picture: Picture) -> str:
    """Ask the questions of a picture and return the screen as SVG."""
    i18n.use(picture.language)
    with tempfile.TemporaryDirectory(prefix="ipcom-chat-") as home:
        async with opened(picture, home) as (app, conversation, pilot):
            for question in picture.questions:
                await ask(app, conversation, pilot, question)
            if picture.finds:
                await find(pilot, picture.finds)
            return app.export_screenshot(title="ipcom-chat")


@asynccontextmanager
async def opened(
    picture: Picture, home: str
) -> "AsyncIterator[tuple[ChatApp, Conversation, Pilot[int]]]":
    """Open a chat in a fresh home folder."""
    environment = {
        "HOME": home,
        "PATH": "/usr/bin:/bin",
        "IPCOM_CHAT_USER": "ana",
        "IPCOM_CHAT_THEME": picture.theme,
        "IPCOM_CHAT_LANGUAGE": picture.language,
    }
    runtime = Runtime(settings.load(environment))
    runtime.users.create("ana", "Ana Lima", "ana@example.org")
    runtime.begin_session()
    thread = StorageThread()
    service = runtime.open_chat(thread)
    conversation = Conversation(runtime, service, thread)
    conversation.hostname = "web01"
    app = ChatApp(conversation, environment)
    try:
        async with app.run_test(size=picture.size) as pilot:
            yield app, conversation, pilot
        await service.close()
    finally:
        thread.close()
        runtime.close()


async def find(pilot: "Pilot[int]", words: str) -> None:
    """Look for words on the history screen."""
    await pilot.press("ctrl+r")
    await pilot.pause(SETTLED_S)
    await pilot.press(*words)
    await pilot.pause(SETTLED_S)


async def ask(app: ChatApp, conversation: Conversation, pilot: "Pilot[int]", question: str) -> None:
    """Paste a question, send it and wait for the whole answer."""
    app.post_message(events.Paste(question))
    await pilot.pause()
    answered = conversation.counts.total()
    await pilot.press("enter")
    async with asyncio.timeout(ANSWER_LIMIT_S):
        while conversation.counts.total() == answered:
            await pilot.pause(0.05)
    await pilot.pause(0.5)


if __name__ == "__main__":
    main()

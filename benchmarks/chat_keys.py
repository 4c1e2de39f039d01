"""How long a key press waits while a long answer arrives.

Runs the whole chat without a terminal, lets an assistant stream 15 KB at 60 tokens a second, and
meanwhile sends a key every 40 ms the way the driver does. The wait goes from sending until the
letter is in the prompt. Three texts: mixed Markdown, one paragraph, one block of code; the
transcript holds earlier answers already. Bars: p95 at most 100 ms, worst at most 250 ms.

Prints one JSON object as its last line.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence

from textual import events
from textual.widgets import TextArea

from benchmarks.percentiles import waits
from ipcom_chat import settings
from ipcom_chat.assistant.base import AssistantEvent, Question, TextDelta, Turn
from ipcom_chat.i18n import Language
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.tui.app import ChatApp
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.screens.chat import ChatScreen

ANSWER_CHARS = 15_000
TOKENS_PER_S = 60
TOKEN_CHARS = 12
KEY_EVERY_S = 0.04
EARLIER_ANSWERS = 20

MIXED = """## Porta em uso

O **nginx** não inicia porque outro processo usa a porta `80`. Veja *quem* a usa e por quê:

1. Liste os processos com `ss -tlnp`
2. Pare o serviço que não é preciso

```bash
ss -tlnp 'sport = :80' | awk '{print $4}'
systemctl restart nginx
```

| serviço | porta | estado |
|---|---|---|
| apache2 | 80 | **ativo** |
| nginx | 80, 443 | parado |

- um item com `código`
- outro item, mais longo, para que a linha quebre e a lista ocupe mais do que uma linha na tela

"""
SENTENCE = "O serviço **nginx** usa a porta `80` e por isso o processo não inicia na máquina. "
CODE = "for unit in $(systemctl list-units --failed); do journalctl -u $unit | tail -n 5; done\n"
TEXTS = {
    "mixed": (MIXED * 40)[:ANSWER_CHARS],
    "one_paragraph": (SENTENCE * 200)[:ANSWER_CHARS],
    "one_code_block": "```bash\n" + (CODE * 200)[:ANSWER_CHARS],
}


class Streaming:
    """An assistant that tells a text at an even pace; what is late is made up for."""

    name = "streaming"

    def __init__(self, text: str) -> None:
        self._text = text

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        """Yield a token at even times."""
        del question
        started_s = time.perf_counter()
        for number, place in enumerate(range(0, len(self._text), TOKEN_CHARS)):
            wait_s = started_s + number / TOKENS_PER_S - time.perf_counter()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            yield TextDelta(self._text[place : place + TOKEN_CHARS])

    def load(self) -> None:
        """Need nothing."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        """Say that it cannot."""
        del turns, language
        return None

    async def close(self) -> None:
        """Keep nothing."""


class Chat(ChatApp):
    """The chat, with a stop watch on each letter."""

    sent_s: list[float]
    waits_ms: list[float]

    def on_text_area_changed(self, _message: TextArea.Changed) -> None:
        """Note how long the letter took."""
        if self.sent_s:
            self.waits_ms.append((time.perf_counter() - self.sent_s.pop(0)) * 1_000)

    async def type_while(self, conversation: Conversation) -> None:
        """Press a key at even times until the answer is there."""
        due_s = time.perf_counter()
        while conversation.running is not None:
            due_s += KEY_EVERY_S
            await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
            self.sent_s.append(due_s)
            self.post_message(events.Key("x", "x"))


async def measure(text: str) -> dict[str, float]:
    """Return the waits of one answer in milliseconds."""
    with tempfile.TemporaryDirectory() as home:
        runtime = Runtime(settings.load({"HOME": home}))
        runtime.begin_session()
        thread = StorageThread()
        service = runtime.open_chat(thread)
        service.assistant = Streaming(text)
        conversation = Conversation(runtime, service, thread)
        chat = Chat(conversation, {"HOME": home})
        chat.sent_s, chat.waits_ms = [], []
        try:
            await _run(chat, conversation)
            await service.close()
        finally:
            thread.close()
            runtime.close()
    return {"keys": len(chat.waits_ms)} | waits(chat.waits_ms)


async def _run(chat: Chat, conversation: Conversation) -> None:
    async with chat.run_test(size=(120, 40)) as pilot:
        assert isinstance(chat.screen, ChatScreen)
        for _ in range(EARLIER_ANSWERS):
            chat.screen.transcript.add_question("why?")
            chat.screen.transcript.add_answer(MIXED * 3)
        await pilot.pause(1.0)
        chat.screen.prompt.insert("why?")
        await pilot.press("enter")
        await pilot.pause()
        await chat.type_while(conversation)
        await pilot.pause(0.5)


def main() -> None:
    """Measure every text and print the figures."""
    figures = {name: asyncio.run(measure(text)) for name, text in TEXTS.items()}
    ok = all(each["p95_ms"] <= 100 and each["worst_ms"] <= 250 for each in figures.values())
    print(json.dumps({"benchmark": "chat_keys", "ok": ok, **figures}))


if __name__ == "__main__":
    main()

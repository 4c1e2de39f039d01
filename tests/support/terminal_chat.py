"""The whole chat in a real terminal, with an assistant that does what a question says.

    borrow COMMAND    lends the terminal to COMMAND and tells its exit code
    run LINE          asks whether LINE may run, and tells what was said
    say WORDS         answers the words

Run it as `python -m tests.support.terminal_chat`.
"""

import os
import shlex
import sys
from collections.abc import AsyncGenerator, Sequence

from ipcom_chat import settings
from ipcom_chat.assistant.base import AssistantEvent, Question, Refused, TextDelta, Turn
from ipcom_chat.i18n import Language
from ipcom_chat.runtime import Runtime
from ipcom_chat.tui.app import run_chat


class ObedientAssistant:
    """Does what the first word of a question says."""

    name = "obedient"

    async def answer(self, question: Question) -> AsyncGenerator[AssistantEvent, None]:
        verb, _, rest = question.text.partition(" ")
        if verb == "borrow":
            assert question.borrow is not None
            code = await question.borrow(shlex.split(rest))
            yield TextDelta(f"it ended with {code}")
        elif verb == "run":
            assert question.gate is not None
            said = await question.gate.command("c1", rest)
            if said.allowed:
                yield TextDelta(f"allowed: `{said.command}`")
            else:
                yield Refused(call_id="c1", command=rest, reason=said.reason)
        else:
            yield TextDelta(rest)

    def load(self) -> None:
        """Need nothing."""

    async def summarise(self, turns: Sequence[Turn], language: Language) -> str | None:
        return None

    async def close(self) -> None:
        """Nothing to let go."""


def main() -> int:
    runtime = Runtime(settings.load(os.environ))
    runtime.assistants.build = lambda model=None: ObedientAssistant()  # type: ignore[method-assign]
    try:
        return run_chat(runtime)
    finally:
        runtime.close()


if __name__ == "__main__":
    sys.exit(main())

"""The slash commands about what answers: models, plans, what it may run, what it costs."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from ipcom_chat.errors import UsageError
from ipcom_chat.formats import money
from ipcom_chat.i18n import _, n_
from ipcom_chat.tui.answering import Answering
from ipcom_chat.tui.conversation import Conversation
from ipcom_chat.tui.usage import Spent
from ipcom_chat.tui.widgets.facts import Facts, Section
from ipcom_chat.tui.widgets.menu import Item
from ipcom_chat.tui.widgets.slash_menu import SlashCommand
from ipcom_chat.tui.widgets.transcript import Transcript

Action = Callable[[str], Awaitable[None]]


def assistant_commands() -> tuple[SlashCommand, ...]:
    """Return the commands in the order of the menu, in the language of the screen."""
    return (
        SlashCommand(name="model", description=_("Which model answers"), argument=_("[NAME]")),
        SlashCommand(name="plan", description=_("Only plan, run nothing"), argument="[on|off]"),
        SlashCommand(name="compact", description=_("Go on from a summary of what was said")),
        SlashCommand(name="tokens", description=_("What this session has used")),
        SlashCommand(name="tools", description=_("What the assistant may run")),
    )


def model_items(answering: Answering) -> list[Item]:
    """Return the models to choose from, the one that answers now marked and first."""
    now = answering.name
    names = sorted(answering.models(), key=lambda name: not is_model(name, now))
    hint = _("answers now")
    return [
        Item(value=name, label=name, hint=hint if is_model(name, now) else "") for name in names
    ]


def is_model(name: str, assistant_name: str) -> bool:
    """Return whether a configured model is the one that an assistant is called after."""
    return assistant_name in (name, name.partition(":")[2])


class AssistantCommands:
    """Performs them for one chat.

    Args:
        conversation: what they change and ask.
        transcript: where they answer.
        choose: opens the menu of a command's arguments in the prompt; returns whether it could.
    """

    def __init__(
        self,
        conversation: Conversation,
        transcript: Transcript,
        choose: Callable[[str], bool],
    ) -> None:
        self._conversation = conversation
        self._answering = conversation.answering
        self._transcript = transcript
        self._choose = choose
        self._summary: asyncio.Task[str | None] | None = None

    @property
    def actions(self) -> Mapping[str, Action]:
        """What to do for which command."""
        return {
            "model": self._model,
            "plan": self._plan,
            "compact": self._compact,
            "tokens": self._tokens,
            "tools": self._tools,
        }

    def cancel(self) -> bool:
        """Give up the summary that is being made; return whether one was."""
        return self._summary is not None and self._summary.cancel()

    async def _model(self, argument: str) -> None:
        if argument:
            self._change_model(argument)
        elif not self._answering.models():
            raise UsageError(_("No AI is configured: 'ipcom-chat config set ai.model …'"))
        elif not self._choose("model"):
            items = model_items(self._answering)
            facts = tuple((item.label, item.hint) for item in items)
            self._transcript.add(Facts([Section(title=_("Models"), facts=facts)]))

    def _change_model(self, wanted: str) -> None:
        self._answering.change_model(wanted)
        name = self._answering.name
        if self._conversation.running is None:
            self._transcript.add_notice(_("{name} answers from now on.", name=name))
        else:
            self._transcript.add_notice(_("{name} answers the next question.", name=name))

    async def _plan(self, argument: str) -> None:
        answering = self._answering
        wanted = {"": not answering.is_plan, "on": True, "off": False}
        if argument not in wanted:
            raise UsageError(_("/plan takes on, off, or nothing to switch over."))
        answering.is_plan = wanted[argument]
        self._transcript.add_notice(
            _("Plan: the assistant says what it would do, and runs nothing.")
            if answering.is_plan
            else _("No plan any more: the assistant may run what is allowed.")
        )

    async def _compact(self, _argument: str) -> None:
        if self._conversation.running is not None:
            raise UsageError(_("An answer is still arriving; ESC cancels it."))
        self._summary = asyncio.ensure_future(self._answering.compact())
        try:
            await asyncio.wait({self._summary})
            if self._summary.cancelled():
                self._transcript.add_notice(_("Nothing was shortened."), "cancelled")
            else:
                self._say_compacted(self._summary.result())
        finally:
            self._summary = None

    def _say_compacted(self, summary: str | None) -> None:
        if summary is None:
            self._transcript.add_notice(_("There is nothing to shorten."))
        else:
            self._transcript.add_notice(
                _("The assistant goes on from this summary; the history keeps everything.")
            )
            self._transcript.add_answer(summary)

    async def _tokens(self, _argument: str) -> None:
        usage = self._answering.usage
        last = usage.last
        if last is None:
            self._transcript.add_notice(_("No model was asked in this session yet."))
            return
        facts = [(model, spent_words(spent)) for model, spent in usage.by_model.items()]
        if len(facts) > 1:
            facts.append((_("Together"), spent_words(usage.total)))
        one = Spent().plus(last)
        facts.append((_("Last answer"), f"{spent_words(one, with_answers=False)}  ·  {last.model}"))
        self._transcript.add(Facts([Section(title=_("This session"), facts=tuple(facts))]))

    async def _tools(self, _argument: str) -> None:
        facts = tuple(await asyncio.to_thread(self._answering.tool_facts))
        title = _("What the assistant may run")
        self._transcript.add(Facts([Section(title=title, facts=facts)]))


def spent_words(spent: Spent, *, with_answers: bool = True) -> str:
    """Return what was used, for people."""
    parts = [n_("{count} token", "{count} tokens", spent.tokens)]
    if with_answers:
        parts.insert(0, n_("{count} answer", "{count} answers", spent.answers))
    if spent.cost_microusd is not None:
        parts.append(money(spent.cost_microusd))
    return "  ·  ".join(parts)

"""The sentences of the knowledge assistant, in the language of the question.

The screen has one language; a question may come in the other one, and its answer follows it. So
the sentences take their catalogue by the language of the answer, not of the screen.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from ipcom_chat.assistant.markdown import code, inline
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import LANGUAGES, Language
from ipcom_chat.i18n.pt_br.assistant import MESSAGES


class Wording:
    """What is said, in one language; every result is Markdown without a final newline."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._messages = MESSAGES if language == "pt_BR" else {}

    def _say(self, text: str, **values: object) -> str:
        shown = self._messages.get(text, text)
        return shown.format(**values) if values else shown

    def known(self) -> str:
        """Head what the history knows."""
        _ = self._say
        return _("**Already known here**")

    def checked(self) -> str:
        """Head what was checked now, where something known stands above it."""
        _ = self._say
        return _("**Checked now on this machine**")

    def source(self, who: str, where: str, when: str, short_id: str) -> str:
        """Say whose answer is quoted."""
        _ = self._say
        return _(
            "{who} on {where}, {when} · {id}",
            who=inline(who, 60),
            where=inline(where, 80),
            when=when,
            id=code(short_id),
        )

    def whole(self, short_id: str) -> str:
        """Say how to read the whole of an entry."""
        _ = self._say
        return _("The whole entry: {command}", command=code(f"ipcom-chat history show {short_id}"))

    def moment(self, at_ms: int, now_ms: int) -> str:
        """Say when something was, in local time and as people say it."""
        _ = self._say
        try:
            at = datetime.fromtimestamp(at_ms / 1000, tz=UTC).astimezone()
            now = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone()
        except (OverflowError, OSError, ValueError):  # a clock that was wrong, years ago
            return _("at an unknown time")
        days = (now.date() - at.date()) // timedelta(days=1)
        clock = f"{at:%H:%M}"
        if days == 0:
            return _("today at {clock}", clock=clock)
        if days == 1:
            return _("yesterday at {clock}", clock=clock)
        if 1 < days < 31:
            return _("{count} days ago", count=days)
        return _("on {date}", date=f"{at:%Y-%m-%d}")

    def recall_failed(self, why: str) -> str:
        """Say that the history could not be asked."""
        _ = self._say
        return _("The history could not be searched: {why}", why=inline(why, 300))

    def missing_program(self, programs: Sequence[str], package: str | None) -> str:
        """Say that a check needs a program that is not there."""
        _ = self._say
        names = ", ".join(code(each) for each in programs)
        if len(programs) == 1:
            said = _("Not checked: {name} is not installed on this machine.", name=names)
        else:
            said = _("Not checked: none of {names} is installed on this machine.", names=names)
        if package is None:
            return said
        brings = _("The Debian package {package} brings it.", package=code(package))
        return f"{said} {brings}"

    def no_systemd(self) -> str:
        """Say that systemd does not run."""
        _ = self._say
        return _("This machine does not run systemd (a container, perhaps), so it cannot say.")

    def not_permitted(self) -> str:
        """Say that the user may not see this, or not all of it."""
        _ = self._say
        return _("Permission was denied, so this may be incomplete.")

    def needs_root(self) -> str:
        """Say what usually helps then."""
        _ = self._say
        return _("Run `ipcom-chat` as root (with `sudo`) to see all of it.")

    def timed_out(self, limit_s: float) -> str:
        """Say that a command was stopped."""
        _ = self._say
        return _(
            "Stopped after {seconds} s; what was found until then is shown.", seconds=f"{limit_s:g}"
        )

    def ended_with(self, exit_code: int) -> str:
        """Say that a command failed."""
        _ = self._say
        return _("The command ended with exit code {code}.", code=exit_code)

    def no_output(self) -> str:
        """Say that a command had nothing to say."""
        _ = self._say
        return _("The command printed nothing.")

    def cut_output(self) -> str:
        """Say that the middle of an output is missing."""
        _ = self._say
        return _("The output was too long; its middle is missing.")

    def rows_left_out(self, count: int) -> str:
        """Say that a table goes on."""
        _ = self._say
        if count == 1:
            return _("One more row is not shown.")
        return _("{count} more rows are not shown.", count=count)

    def lines_left_out(self, count: int) -> str:
        """Say that an output goes on."""
        _ = self._say
        if count == 1:
            return _("One more line is not shown.")
        return _("{count} more lines are not shown.", count=count)

    def only_first(self, count: int) -> str:
        """Say that a check was repeated for some of many."""
        _ = self._say
        return _("Only the first {count} were looked at.", count=count)

    def nothing_known(self) -> str:
        """Say that there is no answer."""
        _ = self._say
        return _(
            "I found nothing about this in the history, and none of my checks of this machine "
            "fits the question."
        )

    def can_check(self, titles: Sequence[str]) -> str:
        """List what can be asked."""
        _ = self._say
        head = _("Without an AI I can check, here and now:")
        paste = _(
            "You can also paste an error message, or name a service, a host, a port or a path."
        )
        listed = "\n".join(f"- {title}" for title in titles)
        return f"{head}\n\n{listed}\n\n{paste}"

    def configure_ai(self) -> str:
        """Say how to get answers from an AI."""
        _ = self._say
        head = _("For questions of any kind, connect an AI. A server of your own will do:")
        name = _("NAME")
        lines = (
            "```sh\n"
            f"ipcom-chat config set ai.model openai-compatible:{name}\n"
            "ipcom-chat config set ai.base_url http://127.0.0.1:11434/v1\n"
            "```"
        )
        key = _(
            "A server that needs a key finds it in the variable {variable}; for {openai} it is "
            "{vendor_variable}. For another vendor write {setting}; the program then says what "
            "it still needs.",
            variable=code("IPCOM_CHAT_AI_API_KEY"),
            openai=code(f"openai:{name}"),
            vendor_variable=code("OPENAI_API_KEY"),
            setting=code(_("VENDOR:NAME")),
        )
        return f"{head}\n\n{lines}\n\n{key}"


def answer_to_find(text: str) -> str:
    """Return what of an answer a search is to find: a list of what could be asked is no answer.

    Args:
        text: an answer, of the knowledge assistant or any other, as it was saved.
    """
    return own_answer(text) if text.startswith(_openings()) else text


@cache
def _openings() -> tuple[str, ...]:
    wordings = [Wording(language) for language in LANGUAGES]
    return tuple(opening for each in wordings for opening in (each.nothing_known(), each.known()))


def own_answer(text: str | None) -> str:
    """Return what an answer said itself: nothing of what it quoted, and no "I do not know"."""
    answer = neutralise(text or "").strip()
    for language in LANGUAGES:
        wording = Wording(language)
        if answer.startswith(wording.nothing_known()):
            return ""
        if answer.startswith(wording.known()):
            return answer.partition(f"\n{wording.checked()}\n")[2].strip()
    return answer

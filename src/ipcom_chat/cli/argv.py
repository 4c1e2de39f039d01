"""Sorts the arguments before Click sees them: who you are, where you write, what you want.

Identity and mode flags (`--user X`, `--global`, `--local`, `--hybrid`, `--mode M`, `--private`)
and `--debug` mean the same before and after the verb, up to a `--`. Three rules keep that
unambiguous:

- After `history` and `user`, `--user` is a filter of that verb and stays where it is.
- A value of another option is never taken for a flag (`--name --private`).
- A question is never eaten: options of `ask` stand before its first word or after its last one;
  what stands between words is text. A question in quotes makes an unknown option after it an
  error; without quotes it is text, too.

`--continue` and `--resume [ID]` stand before the verb, or with the options of a question in quotes:
`git rebase --continue` may be what is asked about. `--plain` stands before everything else.

A first argument with a blank in it is a question, and with piped input no verb is needed either.
Pure: no environment, no terminal.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ipcom_chat.domain.entry import Mode
from ipcom_chat.domain.sessions import NEWEST
from ipcom_chat.errors import UsageError
from ipcom_chat.i18n import _

ASK = "ask"
USER_IS_FILTER = frozenset({"history", "user"})
VALUE_OPTIONS = frozenset(
    {
        "--days", "--email", "--folder", "--format", "--kind", "--limit", "--name", "--output",
        "--base-url", "--before", "--completion", "--context", "--host", "--keep", "--key-file",
        "--model", "--primary", "--query", "--token-file", "--wait",
        "--port", "--session", "--since", "--status", "--username",
    }
)  # fmt: skip
"""The options of the verbs that take the next argument as their value."""

_MODES = {"--global": Mode.GLOBAL, "--local": Mode.MACHINE, "--hybrid": Mode.HYBRID}
_SWITCHES = frozenset({*_MODES, "--private", "--debug"})
_VALUED = frozenset({"--user", "--mode"})
_ASK_SWITCHES = frozenset({"--json", "--stream", "--no-tools", "--quiet", "-q", "--help", "-h"})
_ASK_VALUED = frozenset({"--model", "--context"})
_CONTINUE = frozenset({"--continue", "-c"})
_PLAIN = "--plain"
_RESUME = "--resume"
_SESSION_ID = re.compile(r"[0-9a-fA-F]{4,12}|[0-9a-fA-F-]{36}")
"""What behind `--resume` is its value; anything else is the verb, or the question."""
CHOOSE = ""
"""Instead of a session: let the person choose one."""
_OF_MANY_TOOLS = frozenset({"-q", "-h", "--help"})
"""At the end of a question without quotes they are rather a part of it: `what does tar -h`."""
_ROOT_SWITCHES = frozenset({"--help", "-h", "--version"})


class Invocation(NamedTuple):
    """What the user wants, sorted."""

    arguments: list[str]
    """For Click: the verb, its options and its arguments."""
    settings: dict[str, Any]
    """What the flags say, by the key of the setting."""
    debug: bool
    resume: str | None = None
    """The session to go on with: an id, `NEWEST` or `CHOOSE`."""


def normalise(argv: Sequence[str], *, piped: bool) -> Invocation:
    """Return the sorted arguments.

    Args:
        argv: the arguments, without the program's name.
        piped: whether something other than a terminal is connected to stdin.

    Raises:
        UsageError: a flag without its value, or flags that contradict one another.
    """
    flags = _Flags()
    first = _first_word(argv)
    before = flags.take(argv[:first], keep_user=False, resumes=True)
    after = list(argv[first:])
    arguments = _arguments(before, after, flags, piped=piped)
    _check_resume(arguments, flags.resume)
    return Invocation(arguments, flags.settings, flags.debug, flags.resume)


def _check_resume(arguments: Sequence[str], resume: str | None) -> None:
    if resume is None or not arguments or _ROOT_SWITCHES.intersection(arguments[:1]):
        return
    if arguments[0] != ASK and resume == CHOOSE:
        raise UsageError(
            _("'{word}' is no id of a session; 'ipcom-chat sessions list' shows the ids. Without "
              "one, --resume lets you choose in the chat.",
              word=arguments[0])
        )  # fmt: skip
    if arguments[0] != ASK:
        raise UsageError(
            _("--continue and --resume go with the chat or a question, not with '{verb}'.",
              verb=arguments[0])
        )  # fmt: skip
    if resume == CHOOSE:
        raise UsageError(_("With a question, --resume needs the id of a session."))


def _arguments(before: list[str], after: list[str], flags: "_Flags", *, piped: bool) -> list[str]:
    wants_root = any(word in _ROOT_SWITCHES for word in before)
    if not after:
        return [ASK, *before, "--", "-"] if piped and not wants_root else before
    verb, rest = after[0], after[1:]
    if verb == ASK:
        return [*before, *_question(rest, flags)]
    if verb in {"--", "-"} or any(char.isspace() for char in verb):
        if wants_root:
            return before
        asked = _question(after, flags)
        return [ASK, *before, *asked[1:]]
    if verb in USER_IS_FILTER:
        return [*before, verb, *_filter_behind_verb(flags.take(rest, keep_user=True))]
    return [*before, verb, *flags.take(rest, keep_user=False)]


def _filter_behind_verb(words: list[str]) -> list[str]:
    """Return `list --user X` for `--user X list`: the filter belongs to the verb, not the noun."""
    end = 0
    while end < len(words) and words[end].partition("=")[0] == "--user":
        end += 1 if "=" in words[end] else 2
    return [*words[end : end + 1], *words[:end], *words[end + 1 :]]


def _first_word(argv: Sequence[str]) -> int:
    index = 0
    while index < len(argv):
        word = argv[index]
        if word in {"--", "-"} or not word.startswith("-"):
            return index
        index += 2 if word in _VALUED | _ASK_VALUED or _has_session(argv[index:]) else 1
    return len(argv)


def _has_session(words: Sequence[str]) -> bool:
    """Return whether the first word is `--resume` and the second one its value."""
    return len(words) > 1 and words[0] == _RESUME and bool(_SESSION_ID.fullmatch(words[1]))


def _question(words: list[str], flags: "_Flags") -> list[str]:
    """Return `ask`, its options, `--` and the words of the question."""
    start = _first_word(words)
    options = flags.take(words[:start], keep_user=False, resumes=True)
    words = list(words[start:])
    if words[:1] == ["--"]:
        return [ASK, *options, "--", *words[1:]]
    end = _words_end(words)
    options += flags.take(words[end:], keep_user=False, resumes=True)
    return [ASK, *options, "--", *words[:end]]


def _words_end(words: list[str]) -> int:
    """Return where the options after the last word begin."""
    if not words or "--" in words:
        return len(words)
    quoted = words[0] == "-" or any(char.isspace() for char in words[0])
    for end in range(1, len(words)):
        if _are_options(words[end:], quoted=quoted):
            return end
    return len(words)


def _are_options(words: list[str], *, quoted: bool) -> bool:
    index = 0
    while index < len(words):
        width = _width(words[index:], quoted=quoted)
        if not width:
            return False
        index += width
    return True


def _width(words: list[str], *, quoted: bool) -> int:
    """Return how many of the words the option in front takes; 0 if it is a word."""
    word = words[0]
    name, equals, _value = word.partition("=")
    if _has_session(words):
        return 2 if quoted else 0
    if name in _VALUED | _ASK_VALUED:
        has_value = bool(equals) or (len(words) > 1 and not words[1].startswith("-"))
        return (1 if equals or not has_value else 2) if quoted or has_value else 0
    if word in _SWITCHES or (word in _ASK_SWITCHES and (quoted or word not in _OF_MANY_TOOLS)):
        return 1
    return 1 if quoted and word.startswith("-") and word != "-" else 0


class _Flags:
    """Collects the flags; the same one twice is fine, two that disagree are not."""

    def __init__(self) -> None:
        self.settings: dict[str, Any] = {}
        self.debug = False
        self.resume: str | None = None

    def take(self, words: Sequence[str], *, keep_user: bool, resumes: bool = False) -> list[str]:
        """Take the flags out of `words`; return the others."""
        others: list[str] = []
        queue = list(reversed(words))
        while queue:
            word = queue.pop()
            name, equals, value = word.partition("=")
            if word == "--":
                return [*others, word, *reversed(queue)]
            if resumes and (word in _CONTINUE or name == _RESUME):
                self._resumes(word, queue)
            elif resumes and word == _PLAIN:
                self.settings["ui.plain"] = True
            elif word in _SWITCHES:
                self._switch(word)
            elif name in _VALUED and not (keep_user and name == "--user"):
                self._valued(name, value if equals else queue.pop() if queue else "")
            else:
                others.append(word)
                if queue and (word in VALUE_OPTIONS or word == "--user"):
                    others.append(queue.pop())
        return others

    def _switch(self, word: str) -> None:
        if word == "--debug":
            self.debug = True
        elif word == "--private":
            self.settings["history.private"] = True
        else:
            self._set("history.mode", _MODES[word])

    def _resumes(self, word: str, queue: list[str]) -> None:
        _name, equals, value = word.partition("=")
        if word in _CONTINUE:
            wanted = NEWEST
        elif equals:
            wanted = value
        else:
            wanted = queue.pop() if queue and _has_session([word, queue[-1]]) else CHOOSE
        if self.resume not in {None, wanted}:
            raise UsageError(_("Only one session at a time: --continue, or --resume ID."))
        self.resume = wanted

    def _valued(self, name: str, value: str) -> None:
        if not value or value.startswith("-"):
            raise UsageError(_("The option {name} needs a value.", name=name))
        if name == "--user":
            self._set("user", value)
        else:
            self._set("history.mode", _mode(value))

    def _set(self, key: str, value: Any) -> None:
        known = self.settings.setdefault(key, value)
        if known == value:
            return
        if key == "user":
            raise UsageError(
                _("You can be only one user: {first!r} or {second!r}.", first=known, second=value)
            )
        raise UsageError(
            _("Only one mode at a time: {first} or {second}.", first=known, second=value)
        )


def _mode(value: str) -> Mode:
    try:
        return Mode(value)
    except ValueError as error:
        raise UsageError(
            _("The mode is global, user, local or hybrid, not {value!r}.", value=value)
        ) from error

"""Texts in the language of the screen: English, or Brazilian Portuguese.

The English text is the key, as in gettext; `pt_br/` holds one catalogue per part of the program.
A placeholder is named (`{count}`) and filled with `str.format` by the caller's keyword
arguments. The language is chosen once, at start, by the front end; a front end with readers of
several languages chooses it for each of them (`speaking`).

Plain dictionaries, not gettext's compiled files: nothing to compile at install, loaded from
byte code in well under a millisecond (docs/adr/0006-texts.md).
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from importlib import import_module
from typing import Literal

Language = Literal["en", "pt_BR"]
LANGUAGES: tuple[Language, ...] = ("en", "pt_BR")

CATALOGUES = (
    "core",
    "cli",
    "tui",
    "plain",
    "approval",
    "assistant",
    "sync",
    "server",
    "exchange",
    "search",
    "suggestions",
    "history",
    "imports",
    "redaction",
    "permissions",
    "tools",
    "mcp",
    "monitoring",
    "alerts",
    "sessions",
    "backup",
    "health",
    "setup",
    "web",
    "reasons",
)
"""The modules of `pt_br/`, each with one dictionary `MESSAGES`."""


class _Screen:
    language: Language = "en"
    messages: Mapping[str, str] = {}


_spoken: ContextVar[tuple[Language, Mapping[str, str]] | None] = ContextVar("spoken", default=None)
"""The language of one reader, where it is not that of the screen."""


def use(language: Language) -> None:
    """Choose the language of everything shown from now on."""
    _Screen.language = language
    _Screen.messages = _messages(language)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Let everything in this context be in a language: one task, one call."""
    token = _spoken.set((language, _messages(language)))
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> Language:
    """Return the language of the screen, or of the reader."""
    spoken = _spoken.get()
    return spoken[0] if spoken else _Screen.language


def _(text: str, /, **values: object) -> str:
    """Return `text` in the language of the screen, its placeholders filled."""
    spoken = _spoken.get()
    shown = (spoken[1] if spoken else _Screen.messages).get(text, text)
    return shown.format(**values) if values else shown


def n_(one: str, many: str, /, count: int, **values: object) -> str:
    """Return the singular or the plural text; `{count}` is filled with `count`."""
    return _(one if count == 1 else many, count=count, **values)


def decimal(value: float, places: int = 1) -> str:
    """Return a number with decimal places: `3.4`, in Portuguese `3,4`."""
    text = f"{value:.{places}f}"
    return text.replace(".", ",") if language() == "pt_BR" else text


def language_of(locale: str) -> Language:
    """Return the language of a POSIX locale name such as `pt_BR.UTF-8`."""
    return "pt_BR" if locale.lower().startswith("pt") else "en"


def locale_language(environment: Mapping[str, str]) -> Language:
    """Return the language that the POSIX locale variables ask for."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return language_of(environment[name])
    return "en"


def _messages(language: Language) -> Mapping[str, str]:
    return _load() if language == "pt_BR" else {}


@cache
def _load() -> Mapping[str, str]:
    merged: dict[str, str] = {}
    for name in CATALOGUES:
        merged.update(import_module(f"ipcom_chat.i18n.pt_br.{name}").MESSAGES)
    return merged

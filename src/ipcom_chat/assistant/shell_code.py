"""Lines of shell inside programs of other languages: `python -c 'os.system("rm x")'`.

A guess by design: every quoted text and every list of quoted texts in the code may be a command.
What comes out is only looked at for dangers and rules of refusal, never run.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from ipcom_chat.assistant.shell_wrappers import INTERPRETERS, program_of

TEXTS_MAX: Final = 32
CODE_CHARS_MAX: Final = 4_000
"""Longer code is not looked into; whoever judges it takes it for dangerous."""

_FLAGS: Final = re.compile(r"-[A-Za-z]*[ceEr]|--eval|--execute|--command")
_OTHERS: Final = frozenset(
    "awk gawk mawk nawk sed gsed vi vim nvim ex ed emacs gdb expect mysql mariadb psql sqlite3 "
    "sqlplus redis-cli find2perl m4 bc make gmake ansible php-cli jshell".split()
)
_QUOTED: Final = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|`([^`]*)`|%x[{(]([^})]*)")
_LIST: Final = re.compile(r"[\[(]((?:\s*(?:\"[^\"]*\"|'[^']*')\s*,?)+)[\])]")
_BANG: Final = re.compile(r"(?:^|[\s:;+])!\s*([^|&\n]+)|\\!\s*(.+)|(?:^|\d|/|\$)e\s+(.+)")


def is_interpreter(program: str) -> bool:
    """Return whether a program runs code of another language."""
    return program in INTERPRETERS or bool(re.fullmatch(r"(?:python|perl|ruby|php)[\d.]+", program))


def is_code_option(word: str) -> bool:
    """Return whether what follows a word is code."""
    return _FLAGS.fullmatch(word) is not None


def code_of(words: Sequence[str]) -> tuple[str, ...]:
    """Return the code that stands in the words of a command."""
    if not words:
        return ()
    program = program_of(words[0])
    if program in _OTHERS:
        return tuple(words[1:])
    if not is_interpreter(program):
        return ()
    pairs = pairwise(words[1:])
    code = [after for word, after in pairs if _FLAGS.fullmatch(word)]
    code += [word[2:] for word in words[1:] if re.match(r"-[ce][^\w-]*\w+\W", word)]
    return tuple(code)


def lines_in_code(words: Sequence[str]) -> tuple[str, ...]:
    """Return what may be lines of shell in the code that a command is given."""
    found = [
        text for code in code_of(words) if len(code) <= CODE_CHARS_MAX for text in _texts(code)
    ]
    return tuple(dict.fromkeys(found))[:TEXTS_MAX]


def _texts(code: str) -> Iterator[str]:
    for found in _QUOTED.finditer(code):
        text = next((each for each in found.groups() if each), "")
        if " " in text.strip():
            yield text.replace('\\"', '"').replace("\\'", "'")
    for found in _LIST.finditer(code):
        parts = [a or b for a, b, _c, _d in _QUOTED.findall(found[1])]
        if len(parts) > 1:
            yield " ".join(parts)
    for found in _BANG.finditer(code):
        yield next(each for each in found.groups() if each).strip()

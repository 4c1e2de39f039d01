"""The rules of redaction, as data.

A rule is looked at only where one of its hints stands, a literal in lower case; its pattern begins
exactly there (or `back` characters before), so that a text of n characters costs O(n). A hint that
begins with a letter or a digit stands at the beginning of a word, unless the rule looks back. The group
`s` is the secret, the whole match if there is none. A `line` rule is searched in the lines that
hold its hint instead.

`yes` and `no` are its tests. They are templates, so that no file of this project holds anything
that a scanner takes for a secret: `{w:24}` stands for 24 letters and digits, `{x:…}` for
hexadecimal digits, `{U:…}` for capitals and digits, `{l:…}` for small letters and digits, `{b:…}`
for base64, `{d:…}` for digits; what they make up is what must be gone.

Invariant of every pattern: each repetition is bounded, or of characters that what follows it
cannot begin with; nothing backtracks over more than a few hundred characters.
"""

from typing import NamedTuple


class Rule(NamedTuple):
    """One shape of a secret."""

    kind: str
    hints: tuple[str, ...]
    pattern: str
    yes: str
    no: str
    back: int = 0
    line: bool = False
    near: str = ""
    """What the line must hold, too, in lower case."""
    like: str = ""
    """What else is asked of the secret: `password`, that it looks like one; `any`, nothing."""
    each: str = ""
    """The shape of the secrets inside the group `s`, where there may be many: those of a cookie."""


EDGE = r"(?<![A-Za-z0-9])"
WORD = r"""(?:"(?P<s>[^"\n]{1,200})"|'(?P<s2>[^'\n]{1,200})'|(?P<s3>[^\s"'|;&<>]{1,200}))"""
SUDO = r"(?:sudo\s+(?:-\S+\s+){0,4})?"

"""Where a value ends that stands under the name of a secret: quotes, blocks, tags, bare words.

Reads from the place where a value may begin; whether it is a secret is asked elsewhere. A value is
read to a bound: what is longer is a secret by its beginning already.
"""

import re

_QUOTED = {
    # What has nothing special in it is tried first: it is read at once.
    '"': re.compile(r'"([^"\\\n]{0,2000}+(?=")|(?:\\.|[^"\\\n]){0,2000})"'),
    "'": re.compile(
        r"'([^'\n]{0,2000}+(?='(?![\\'\"]))|(?:[^'\n]|'\\''|'\"'\"'|(?<!')''(?=\w)){0,2000})'"
    ),
}
_ESCAPED = re.compile(r'\\{1,3}(["\'])((?:[^"\'\\\n]|\\{2}){0,400}?)\\{1,3}\1')
BARE = re.compile(
    r"""(?:[^\s"'`;,&|<>\\()\[\]{}]
      | ;(?!\s|$|\s?[A-Za-z][\w ]{0,24}=)
      | ,(?!\s|$|["'}\]]|[a-z_]{1,24}(?:[,\s]|$)|[a-z_][\w.\-\[\]]{0,40}=)
      | &(?!&|\s|$|amp;|[\w.\[\]-]{1,40}=)
      | \|(?!\||\s|$)
      | \\(?![nrt"'\s]|$)
      | [([{](?=\S) | [)\]}](?=[^\s"'`,;)\]}])
      | ["'`](?=[^\s"'`,;:)\]}<>]) ){1,256}""",
    re.VERBOSE,
)
BARE_CHARS = 256
_PLAIN = re.compile(r"[^\s\"'`;,&|<>\\()\[\]{}]{1,256}+")
"""The beginning of a bare word up to a sign with which it may end."""
_MAY_GO_ON = frozenset(";,&|\\([{)]}\"'`")
_XML = re.compile(r"[^<\n]{1,400}")
_BLOCK = re.compile(r"[|>][+-]?[ \t]*\r?\n([ \t]+)(\S[^\n]*)")
LINE_BACK = 240


def span_of(text: str, left: int, start: int, *, is_xml: bool) -> tuple[int, int] | None:
    """Return where the value is that may begin at `start`, under a name that begins at `left`."""
    if is_xml:
        found = _XML.match(text, start)
        return found.span() if found and text.startswith("<", found.end()) else None
    first = text[start : start + 1]
    if first == "`":  # What a command prints.
        return None
    if first == "\\" and (escaped := _ESCAPED.match(text, start)):
        return escaped.span(2)
    if first in "|>" and (block := _BLOCK.match(text, start)):
        return block.span(2)
    prefix = 1 if first in _LITERAL and text[start + 1 : start + 2] in {"'", '"'} else 0
    first = text[start + prefix : start + prefix + 1]
    if first in _QUOTED and first:
        return _quoted(text, left, start + prefix, first)
    return _bare(text, left, start)


_LITERAL = "$@bBfFrRuUEN"
"""What may stand before a quote: strings of Python, PowerShell, C#, Bash and SQL."""


def _quoted(text: str, left: int, start: int, quote: str) -> tuple[int, int] | None:
    if is_inside(text, left, start, quote):
        return None
    found = _QUOTED[quote].match(text, start)
    if found is None:
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        rest = text[start + 1 : min(end, start + 400)].split(maxsplit=1)
        return (
            (start + 1, start + 1 + len(rest[0]))
            if rest and text[start + 1 : start + 2].strip()
            else None
        )
    return found.span(1)


def is_inside(text: str, left: int, start: int, quote: str) -> bool:
    """Return whether a quote closes what was opened before the name, as in `input("Password: ")`."""
    begin = max(left - LINE_BACK, text.rfind("\n", 0, left) + 1)
    before = text[begin:start]
    count = before.count(quote) - before.count(f"\\{quote}")
    if quote == "'" and count % 2:
        count -= len(_APOSTROPHE.findall(before))
    return count % 2 == 1


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")


def _bare(text: str, left: int, start: int) -> tuple[int, int] | None:
    opened = text[left - 1] if left else ""
    if opened in {'"', "'"} and (within := _WITHIN[opened].match(text, start)):
        return within.span()
    found = _PLAIN.match(text, start)
    if found is None or text[found.end() : found.end() + 1] in _MAY_GO_ON:
        found = BARE.match(text, start)
    if found is None:
        return None
    end = found.end()
    while end > start and text[end - 1] in _TRAILING:
        end -= 1
    if end < len(text) and text[end : end + 1] == "(":
        return None
    return (start, end) if end > start else None


_TRAILING = ".,;:)]}\"'`"
_WITHIN = {
    '"': re.compile(
        r'(?:[^"\\\n&;]|\\[^"n]|&(?![\w.\[\]-]{1,40}=)|;(?!\s|\w{1,24}=)){1,200}(?=\\?"(?:\s|$|[;)|&,\]}]))(?<!\s)'
    ),
    "'": re.compile(
        r"(?:[^'\n&;]|&(?![\w.\[\]-]{1,40}=)|;(?!\s|\w{1,24}=)){1,200}(?='(?:\s|$|[;)|&,\]}]))(?<!\s)"
    ),
}

"""The corpus of made-up secrets and of ordinary lines in `tests/data`.

No file holds anything that a scanner of repositories could take for a real secret: `{w:24}` and
its like are drawn here, always the same ones.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

DATA = Path(__file__).parents[1] / "data"
_ALPHANUMERIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_ALPHABETS = {
    "w": _ALPHANUMERIC,
    "x": "0123456789abcdef",
    "H": "0123456789ABCDEF",
    "U": "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "l": "abcdefghijklmnopqrstuvwxyz0123456789",
    "b": _ALPHANUMERIC + "+/",
    "d": "0123456789",
}
_DRAWN = re.compile(r"\{([wxHUlbd]):(\d+)\}")
_LONG_ENOUGH = 8
_ALL_CLASSES = "x7Q"


class Sample(NamedTuple):
    """A text, and the secrets in it."""

    text: str
    secrets: tuple[str, ...]


def expanded(template: str) -> Sample:
    """Return a template with its drawn parts, which count as its secrets."""
    random = Random(template)  # the same at every run
    drawn: list[str] = []

    def draw(found: re.Match[str]) -> str:
        size = int(found[2])
        text = "".join(random.choice(_ALPHABETS[found[1]]) for _index in range(size))
        if found[1] == "w" and size >= _LONG_ENOUGH:
            text = text[: -len(_ALL_CLASSES)] + _ALL_CLASSES
        drawn.append(text)
        return text

    return Sample(_DRAWN.sub(draw, template), tuple(drawn))


def samples(name: str) -> Iterator[Sample]:
    """Yield the texts of a file with what `«…»` marks in them."""
    for line in _lines(name):
        text = expanded(line).text
        secrets = tuple(re.findall("«(.*?)»", text, re.DOTALL))
        yield Sample(text.replace("«", "").replace("»", ""), secrets)


def ordinary(name: str = "ordinary.txt") -> list[str]:
    """Return the lines of a file in which there is no secret."""
    return list(_lines(name))


def _lines(name: str) -> Iterator[str]:
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("# "):
            yield line.replace("⏎", "\n")

"""Answers as HTML: Markdown without HTML, pictures, or any link but http and https.

Invariant: nothing that stands in a text becomes markup of its own; a link opens without telling
where it was followed from. A text that is very long is shown as it is written.
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.web.html import Html, el

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

RENDERED_MAX: Final = 50_000
"""Longer texts are not looked through for Markdown: that would take seconds."""
_SCHEMES: Final = ("http://", "https://")
_BELOW: Final = 3
"""The highest heading of an answer: those above are the page's."""


def rendered(source: str) -> Html:
    """Return a text of Markdown as HTML."""
    clean = neutralise(source)
    if len(clean) > RENDERED_MAX:
        return el("pre", clean)
    return Html(_parser().render(clean))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # noqa: PLC0415 - only pages with an answer

    class Safe(MarkdownIt):
        def validateLink(self, url: str) -> bool:  # noqa: N802 - its name there
            return url.lower().startswith(_SCHEMES)

    parser = Safe("commonmark", {"html": False, "linkify": False, "maxNesting": 20})
    parser.enable(["table", "strikethrough"]).disable(["image", "html_inline", "html_block"])
    parser.core.ruler.push("safe", _make_safe)
    return parser


def _make_safe(state: Any) -> None:
    tokens: Sequence[Token] = state.tokens
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + _BELOW - 1, 6)}"
        for child in token.children or ():
            if child.type == "link_open":
                child.attrSet("rel", "noopener noreferrer nofollow")

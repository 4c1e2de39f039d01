"""What an empty chat shows: what this is, who asks and who will see it, and what to ask."""

from collections.abc import Sequence

from textual.content import Content

from ipcom_chat import __version__
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.i18n import _
from ipcom_chat.tui.widgets.rows import Rows, wrapped


class Welcome(Rows):
    """The opening of a chat.

    Args:
        who: the user and the machine.
        sharing: one sentence: who sees what is asked.
        examples: questions to begin with.
    """

    DEFAULT_CSS = """
    Welcome { margin-top: 1; }
    """

    def __init__(self, *, who: str, sharing: str, examples: Sequence[str]) -> None:
        super().__init__()
        self._who = one_line(who)
        self._sharing = one_line(sharing)
        self._examples = tuple(examples)

    def layout_rows(self, width: int) -> list[Content]:
        """Return the lines."""
        name = Content.styled("ipcom-chat", "bold $text-primary")
        title = name + Content.styled(f"  {__version__}", "$foreground 60%")
        rows = [
            title.truncate(width, ellipsis=True),
            *_calm(_("The team's memory, in your terminal."), width),
            Content(),
            *wrapped(Content(self._who), width),
            *_calm(self._sharing, width),
            Content(),
            *_calm(_("Ask in your own words, or paste an error. For example:"), width),
        ]
        for example in self._examples:
            rows += wrapped(Content(example), width, "  ❯ ", "    ")
        return [*rows, Content(), *_calm(_("/help shows keys and commands."), width)]


def _calm(text: str, width: int) -> list[Content]:
    return wrapped(Content.styled(text, "$foreground 60%"), width)

"""A text area with a menu of what the text may become: commands, their arguments, paths.

The area keeps the keyboard and drives the menu, which only shows. A menu that was closed for a
text stays closed until the text is another.
"""

from collections.abc import Callable, Sequence
from typing import Literal

from ipcom_chat.tui.widgets.chip_area import ChipArea
from ipcom_chat.tui.widgets.menu import Item, Menu
from ipcom_chat.tui.widgets.paths import Completion, attached_before, complete, path_before
from ipcom_chat.tui.widgets.slash_menu import (
    SlashCommand,
    argument_so_far,
    fitting,
    is_name_so_far,
    matching,
)

MenuKind = Literal["", "slash", "argument", "path"]


class CompletingArea(ChipArea):
    """The text area; a subclass sends.

    Args:
        menu: where suggestions are shown.
        commands: the slash commands.
        cwd: what relative paths are completed from.
        placeholder: our own text.
        id: as Textual uses it.
    """

    def __init__(
        self,
        menu: Menu,
        *,
        commands: Sequence[SlashCommand],
        cwd: str,
        placeholder: str,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(placeholder=placeholder, id=id)
        self.commands = tuple(commands)
        self.arguments: dict[str, Callable[[], Sequence[Item]]] = {}
        """What the argument of a command may be, for those that have a menu of it."""
        self._menu = menu
        self._menu_kind: MenuKind = ""
        self._cwd = cwd
        self._dismissed = ""
        """The text for which the user closed the menu."""
        self._found: tuple[str, ...] = ()
        """The paths that were offered last."""

    def _send(self, text: str) -> None:
        """Send a text that was chosen whole."""
        raise NotImplementedError

    def choose(self, item: Item) -> None:
        """Take an item of the menu, as a click does."""
        # In the prompt's own turn: Textual stops a message at the widget in whose turn it is sent.
        self.call_later(self._choose, item, send=True)

    def choose_argument(self, name: str) -> bool:
        """Open the menu of a command's arguments; return whether there is one."""
        if name in self.arguments and self.arguments[name]():
            self.set_text(f"/{name} ")
        return self._menu_kind == "argument"

    # The menu.

    def update_suggestion(self) -> None:
        """Open, filter or close the menu after every change of the text."""
        if not self.is_mounted:
            return
        if self.text == self._dismissed:
            self._close_menu()
            return
        self._dismissed = ""
        attached = attached_before(self._before_cursor())
        if is_name_so_far(self.text):
            self._show_menu("slash", matching(self.text, self.commands))
        elif (argument := argument_so_far(self.text)) and argument[0] in self.arguments:
            self._show_menu("argument", fitting(argument[1], self.arguments[argument[0]]()))
        elif attached is not None:
            self._offer_paths(attached)
        else:
            self._close_menu()

    def _show_menu(self, kind: MenuKind, items: Sequence[Item]) -> None:
        self._menu_kind = kind if items else ""
        self._menu.show_items(items)

    def _close_menu(self) -> None:
        if self._menu_kind in {"slash", "argument"}:
            self._dismissed = self.text
        self._menu_kind = ""
        if self._menu.is_open:
            self._menu.close()

    def _menu_key(self, key: str) -> bool:
        if key in {"up", "down"}:
            self._menu.move(-1 if key == "up" else 1)
        elif key == "escape":
            self._dismissed = self.text
            self._close_menu()
        elif key in {"enter", "tab"}:
            self._choose(self._menu.marked, send=key == "enter")
        else:
            return False
        return True

    def _choose(self, item: Item | None, *, send: bool) -> None:
        kind = self._menu_kind
        self._close_menu()
        if item is None:
            return
        if kind == "slash":
            self._choose_command(item.value, send=send)
        elif kind == "argument":
            self._choose_argument(item.value, send=send)
        elif kind == "path":
            self._replace_path(item.value)
            if not item.value.endswith("/"):
                self._dismissed = self.text  # it is complete: Enter sends

    def _choose_command(self, name: str, *, send: bool) -> None:
        # Arguments are optional: a name typed in full is meant as it stands.
        waits = self.text != f"/{name}" and any(
            command.name == name and command.argument for command in self.commands
        )
        if send and not waits:
            self._send(f"/{name}")
        else:
            self._dismissed = "" if name in self.arguments else f"/{name} "
            self.set_text(f"/{name} ")

    def _choose_argument(self, value: str, *, send: bool) -> None:
        text = f"{self.text.partition(' ')[0]} {value}"
        if send:
            self._send(text)
        else:
            self._dismissed = text
            self.set_text(text)

    # Paths.

    def _tab(self) -> None:
        word = path_before(self._before_cursor())
        if word or attached_before(self._before_cursor()) is not None:
            self._look_up(word, is_asked=True)

    def _offer_paths(self, word: str) -> None:
        """Offer what a path behind an `@` may become, while it is written."""
        still = [name for name in self._found if name.startswith(word)]
        self._show_menu("path", _as_items(still) if self._menu_kind == "path" else [])
        self._look_up(word, is_asked=False)

    def _look_up(self, word: str, *, is_asked: bool) -> None:
        self.run_worker(self._complete(word, is_asked=is_asked), group="path", exclusive=True)

    async def _complete(self, word: str, *, is_asked: bool) -> None:
        found = await complete(word, self._cwd)
        if path_before(self._before_cursor()) != word:
            return
        if is_asked and not self._menu_kind:
            self._offer(found)
        elif not is_asked and self._menu_kind in {"", "path"} and self.text != self._dismissed:
            self._found = found.candidates if found.candidates != (word,) else ()
            self._show_menu("path", _as_items(self._found))

    def _offer(self, found: Completion) -> None:
        if found.common != found.word:
            self._replace_path(found.common)
        if len(found.candidates) > 1:
            self._found = found.candidates
            self._show_menu("path", _as_items(self._found))

    def _replace_path(self, path: str) -> None:
        row, column = self.cursor_location
        start = column - len(path_before(self._before_cursor()))
        self._replace_via_keyboard(path, (row, start), (row, column))

    def _before_cursor(self) -> str:
        row, column = self.cursor_location
        return self.document[row][:column]


def _as_items(paths: Sequence[str]) -> list[Item]:
    return [Item(value=path, label=path) for path in paths]

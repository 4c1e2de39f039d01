"""What is taken from an entry, into the prompt or onto the clipboard."""

import pytest

from ipcom_chat.domain.entry import Entry, Kind
from ipcom_chat.tui.entry_texts import as_asked, as_typed, copied_part
from tests.support.replica import an_entry


@pytest.mark.parametrize(
    ("entry", "asked", "typed"),
    [
        (an_entry(command="why?"), "why?", "why?"),
        (an_entry(command="why?", private=True), " why?", " why?"),
        (an_entry(command="df", kind=Kind.COMMAND), "df", "!df"),
        (an_entry(command="df", kind=Kind.COMMAND, private=True), " df", " !df"),
    ],
)
def test_what_was_private_stays_so_when_it_is_asked_again(
    entry: Entry, asked: str, typed: str
) -> None:
    assert (as_asked(entry), as_typed(entry)) == (asked, typed)


def test_the_answer_is_copied_or_what_has_none() -> None:
    assert copied_part(an_entry(command="why?", response="so"))[0] == "so"
    assert copied_part(an_entry(command="why?", response=None)) == ("why?", "copied")
    assert copied_part(an_entry(command="df", response="9 %", kind=Kind.COMMAND))[0] == "df"

"""The pure parts of the prompt: chips, earlier prompts, slash commands, fuzzy search."""

from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.folding import fold
from ipcom_chat.i18n import use
from ipcom_chat.tui.widgets.chips import Chips, cleaned, is_long, shown, spans
from ipcom_chat.tui.widgets.fuzzy import score
from ipcom_chat.tui.widgets.recall import Recall
from ipcom_chat.tui.widgets.slash_menu import (
    SlashCommand,
    invocation,
    is_name_so_far,
    likely_meant,
    matching,
)
from tests.support.chat_demo import COMMANDS

# Chips


@given(bodies=st.lists(st.text(max_size=20), max_size=5), between=st.text(max_size=10))
def test_chips_expand_to_what_was_pasted(bodies: list[str], between: str) -> None:
    chips, text, expected = Chips(), "", ""
    for body in map(cleaned, bodies):
        text += chips.add(body) + cleaned(between)
        expected += body + cleaned(between)

    assert chips.expand(text) == expected


def test_a_chip_is_shown_as_its_label() -> None:
    chips = Chips()

    line = "see " + chips.add("a\n" * 12) + " please"

    assert shown(line) == "see [Pasted 12 lines] please"
    assert spans(line) == [(4, 21)]


def test_a_chip_speaks_the_language_of_the_screen() -> None:
    use("pt_BR")
    try:
        assert shown(Chips().add("a\n" * 12)) == "[12 linhas coladas]"
    finally:
        use("en")


def test_typed_text_that_looks_like_a_chip_stays_text() -> None:
    chips = Chips()
    chips.add("secret")

    assert chips.expand("[Pasted 1 line]") == "[Pasted 1 line]"
    assert spans("[Pasted 1 line]") == []


def test_pasted_text_cannot_forge_a_chip() -> None:
    chips = Chips()
    forged = chips.add("body")

    assert spans(cleaned(forged)) == []


def test_pasted_text_is_neutralised() -> None:
    assert cleaned("\x1b]0;title\x07a\x1b[31mb\r\nc") == "ab\nc"


def test_what_is_long() -> None:
    assert is_long("x" * 1_001)
    assert is_long("1\n2\n3\n4\n5\n6")
    assert not is_long("1\n2\n3\n4\n5\n")


# Earlier prompts


def test_the_draft_comes_back() -> None:
    recall = Recall()
    recall.load(["one", "two"])

    assert recall.older("draft") == "two"
    assert recall.older("two") == "one"
    assert recall.older("one") is None
    assert recall.newer("one") == "two"
    assert recall.newer("two") == "draft"
    assert recall.newer("draft") is None


def test_a_changed_earlier_prompt_is_kept_until_something_is_sent() -> None:
    recall = Recall()
    recall.load(["one"])

    recall.older("")
    recall.newer("one changed")
    assert recall.older("") == "one changed"

    recall.add("sent")
    assert recall.older("") == "sent"
    assert recall.older("sent") == "one"


def test_prompts_that_are_loaded_late_stand_before_those_of_this_session() -> None:
    recall = Recall()
    recall.add("mine")

    assert recall.older("draft") == "mine"
    recall.load(["old", "old", "older than mine"])

    assert recall.older("mine") == "older than mine"
    assert recall.prompts == ["old", "older than mine", "mine"]


@given(text=st.text(max_size=30))
def test_folding_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_together_is_better_than_scattered_and_nothing_is_zero() -> None:
    assert score("ab", "xab") > score("ab", "axb") > score("ab", "ba") == 0.0


# Slash commands


def names(text: str) -> list[str]:
    return [item.value for item in matching(text, COMMANDS)]


def test_names_come_before_descriptions() -> None:
    assert names("/h")[:2] == ["help", "history"]
    assert names("/ex")[:2] == ["export", "exit"]
    assert names("/clr")[0] == "clear"
    assert "private" in names("/machine")


def test_an_empty_slash_shows_all_in_order() -> None:
    assert names("/") == [command.name for command in COMMANDS]


def test_a_message_that_starts_with_a_path_is_a_message() -> None:
    for text in ("/etc/nginx/nginx.conf fails", "/etc", "/help/me", "/help\nme", "/var/log: why?"):
        assert invocation(text, COMMANDS) is None, text


def test_a_command_and_its_argument() -> None:
    found = invocation(" /user  ana ", COMMANDS)

    assert found is not None
    assert (found.name, found.argument) == ("user", "ana")


def test_a_mistyped_command_is_recognised() -> None:
    meant = likely_meant("/hlep", COMMANDS)

    assert meant is not None
    assert meant.name == "help"
    assert likely_meant("/etc", COMMANDS) is None
    assert likely_meant("/help", COMMANDS) is None
    assert likely_meant("/etc/passwd", COMMANDS) is None


def test_the_menu_helps_only_with_the_name() -> None:
    assert is_name_so_far("/")
    assert is_name_so_far("/hist")
    assert not is_name_so_far("/history x")
    assert not is_name_so_far("/etc/")
    assert not is_name_so_far("what is /help")


def test_a_label_shows_the_argument() -> None:
    commands = (SlashCommand(name="user", description="Who", argument="<username>"),)

    assert matching("/u", commands)[0].label == "/user <username>"

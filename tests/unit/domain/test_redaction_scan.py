"""Many literals in one look: where each is found, and where not."""

from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.redaction_scan import CROWD, CROWDED_CHARS, Scan, crowded

_LITERALS = ("sk", "sk-", "-us", "://", " -b", "net user ", "$6$", "1//0")


def _places(text: str) -> list[tuple[int, str]]:
    return list(Scan(_LITERALS).places(text))


def test_a_literal_is_found_with_those_that_begin_like_it() -> None:
    assert _places("sk-1 net user a") == [(0, "sk"), (0, "sk-"), (5, "net user ")]


def test_a_word_is_found_only_where_it_begins() -> None:
    assert _places("task xsk 9sk") == []
    assert _places("ésk _sk") == [(1, "sk"), (5, "sk")]


def test_what_begins_with_a_sign_is_found_anywhere() -> None:
    assert _places("curl -b x://y-us") == [(4, " -b"), (9, "://"), (13, "-us")]


@given(st.lists(st.sampled_from([*_LITERALS, "a", " ", "-", ":", "é", "\n"])).map("".join))
def test_it_finds_what_looking_at_every_place_finds(text: str) -> None:
    expected = [
        (place, each)
        for place in range(len(text))
        for each in _LITERALS
        if text.startswith(each, place)
        and not (
            each[0].isalnum() and place and text[place - 1].isascii() and text[place - 1].isalnum()
        )
    ]
    assert sorted(_places(text)) == sorted(expected)


def test_few_places_are_no_crowd() -> None:
    assert crowded(range(CROWD)) == {}
    assert crowded(range(CROWD + 1)) == {}


def test_a_crowd_begins_behind_so_many_and_ends_before_its_last() -> None:
    places = [10 * number for number in range(CROWD + 4)]
    assert crowded(places) == {
        10 * CROWD: 10 * (CROWD + 1),
        10 * (CROWD + 1): 10 * (CROWD + 2),
        10 * (CROWD + 2): 10 * (CROWD + 3),
    }


def test_places_that_are_apart_are_no_crowd() -> None:
    assert crowded([CROWDED_CHARS * number for number in range(2 * CROWD)]) == {}
    assert len(crowded([(CROWDED_CHARS - 1) * number for number in range(2 * CROWD)])) == CROWD - 1


def test_a_gap_ends_a_crowd() -> None:
    near = list(range(CROWD - 10))
    assert crowded([*near, *(1_000 + each for each in near)]) == {}


def test_a_crowd_is_of_more_than_256_places_less_than_24_characters_apart() -> None:
    assert crowded([24 * number for number in range(600)]) == {}
    assert crowded([23 * number for number in range(257)]) == {}
    assert crowded([23 * number for number in range(258)]) == {23 * 256: 23 * 257}

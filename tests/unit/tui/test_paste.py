"""What is pasted never becomes a key press, however the terminal's stream is cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.tui.paste import END, START, Keys, Pasted, PasteSplitter, Piece, SingleKey

KEY_SEQUENCES = ["a", "ç", "\r", "\t", "\x7f", "\x1b[A", "\x1b[1;5C", "\x1bOP", "\x1b[13;2u"]
HOSTILE = [
    "\x1b",
    "\r",
    "\n",
    "[200~",
    "[201~",
    START,
    END,
    "rm -rf /",
    "\x1b[31m",
    "\x1b[13u",
    "x",
]

WITHOUT_START = [*(each for each in HOSTILE if "[200~" not in each), END + "\r", "\r" + END]
"""After an embedded end marker, a start marker looks as if somebody typed and then pasted."""


def play(portions: list[str], gap_s: float = 0.001, pause_s: float = 10.0) -> list[Piece]:
    """Feed portions with a gap between them, then let time pass."""
    splitter, now_s, pieces = PasteSplitter(), 100.0, []
    for portion in portions:
        now_s += gap_s
        pieces += splitter.feed(portion, now_s)
    for step_s in (0.01, 0.03, 0.1, 0.5, pause_s):
        pieces += splitter.tick(now_s + step_s)
    return joined(pieces)


def joined(pieces: list[Piece]) -> list[Piece]:
    """Join neighbouring keys, since a cut between two keys makes no difference."""
    out: list[Piece] = []
    for piece in pieces:
        last = out[-1] if out else None
        if isinstance(piece, Keys) and isinstance(last, Keys):
            out[-1] = Keys(last.data + piece.data)
        else:
            out.append(piece)
    return out


def cut(text: str, places: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[a:b] for a, b in itertools.pairwise(edges)]


def keys_of(pieces: list[Piece]) -> str:
    return "".join(piece.data for piece in pieces if isinstance(piece, Keys))


def text_of(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces if isinstance(piece, Pasted))


typed = st.lists(st.sampled_from(KEY_SEQUENCES), min_size=1, max_size=8).map("".join)
body = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(HOSTILE)).map("".join))
whole_paste = body.map(lambda text: text.replace(END, "")).filter(lambda text: END not in text)
places = st.lists(st.integers(0, 400), max_size=12)


@given(before=typed, pasted=whole_paste, places=places)
def test_a_well_formed_stream_gives_the_same_however_it_is_cut(
    before: str, pasted: str, places: list[int]
) -> None:
    expected: list[Piece] = [Keys(before)]
    if shown := neutralise(pasted):
        expected.append(Pasted(shown))

    assert play(cut(before + START + pasted + END, places)) == expected


@given(parts=st.lists(st.sampled_from(HOSTILE), max_size=30), places=places)
def test_no_enter_ever_comes_out_of_a_paste(parts: list[str], places: list[int]) -> None:
    pieces = play(cut(START + "".join(parts) + END, places))

    assert "\r" not in keys_of(pieces)
    assert "\x1b[13" not in keys_of(pieces)
    assert SingleKey("alt+enter") not in pieces


@given(text=st.text(max_size=80), places=places)
def test_nothing_is_pasted_that_a_terminal_would_act_on(text: str, places: list[int]) -> None:
    shown = text_of(play(cut(START + text + END, places)))

    assert shown == neutralise(shown)


def test_a_log_with_an_end_marker_and_enter_in_it_stays_text() -> None:
    log = "line 1\x1b[201~\rrm -rf /tmp/x\rline 3"

    pieces = play([START + log + END])

    assert keys_of(pieces) == ""
    assert text_of(pieces) == "line 1\nrm -rf /tmp/x\nline 3"


def test_the_text_after_an_embedded_end_marker_may_come_in_slow_portions() -> None:
    pieces = play([START + "a" + END + "b", "\rrm\r", "c" + END], gap_s=0.4)

    assert keys_of(pieces) == ""
    assert text_of(pieces) == "ab\nrm\nc"


def test_enter_in_the_same_read_as_a_paste_end_counts_after_a_long_silence_only() -> None:
    splitter = PasteSplitter()

    assert splitter.feed(START + "hello" + END + "\r", 1.0) == [Pasted("hello")]
    assert splitter.tick(1.9) == []
    assert splitter.tick(2.1) == [Keys("\r")]


@pytest.mark.parametrize("key", ["\x1b[D", "\x01"])
def test_another_key_in_a_read_of_its_own_right_after_a_paste_counts(key: str) -> None:
    assert play([START + "hello" + END, key]) == [Pasted("hello"), Keys(key)]


@given(
    text=st.lists(st.sampled_from(WITHOUT_START), max_size=8),
    place=st.integers(0, 200),
    gap_s=st.sampled_from([0.0, 0.005, 0.05, 0.2, 0.6, 0.9]),
)
def test_one_cut_and_a_stall_anywhere_in_a_hostile_paste_send_nothing(
    text: list[str], place: int, gap_s: float
) -> None:
    pieces = play(cut(START + "".join(text) + END, [place]), gap_s=gap_s)

    assert "\r" not in keys_of(pieces)
    assert SingleKey("alt+enter") not in pieces


@pytest.mark.parametrize("gap_s", [0.0, 0.001, 0.005, 0.05])
def test_enter_in_a_read_of_its_own_right_after_a_paste_is_a_key(gap_s: float) -> None:
    assert play([START + "hello" + END, "\r"], gap_s=gap_s) == [Pasted("hello"), Keys("\r")]


@pytest.mark.parametrize("gap_s", [0.001, 0.005, 0.05])
def test_a_line_end_alone_after_an_embedded_end_marker_is_text(gap_s: float) -> None:
    log = START + "line 1" + END + "\rrm -rf /tmp/x\r" + END

    pieces = play(list(log), gap_s=gap_s)

    assert keys_of(pieces) == ""
    assert text_of(pieces).startswith("line 1\nrm -rf /tmp/x\n")


@pytest.mark.parametrize("portions", [["\r", "\x1b"], ["\r\x1b"]])
def test_enter_and_escape_right_after_a_paste_keep_their_order(portions: list[str]) -> None:
    pieces = play([START + "hello" + END, *portions])

    assert pieces == [Pasted("hello"), Keys("\r"), SingleKey("escape")]


def test_an_end_marker_cut_after_its_escape_sends_nothing() -> None:
    pieces = play([START + "a" + END + "\r\x1b", "[201~\r" + START + END], gap_s=0.2)

    assert pieces == [Pasted("a"), SingleKey("escape")]


def test_text_before_a_late_end_marker_is_text() -> None:
    pieces = play([START + "line 1" + END, "\rrm -rf /tmp/x\r" + END], gap_s=0.8)

    assert keys_of(pieces) == ""
    assert text_of(pieces) == "line 1\nrm -rf /tmp/x\n"


def test_enter_by_itself_soon_after_a_paste_is_a_key() -> None:
    assert play([START + "hello" + END, "\r"], gap_s=0.05) == [Pasted("hello"), Keys("\r")]


def test_enter_soon_after_an_embedded_end_marker_and_text_is_text() -> None:
    pieces = play([START + "a" + END + "\rb", "\r"], gap_s=0.05)

    assert keys_of(pieces) == ""


def test_enter_after_paste_and_escape_is_a_key() -> None:
    pieces = play([START + "a" + END, "\x1b", "\r"], gap_s=0.06)

    assert pieces == [Pasted("a"), SingleKey("escape"), Keys("\r")]


def test_enter_a_moment_after_a_paste_is_a_key() -> None:
    assert play([START + "hello" + END, "\r"], gap_s=0.2) == [Pasted("hello"), Keys("\r")]


def test_paste_then_escape_at_once_keeps_the_order() -> None:
    assert play([START + "hello" + END + "\x1b"]) == [Pasted("hello"), SingleKey("escape")]


def test_escape_of_the_kitty_protocol_passes_right_after_a_paste() -> None:
    assert play([START + "hello" + END + "\x1b[27u"]) == [Pasted("hello"), Keys("\x1b[27u")]


def test_mouse_clicks_and_control_keys_in_a_log_are_not_obeyed() -> None:
    pieces = play([START + "a" + END + "\x1b[<0;5;5M\x04\x18\x05b" + END])

    assert pieces == [Pasted("a"), Pasted("b")]


@pytest.mark.parametrize("place", range(1, len(END)))
def test_an_end_marker_split_over_two_slow_reads_ends_the_paste(place: int) -> None:
    pieces = play([START + "text" + END[:place], END[place:], "x"], gap_s=0.8)

    assert pieces == [Pasted("text"), Keys("x")]


@pytest.mark.parametrize("place", range(2, len(START)))
def test_a_start_marker_split_over_two_slow_reads_starts_a_paste(place: int) -> None:
    assert play([START[:place], START[place:] + "a\rb" + END], gap_s=0.4) == [Pasted("a\nb")]


def test_a_start_marker_split_after_its_escape_starts_a_paste_when_the_rest_comes_soon() -> None:
    assert play(["\x1b", "[200~a\rb" + END], gap_s=0.02) == [Pasted("a\nb")]


def test_a_start_marker_split_after_its_escape_never_types_the_paste() -> None:
    pieces = play(["\x1b", "[2", "00~a\rb" + END], gap_s=0.3)

    assert pieces == [SingleKey("escape"), Pasted("a\nb")]


def test_a_bracket_typed_after_escape_is_a_bracket() -> None:
    assert play(["\x1b", "[", "x"], gap_s=0.6) == [SingleKey("escape"), Keys("[x")]


def test_an_unfinished_paste_is_closed_and_its_text_kept() -> None:
    assert play([START + "half\rof it"]) == [Pasted("half\nof it")]


def test_the_rest_of_a_stalled_paste_is_still_text() -> None:
    pieces = play([START + "one\r", "two\rthree\r", "four" + END], gap_s=4.0)

    assert keys_of(pieces) == ""
    assert text_of(pieces) == "one\ntwo\nthree\nfour"


def test_the_keyboard_works_again_after_a_paste_that_never_ended() -> None:
    pieces = play([START + "half", "o", "k", "\r"], gap_s=4.0)

    assert pieces == [Pasted("half"), Keys("ok\r")]


def test_escape_waits_only_for_the_escape_delay() -> None:
    splitter = PasteSplitter(escape_delay_s=0.03)

    assert splitter.feed("\x1b", 1.0) == []
    assert splitter.is_waiting
    assert splitter.tick(1.029) == []
    assert splitter.tick(1.031) == [SingleKey("escape")]
    assert not splitter.is_waiting


def test_two_escapes_in_one_read_are_two_keys() -> None:
    assert play(["\x1b\x1b"]) == [SingleKey("escape"), SingleKey("escape")]


def test_alt_enter_is_told_from_enter() -> None:
    assert play(["a\x1b\rb"]) == [Keys("a"), SingleKey("alt+enter"), Keys("b")]


def test_carriage_returns_of_a_paste_become_newlines() -> None:
    assert play([START + "a\r\nb\rc\n" + END]) == [Pasted("a\nb\nc\n")]


def test_an_empty_paste_is_nothing() -> None:
    assert play([START + END]) == []

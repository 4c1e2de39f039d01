"""The parser that the driver uses: events in the right order, and never a key out of a paste."""

from textual import events
from textual.message import Message

from ipcom_chat.tui.driver import PasteSafeParser, escape_delay_s
from ipcom_chat.tui.paste import END, START


class Clock:
    def __init__(self) -> None:
        self.now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


def run(portions: list[str], gap_s: float = 0.001) -> list[str]:
    clock = Clock()
    parser = PasteSafeParser(clock=clock)
    found: list[Message] = []
    for portion in portions:
        found += parser.feed(portion)
        clock.now_s += gap_s
        found += parser.tick()
    clock.now_s += 10
    found += parser.tick()
    return [shown(message) for message in found]


def shown(message: Message) -> str:
    if isinstance(message, events.Key):
        return f"key {message.key}"
    if isinstance(message, events.Paste):
        return f"paste {message.text}"
    return type(message).__name__


def test_a_log_with_colours_is_one_paste_and_no_keys() -> None:
    log = "\x1b[31mERROR\x1b[0m bind()\r\x1b[1;33mWARN\x1b[0m \x1b]0;title\x07retry\r"

    assert run([START + log + END]) == ["paste ERROR bind()\nWARN retry\n"]


def test_keys_around_a_paste_keep_their_order() -> None:
    assert run(["a\x1b[A", START + "b\rc" + END, "d", "\r"], gap_s=1.0) == [
        "key a",
        "key up",
        "paste b\nc",
        "key d",
        "key enter",
    ]


def test_paste_then_escape_at_once() -> None:
    assert run([START + "text" + END + "\x1b"]) == ["paste text", "key escape"]


def test_escape_is_reported_without_textuals_own_wait() -> None:
    clock = Clock()
    parser = PasteSafeParser(clock=clock)

    assert list(parser.feed("\x1b")) == []
    clock.now_s += escape_delay_s() + 0.001

    assert [shown(message) for message in parser.tick()] == ["key escape"]


def test_newline_keys_are_told_apart() -> None:
    assert run(["\x1b\r"]) == ["key alt+enter"]
    assert run(["\x1b[13;2u"]) == ["key shift+enter"]
    assert run(["\n"]) == ["key ctrl+j"]


def test_two_hundred_kilobytes_are_one_paste() -> None:
    line = "ção linha normal de log nginx bind() 0.0.0.0:80\r"
    text = START + line * 4_300 + END
    portions = [text[place : place + 4_096] for place in range(0, len(text), 4_096)]

    found = run(portions)

    assert len(found) == 1
    assert found[0].count("\n") == 4_300


def test_the_wait_is_short_only_while_something_is_open() -> None:
    parser = PasteSafeParser(clock=Clock())

    idle_s = parser.wait_s
    assert list(parser.feed("\x1b")) == []

    assert parser.wait_s < idle_s


def test_the_end_of_the_stream_is_accepted() -> None:
    assert list(PasteSafeParser().feed("")) == []

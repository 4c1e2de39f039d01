"""What people type, read."""

import pytest

from ipcom_chat.search.query import Condition, Field, Match, Query, Term, parse
from tests.support.replica import NOW_MS


def read(text: str) -> Query:
    return parse(text, NOW_MS)


def texts(query: Query) -> list[str]:
    return [term.text for term in query.terms]


def test_words_phrases_prefixes_and_exclusions() -> None:
    query = read('nginx "connection  refused" conf* -apache -"old host"')
    assert query.terms == (
        Term("nginx"),
        Term("connection refused", Match.PHRASE),
        Term("conf", Match.PREFIX),
    )
    assert query.excluded == (Term("apache"), Term("old host", Match.PHRASE))
    assert query.text == "nginx connection refused conf"


@pytest.mark.parametrize(
    "text",
    ["docker-compose", "/etc/nginx", "c++", "user@host", "-tulpn", "--force", "a.b", "*.conf", "*",
     "http://x/y?z=1", "12:30", "status:quo", "exit:abc", "kind:x", "mode:z", "foo:bar", ":", "a:",
     "before:whenever", "$PATH", "it's", "%", "\\", "(", "[x]", "a=b", "~"],
)  # fmt: skip
def test_what_is_no_operator_is_text_as_it_is(text: str) -> None:
    query = read(text)
    assert texts(query) == [text]
    assert not query.excluded
    assert not query.conditions


@pytest.mark.parametrize("text", ["", " ", '""', '"', "-", '-""', "\t\n"])
def test_nothing_asks_for_nothing(text: str) -> None:
    assert read(text).is_empty or texts(read(text)) == [text.strip()]


def test_a_quote_that_is_never_closed_ends_with_the_text() -> None:
    assert read('a "b c').terms == (Term("a"), Term("b c", Match.PHRASE))


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("user:ana", Condition(Field.USER, ("ana",))),
        ("usuário:ana", Condition(Field.USER, ("ana",))),
        ("-user:ana,bia", Condition(Field.USER, ("ana", "bia"), negated=True)),
        ('machine:"web 1"', Condition(Field.MACHINE, ("web 1",))),
        ("host:web1", Condition(Field.MACHINE, ("web1",))),
        ("session:s1", Condition(Field.SESSION, ("s1",))),
        ("status:error,cancelled", Condition(Field.STATUS, ("error", "cancelled"))),
        ("status:concluído", Condition(Field.STATUS, ("completed",))),
        ("tag:disco", Condition(Field.TAG, ("disco",))),
        ("KIND:Command", Condition(Field.KIND, ("command",))),
        ("tipo:pergunta", Condition(Field.KIND, ("question",))),
        ("cwd:/etc/nginx", Condition(Field.CWD, ("/etc/nginx",))),
        ("-exit:0", Condition(Field.EXIT, ("0",), negated=True)),
        ("mode:local", Condition(Field.MODE, ("machine",))),
    ],
)
def test_fields_select(text: str, condition: Condition) -> None:
    query = read(f"{text} word")
    assert query.conditions == (condition,)
    assert texts(query) == ["word"]


def test_bounds_of_time_take_dates_of_several_words() -> None:
    query = read("disk after:last week before:2026-01-31 full")
    assert texts(query) == ["disk", "full"]
    assert query.after_ms is not None
    assert query.before_ms is not None
    assert read('desde:"semana passada"').after_ms == query.after_ms
    assert read("depois:ontem").after_ms == read("after:yesterday").after_ms
    assert texts(read("disk -after:ontem")) == [
        "disk"
    ]  # nobody means that; it excludes nothing that exists


def test_the_narrowest_bounds_count() -> None:
    assert read("after:2025 after:2026").after_ms == read("after:2026").after_ms
    assert read("before:2025 before:2026").before_ms == read("before:2025").before_ms


def test_only_so_much_is_read() -> None:
    assert len(read(" ".join(f"w{n}" for n in range(5000))).terms) == 64
    assert len(read("x" * 100_000).text) == 2000


def test_the_same_word_counts_once() -> None:
    assert texts(read("a b a")) == ["a", "b"]


def test_bytes_that_are_no_utf8_are_looked_for_as_far_as_they_are_text() -> None:
    """A shell passes such bytes on as halves of surrogate pairs, which the index cannot take."""
    assert parse("\udcffnginx caf\udce9\0", NOW_MS).terms == (Term("?nginx"), Term("caf?"))

"""Secrets that are typed, and told as credentials: from which size on."""

import pytest

from ipcom_chat.domain.redaction import redact


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Password for 'https://ana@g.x': abcd", "Password for 'https://ana@g.x': [password]"),
        ("[sudo] password for ana: hunter22", "[sudo] password for ana: [password]"),
        ("Enter PEM pass phrase: abc", "Enter PEM pass phrase: [password]"),
        ("Enter PEM pass phrase: sol do mar", "Enter PEM pass phrase: [password]"),
        ("login: ana / hun2", "login: ana / [credentials]"),
        ("entre com ana, hun2", "entre com ana, [credentials]"),
        ("acesso: root hun2 porta 22", "acesso: root [credentials] porta 22"),
        ("root | hun2", "root | [credentials]"),
        ("recovery code: ab12c-de34f", "recovery code: [recovery-code]"),
        ("recovery code: 123456", "recovery code: [recovery-code]"),
        ("código de recuperação: ab12c-de34f", "código de recuperação: [recovery-code]"),
    ],
)
def test_what_is_typed_or_told_goes(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "Password for 'https://ana@g.x': abc",
        "Enter PEM pass phrase: ab",
        "login: ana / root",
        "login: ana / hu2",
        "login: ana hunter22",
        "acesso: root liberado",
        "root | hunter",
        "recovery code: 12345",
    ],
)
def test_what_is_too_short_or_a_word_stays(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize("name", ["pass", "senha", "secret", "cred"])
def test_a_line_of_a_here_document_goes_where_secrets_are_kept(name: str) -> None:
    text = f"cat > {name}.txt <<EOF\nana\n{{}}\nEOF\n"
    assert _masked(text.format("hun2")) == text.format("[password]")
    for value in ("hu2", "hunter"):
        assert redact(text.format(value)).text == text.format(value)
    other = text.replace(name, "x").format("hunter22")
    assert redact(other).text == other


@pytest.mark.parametrize("count", [12, 24])
def test_a_seed_phrase_has_twelve_to_twenty_four_words(count: int) -> None:
    words = ("able acid also apple army atom baby bag ball band bar base " * 2).split()[:count]
    assert _masked(f"seed phrase: {' '.join(words)}") == "seed phrase: [recovery-code]"


def test_eleven_words_are_no_seed_phrase() -> None:
    text = "seed phrase: able acid also apple army atom baby bag ball band bar"
    assert redact(text).text == text

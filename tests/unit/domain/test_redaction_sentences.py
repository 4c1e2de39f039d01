"""Secrets told in plain words: of several words, beside a name, passed to somebody."""

import pytest

from ipcom_chat.domain.redaction import redact


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("passphrase is correct horse battery staple", "correct horse battery staple"),
        ("frase secreta: cavalo bateria grampo certo", "cavalo bateria grampo certo"),
        ("a senha do wifi é girassol 31, dá?", "girassol 31"),
        ("pppoe: cliente123 / senha 123mudar", "123mudar"),
        ("acesso ssh (senha 123mudar)", "123mudar"),
        ("PSK da VPN: girassol31", "girassol31"),
    ],
)
def test_what_is_told_is_found(text: str, secret: str) -> None:
    masked = redact(text).text
    assert secret.split(maxsplit=1)[0] not in masked
    assert secret.rsplit(maxsplit=1)[-1] not in masked


@pytest.mark.parametrize(
    "text",
    [
        "the passphrase is stored inside another encrypted volume",
        "the password is something that must have twelve characters",
        "a senha não é cavalo bateria grampo certo",
        "o token é válido 30",
        "pass options to 'make'",
    ],
)
def test_what_tells_none_stays(text: str) -> None:
    assert redact(text).text == text

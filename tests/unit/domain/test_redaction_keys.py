"""Keys of many lines: where they begin and end, and which are public."""

from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_keys import blocks, is_private

LINE = "QUJD" * 16


def _secrets(text: str) -> list[str]:
    return [text[start:end] for start, end, _kind in blocks(text, text.lower()).secrets]


def _block(name: str, body: str) -> str:
    return f"-----BEGIN {name}-----\n{body}\n-----END {name}-----\n"


def test_the_body_of_a_private_key_is_a_secret() -> None:
    for name in (
        "PRIVATE KEY",
        "RSA PRIVATE KEY",
        "PGP PRIVATE KEY BLOCK",
        "OpenVPN Static key V1",
    ):
        assert is_private(name)
        assert _secrets(_block(name, f"{LINE}\n{LINE}")) == [f"{LINE}\n{LINE}"]


def test_headers_and_indentation_belong_to_the_body() -> None:
    body = f"Proc-Type: 4,ENCRYPTED\n\n  {LINE}\n  QUI="
    assert _secrets(_block("RSA PRIVATE KEY", body)) == [body]


def test_a_key_in_one_line_is_one_too() -> None:
    text = f'"-----BEGIN PRIVATE KEY-----\\n{LINE}\\n{LINE}\\n-----END PRIVATE KEY-----\\n"'
    assert _secrets(text) == [f"\\n{LINE}\\n{LINE}"]


def test_a_key_of_ssh2_and_one_of_putty_are_found() -> None:
    body = f"{LINE}\n{LINE}"
    assert _secrets(f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{body}\n---- END") == [body]
    assert _secrets(f"Private-Lines: 2\n{body}\nPrivate-MAC: 1") == [f"{body}\n"]


def test_a_public_block_is_told_and_no_secret() -> None:
    text = _block("CERTIFICATE", LINE)
    found = blocks(text, text.lower())
    assert found.secrets == []
    assert [text[start:end].strip() for start, end in found.public] == [LINE]


def test_a_key_that_is_not_closed_takes_long_lines_alone() -> None:
    begin = "-----BEGIN PRIVATE KEY-----\n"
    assert _secrets(f"{begin}{LINE}\nnginx\n") == [LINE]
    assert _secrets(f"{begin}nginx\n") == []
    assert _secrets(f"{begin}{LINE}\n" + "x\n" * 10_000 + "-----END PRIVATE KEY-----") == [LINE]


def test_a_begin_alone_is_nothing() -> None:
    assert _secrets("-----BEGIN PRIVATE KEY-----") == []
    assert _secrets("-----BEGIN PRIVATE KEY-----\n\n") == []


def test_the_end_of_another_key_closes_none() -> None:
    begin, end = "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----"
    body = "aB3dE5fG" * 8
    text = f"{begin}\nnginx\n{begin}\n{body}\n{end}\n"
    assert redact(text).text == text.replace(body, "[REDACTED:private-key]")
    far = f"{begin}\nnginx\n{'x y ' * 5_000}\n{end}"
    assert redact(far).text == far
    assert redact(f"{begin}\nnginx\n{end}").text == f"{begin}\n[REDACTED:private-key]\n{end}"


def test_a_body_may_begin_with_any_letter_and_hold_no_other() -> None:
    for letter in "XAx9":
        body = f"{letter * 64}\n{letter * 64}"
        assert _secrets(_block("PRIVATE KEY", body)) == [body]

"""Options of programs: in which forms a value is one, and where a program is run."""

import pytest

from ipcom_chat.domain.redaction import redact


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("mysql\t-phunter22", "mysql\t-p[password]"),
        ("mysql -p=hunter22", "mysql -p=[password]"),
        ("mysql -pXhunter22 x", "mysql -p[password] x"),
        ("mysql -printx1", "mysql -p[password]"),
        ("mysql \\\n -u x \\\n -phunter22 | tee", "mysql \\\n -u x \\\n -p[password] | tee"),
        ("influx user create -p hunter22", "influx user create -p [password]"),
        ("curl -u 'ana':'hunter22' x", "curl -u 'ana':'[password]' x"),
        ("curl -u $'ana:hunter22' x", "curl -u $'ana:[password]' x"),
        ("curl --user=ana:hunter22 x", "curl --user=ana:[password] x"),
        ("curl --user ana:hunter22", "curl --user ana:[password]"),
        ("curl -v -sku ana:hunter22 x", "curl -v -sku ana:[password] x"),
        ("curl -E cert.pem:hunter22 x", "curl -E cert.pem:[password] x"),
        ("7z a -hphunter22 x", "7z a -hp[password] x"),
        ("openssl enc -pass pass:hunter22", "openssl enc -pass pass:[password]"),
        ("smbclient -U ana%hunter22", "smbclient -U ana%[password]"),
        ("lftp -u ana,hunter22 x", "lftp -u ana,[password] x"),
        ("xfreerdp /p:hunter22", "xfreerdp /p:[password]"),
        ("redis-cli -a hunter22", "redis-cli -a [password]"),
    ],
)
def test_a_value_of_an_option_is_found_in_every_form(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "a_mysql -phunter22",
        "a.mysql -phunter22",
        "a-mysql -phunter22",
        "mysql -p'a'",
        "mysql -p/etc/x1",
        "mysql -print",
        "mysql --p=hunter22",
        "influx create -p hunter22",
        "curl -u $X:$Y x",
        "curl --usera ana:hunter22",
        "curl -skua:hunter22 x",
        "curl -u",
        "openssl enc -pass file:hunter22",
        "rdesktop -p -x",
        "redis-cli -a -x1",
        "sudo apt mysql -phunter22",
    ],
)
def test_what_is_no_value_of_an_option_stays(text: str) -> None:
    assert redact(text).text == text


def test_a_program_is_run_behind_another_line_or_far_behind_a_word() -> None:
    for before in ("find -name psql\n", "sudo x ", f"find x{' y' * 160} "):
        assert _masked(f"{before}mysql -phunter22") == f"{before}mysql -p[password]"
    near = f"find x{' y' * 140} mysql -phunter22"
    assert redact(near).text == near


def test_of_a_command_two_hundred_words_are_read() -> None:
    text = f"mysql{' x' * 199} -phunter22"
    assert _masked(text) == text.replace("hunter22", "[password]")
    longer = f"mysql{' x' * 200} -phunter22"
    assert redact(longer).text == longer

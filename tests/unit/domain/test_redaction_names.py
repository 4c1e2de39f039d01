"""Names of secrets: what may stand between one and its value, and what makes the value none."""

import pytest

from ipcom_chat.domain.redaction import redact


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize(
    "template",
    [
        '"password": {{"value": "{}"}}',
        '"password": {{"default": "{}"}}',
        '"password" => "{}"',
        "password := {}",
        "password ?= {}",
        "password += {}",
        "password: {}",
        "password:  {}",
        "password:\t{}",
        "password={}",
        'password("{}")',
        'password( "{}")',
        '"password", value: "{}"',
        'name="password" value="{}"',
        "<name>password</name><value>{}</value>",
        "<key>password</key><string>{}</string>",
        '<password type="text">{}</password>',
        '<password xml:space="preserve" type="text">{}</password>',
        "- name: PASSWORD\n  value: {}",
        'password default="{}"',
        'password Value="{}"',
        "Set-X -Name password -Value {}",
        'define("DB_PASSWORD", "{}")',
        "('password', '{}')",
        "--password {}",
        "set password {}",
        "set -gx DB_PASSWORD {}",
        "git config --global http.password {}",
        "password)={}",
        "password]={}",
        "password=pass:{}",
        "${{PASSWORD:={}}}",
        "x${{PASSWORD:-{}}}",
        "$PASSWORD={}",
        '$password = "{}"',
    ],
)
@pytest.mark.parametrize("value", ["hunter22", "ümlaut2"])
def test_these_stand_between_a_name_and_its_value(template: str, value: str) -> None:
    assert _masked(template.format(value)) == template.format("[password]")


@pytest.mark.parametrize(
    "text",
    [
        "password::hunter22",
        "password://hunter22",
        "password(sunflower)",
        '["password", "hunter22"]',
        "'password' , 'hunter22'",
        "password, hunter22",
        "password;hunter22",
        "password@hunter22",
        "password/x=hunter22",
        "password-=hunter22",
        "password value hunter22",
        "--password -x",
        "--password |x",
        "-pASSword hunter22",
        "reset password hunter22",
        "${PASSWORD-hunter22}",
        "${PASSWORD:?hunter22}",
        "[REDACTED:password=hunter22",
        "password: [REDACTED:password]",
        'password: "[REDACTED:password]"',
        "password: '[REDACTED:password]'",
    ],
)
def test_between_a_name_and_its_value_nothing_else_stands(text: str) -> None:
    assert redact(text).text == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('if password == "sunflower":', 'if password == "[password]":'),
        ("if password === 'sunflower'", "if password === '[password]'"),
        ("if password == hunter22", "if password == [password]"),
        ("if password == expected", None),
        ("if password == 22", None),
    ],
)
def test_what_a_name_is_compared_with_is_a_literal(text: str, masked: str | None) -> None:
    assert _masked(text) == (masked or text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("bindpw hunter22", "bindpw [password]"),
        ("  bindpw hunter22 ;", "  bindpw [password] ;"),
        ('bindpw "hunter22"', 'bindpw "[password]"'),
        ("x y\nbindpw hunter22\nz", "x y\nbindpw [password]\nz"),
        ("set x secret 'vyospsk'", "set x secret '[secret]'"),
        ("set x secret vyospsk2", "set x secret [secret]"),
        ("set x secret vyospsk", None),
        ("set x secret vyospsk2 y", None),
        ('bindpw "sunflower"', None),
        ("bindpw sunflower", None),
        ("bindpw hunter22 x", None),
        ("x bindpw hunter22", None),
        ("bindpw ab", None),
        ("passwd ana2", None),
        ("pass db12", None),
        ("token abc12", None),
        ("pin 1024", None),
    ],
)
def test_a_line_of_a_name_and_a_value_is_one_without_any_sign(
    text: str, masked: str | None
) -> None:
    assert _masked(text) == (masked or text)


@pytest.mark.parametrize("name", ["pin", "user_pin", "PUK", "cvv2", "--cvc"])
def test_a_short_number_has_three_to_eight_digits(name: str) -> None:
    for value in ("123", "12345678"):
        assert _masked(f"{name}={value}") == f"{name}=[pin]"
    for value in ("12", "123456789", "12a4"):
        assert redact(f"{name}={value}").text == f"{name}={value}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("--auth a1b2c3d4e5f6", "--auth [token]"),
        ("auth: a1b2c3d4e5f6", "auth: [token]"),
        ("key: a1b2c3d4e5f6a7b8", "key: [api-key]"),
        ("--key a1b2c3d4e5f6a7b8", "--key [api-key]"),
        ("<key>a1b2c3d4e5f6a7b8</key>", "<key>[api-key]</key>"),
        ("xhost key: a1b2c3d4e5f6a7b8", "xhost key: [api-key]"),
        ("auth: a1b2c3d4e5f", None),
        ("key: a1b2c3d4e5f6a7b", None),
        ("key: sunflowersunflower", None),
        ("host key: a1b2c3d4e5f6a7b8", None),
        ("public key: a1b2c3d4e5f6a7b8", None),
        ("credential=ana+hunter22", "credential=[secret]"),
        ("credentials: sun+flower", "credentials: [secret]"),
        ("credentials: hunter22", None),
    ],
)
def test_under_a_name_that_means_much_a_value_must_look_drawn(
    text: str, masked: str | None
) -> None:
    assert _masked(text) == (masked or text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("password=/etc/x1", "password=[password]"),
        ("secret=/etc/x1", "secret=[secret]"),
        ("private_key=x/y.key", "private_key=[private-key]"),
        ("password=~/x1", None),
        ("password=./x1", None),
        ("private_key=/etc/x.key", None),
        ("key_password=/etc/x1", None),
        ("PWD=~ana1", None),
        (";pwd=/srv/a1", ";pwd=[password]"),
        ("x;pwd=~hunter", "x;pwd=[password]"),
        ("x pwd=~hunter", None),
        ('pwd="ls pwd"', None),
        ('pwd="ls b"', 'pwd="[password]"'),
        ("password: db", "password: [password]"),
        ("mypasswd: db", "mypasswd: [password]"),
        ("passwd: hunter22", "passwd: [password]"),
        ("password=Password", None),
        ("db_password=db_password", None),
        ("token=id=12345a", None),
        ("token=type=12345a", None),
    ],
)
def test_a_value_that_is_something_else_stays(text: str, masked: str | None) -> None:
    assert _masked(text) == (masked or text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("cookie=sid=a1b2c3d4e5f6a7b8c9", "cookie=sid=[cookie]"),
        ("cookie=a1b2c3d4e5f6a7b8c9==", "cookie=[cookie]"),
        ("secret=sid=hunter22x", "secret=[secret]"),
        ("password=pass:hunter22", "password=pass:[password]"),
    ],
)
def test_a_label_is_no_part_of_a_value(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize("size", [255, 256, 257, 511, 512, 513, 700])
def test_a_long_value_goes_to_its_end(size: int) -> None:
    value = ("aB3dE5fG7h" * 70)[:size]
    assert _masked(f"password={value} end") == "password=[password] end"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_several_names_of_a_line_have_each_their_value(count: int) -> None:
    text = "password=hunter22 senha=girassol22 " + "token=abc123xyz " * count + "x"
    expected = "password=[password] senha=[password] " + "token=[token] " * count + "x"
    assert _masked(text) == expected


@pytest.mark.parametrize(
    ("before", "is_one"), [("(", True), ("( ", True), ("(  ", False), ("('a', ", False)]
)
def test_a_name_right_behind_a_parenthesis_is_no_word_of_a_list(before: str, is_one: bool) -> None:
    text = f'define{before}"password", "hunter22")'
    assert _masked(text) == (text.replace("hunter22", "[password]") if is_one else text)


@pytest.mark.parametrize(("size", "is_near"), [(235, True), (236, False)])
def test_the_set_of_a_router_stands_near_before_a_name(size: int, is_near: bool) -> None:
    text = f"set {'x' * size} secret vyospsk2"
    assert _masked(text) == (text.replace("vyospsk2", "[secret]") if is_near else text)

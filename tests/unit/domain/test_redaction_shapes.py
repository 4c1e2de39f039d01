"""Reading by the rules: how far around, which of the groups, and what else is asked of a secret."""

import pytest

from ipcom_chat.domain.redaction import redact


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize("before", ["", "x ", "x\n"])
def test_a_literal_inside_a_word_is_looked_at_from_the_beginning_of_the_word(before: str) -> None:
    assert _masked(f"{before}abc8Q~{'a1B-' * 8}a") == f"{before}[azure-secret]"
    assert _masked(f"{before}{'0a1b' * 8}-us14 x") == f"{before}[mailchimp-key] x"


def test_a_literal_inside_a_word_at_the_very_beginning_takes_nothing() -> None:
    text = "8Q~" + "a1B-" * 9
    assert redact(text).text == text


@pytest.mark.parametrize(("words", "is_near"), [(10, True), (394, True), (400, False)])
def test_what_a_rule_needs_nearby_stands_in_the_line_and_not_far(words: int, is_near: bool) -> None:
    text = f"schtasks {'x ' * words}/rp hunter22"
    assert _masked(text) == (text.replace("hunter22", "[password]") if is_near else text)
    for other in ("schtasks\n/rp hunter22", "/rp hunter22\nschtasks"):
        assert redact(other).text == other


def test_what_a_rule_needs_may_stand_behind() -> None:
    assert _masked("x\n/rp hunter22 schtasks") == "x\n/rp [password] schtasks"


def test_every_group_of_a_rule_is_a_secret() -> None:
    assert _masked("radtest ana hunter22 10.0.0.1 0 girassol1 x") == (
        "radtest ana [password] 10.0.0.1 0 [password] x"
    )
    assert _masked("radtest ana hunter22 10.0.0.1 0 $SECRET") == (
        "radtest ana [password] 10.0.0.1 0 $SECRET"
    )


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ("hunter22)", "[password])"),
        ("hunter22))", "[password]))"),
    ],
)
def test_a_parenthesis_around_a_command_stays(value: str, masked: str) -> None:
    assert _masked(f"(requirepass {value}") == f"(requirepass {masked}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("AUTH PLAIN a1b2c3d4", "AUTH PLAIN [authorization]"),
        ("AUTH PLAIN a1b2c3d", None),
        ("sent bearer a1b2c3d4e5f6g7h8", "sent bearer [bearer]"),
        ("sent bearer a1b2c3d4e5f6g7h", None),
        ("Authorization: Bearer abc1", "Authorization: Bearer [authorization]"),
        ("Authorization: Bearer ab", None),
        ("Cookie: a=$x1y2; b=c3d4", "Cookie: a=$x1y2; b=[cookie]"),
        ("net user ana *", None),
        ("net use Z: \\\\s\\d * /user:ana", None),
        ("net use Z: \\\\s\\d /persistent:no", None),
        ("> PASS hun2", "> PASS [password]"),
        ("> PASS hunter", None),
    ],
)
def test_what_else_is_asked_of_a_secret(text: str, masked: str | None) -> None:
    assert _masked(text) == (masked or text)


def test_a_rule_of_a_line_is_read_in_each_line() -> None:
    text = "radius x\nsmtp_sasl_password_maps = static:ana:{}\ny\npassword_maps = static:ana:{}"
    assert _masked(text.format("hunter22", "girassol1")) == text.format("[password]", "[password]")

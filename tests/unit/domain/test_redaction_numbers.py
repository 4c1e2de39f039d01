"""Numbers of people and of cards: beside which signs and words, and of which issuers."""

import pytest

from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_numbers import is_card, is_cnpj, is_cpf

CPF = "52998224725"
CNPJ = "11222333000181"


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize("before", ["", "x ", ",", ":", "/", "a/", "x:", "a=", "("])
@pytest.mark.parametrize("after", ["", ".", ",", ":", ")", " x"])
def test_a_number_may_stand_between_these(before: str, after: str) -> None:
    assert _masked(f"{before}529.982.247-25{after}") == f"{before}[cpf]{after}"


@pytest.mark.parametrize("before", ["9/", "9:", "9,", "x", "_", ".", "%", "+", "-"])
def test_a_number_in_the_middle_of_something_is_none(before: str) -> None:
    text = f"a {before}529.982.247-25"
    assert redact(text).text == text


@pytest.mark.parametrize("after", ["1", "x", "_", "%", ".1", ",1", "/a", "-a", ":b"])
def test_a_number_that_goes_on_is_none(after: str) -> None:
    text = f"cpf 529.982.247-25{after}"
    assert redact(text).text == text


@pytest.mark.parametrize(("number", "kind"), [(CPF, "cpf"), (CNPJ, "cnpj")])
def test_a_number_without_signs_is_one_only_in_a_line_that_speaks_of_it(
    number: str, kind: str
) -> None:
    for text in (f"cliente {number}", f"{number} do titular", f"x\nempresa {number}\ny"):
        assert _masked(text) == text.replace(number, f"[{kind}]")
    for text in (number, f"bytes {number}", f"cpf\n{number}", f"{number}\ncpf"):
        assert redact(text).text == text


@pytest.mark.parametrize("blanks", [77, 78])
def test_what_is_said_far_away_is_not_about_a_number(blanks: int) -> None:
    is_near = blanks == 77
    before, after = f"cpf{' ' * blanks}{CPF}", f"{CPF}{' ' * blanks}cpf"
    for text in (before, after):
        assert _masked(text) == (text.replace(CPF, "[cpf]") if is_near else text)


@pytest.mark.parametrize("place", range(11))
def test_each_digit_of_a_cpf_counts(place: int) -> None:
    other = str((int(CPF[place]) + 1) % 10)
    assert not is_cpf(CPF[:place] + other + CPF[place + 1 :])


@pytest.mark.parametrize("place", range(14))
def test_each_digit_of_a_cnpj_counts(place: int) -> None:
    other = str((int(CNPJ[place]) + 1) % 10)
    assert not is_cnpj(CNPJ[:place] + other + CNPJ[place + 1 :])
    assert not is_cnpj(CNPJ[:13] + "A")


@pytest.mark.parametrize("digits", ["52998224725", "11144477735", "12345678909", "00000000191"])
def test_numbers_with_check_digits_of_a_cpf_are_one(digits: str) -> None:
    assert is_cpf(digits) is True


@pytest.mark.parametrize("digits", ["11222333000181", "00000000000191", "33000167000101"])
def test_numbers_with_check_digits_of_a_cnpj_are_one(digits: str) -> None:
    assert is_cnpj(digits) is True


@pytest.mark.parametrize(
    "digits",
    """
    4111111111111111 4222222222222 371449635398431 5555555555554444 2223003122003222
    2720990000000007 30569309025904 6011111111111117 3530111333300000
    """.split(),
)
def test_a_card_of_every_issuer_is_one(digits: str) -> None:
    assert _masked(f"x {digits} y") == "x [card] y"
    other = digits[:-1] + str((int(digits[-1]) + 1) % 10)
    assert is_card(other) is False


@pytest.mark.parametrize(
    "shown", ["4111 1111 1111 1111", "4111-1111-1111-1111", "3714 496353 98431"]
)
def test_a_card_may_be_written_in_groups(shown: str) -> None:
    assert _masked(f"card {shown}.") == "card [card]."
    mixed = shown.replace(" ", "-", 1) if " " in shown else shown.replace("-", " ", 1)
    assert redact(f"card {mixed}").text == f"card {mixed}"


def test_a_company_may_stand_at_the_very_beginning() -> None:
    assert _masked("11.222.333/0001-81") == "[cnpj]"
    assert _masked("12.ABC.345/01DE-35") == "[cnpj]"
    assert redact("2.ABC.345/01DE-35").text == "2.ABC.345/01DE-35"

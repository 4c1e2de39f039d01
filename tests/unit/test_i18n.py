"""Texts in the language of the screen."""

import pytest

from ipcom_chat import i18n
from ipcom_chat.i18n import _, language_of, n_


def test_english_is_the_key_itself() -> None:
    i18n.use("en")
    assert _("The AI has no key.") == "The AI has no key."
    assert i18n.language() == "en"


def test_portuguese_comes_from_the_catalogues() -> None:
    i18n.use("pt_BR")
    assert _("yes") == "sim"
    assert _("{path} cannot be written.", path="/x") == "Não é possível gravar em /x."
    assert _("a text that nobody translated") == "a text that nobody translated"


@pytest.mark.parametrize(("count", "text"), [(0, "0 playbooks"), (1, "one playbook")])
def test_plural(count: int, text: str) -> None:
    assert n_("one playbook", "{count} playbooks", count) == text


@pytest.mark.parametrize(
    ("locale", "language"),
    [("pt_BR.UTF-8", "pt_BR"), ("pt_PT", "pt_BR"), ("C", "en"), ("en_US.UTF-8", "en"), ("", "en")],
)
def test_locales(locale: str, language: str) -> None:
    assert language_of(locale) == language

"""Every text that people see is in every language."""

import ast
import string
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from ipcom_chat.i18n import CATALOGUES
from ipcom_chat.setting_definitions import KNOWN

SOURCE = Path(__file__).parents[2] / "src" / "ipcom_chat"
SETTING_HELP = "setting.help"
"""The one text that is looked up by a variable; its texts are those of the settings."""


def _calls() -> Iterator[tuple[Path, ast.expr]]:
    """Yield the text arguments of every `_()` and `n_()`."""
    for path in sorted(SOURCE.rglob("*.py")):
        if path.parent.name == "i18n":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                count = {"_": 1, "n_": 2}.get(node.func.id, 0)
                for argument in node.args[:count]:
                    yield path, argument


def _texts() -> set[str]:
    literal = {
        argument.value
        for _path, argument in _calls()
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }
    return literal | {setting.help for setting in KNOWN.values()}


def _placeholders(text: str) -> set[str]:
    return {name for _text, name, _form, _way in string.Formatter().parse(text) if name}


def _catalogue(name: str) -> dict[str, str]:
    messages: dict[str, str] = import_module(f"ipcom_chat.i18n.pt_br.{name}").MESSAGES
    return messages


def test_every_text_is_a_literal() -> None:
    others = [
        f"{path.relative_to(SOURCE)}:{argument.lineno} {ast.unparse(argument)}"
        for path, argument in _calls()
        if not isinstance(argument, ast.Constant) and ast.unparse(argument) != SETTING_HELP
    ]
    assert others == []


def test_every_text_is_translated_and_no_translation_is_left_over() -> None:
    translated = {text for name in CATALOGUES for text in _catalogue(name)}
    texts = _texts()
    assert sorted(texts - translated) == []
    assert sorted(translated - texts) == []


@pytest.mark.parametrize("name", CATALOGUES)
def test_translations_have_the_same_placeholders(name: str) -> None:
    for text, translation in _catalogue(name).items():
        assert _placeholders(translation) == _placeholders(text), text
        assert translation.strip(), text


def test_two_catalogues_never_disagree() -> None:
    known: dict[str, str] = {}
    for name in CATALOGUES:
        for text, translation in _catalogue(name).items():
            assert known.setdefault(text, translation) == translation, text

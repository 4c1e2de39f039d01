"""The page of the architecture shows the tree and the layers as they are."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ipcom_chat"
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BY_KIND = {"cli", "widgets", "pt_br"}
"""Folders of which the page says how a file is named, and does not name each."""


def _named() -> set[str]:
    return set(re.findall(r"\w+\*?", PAGE.replace("*_words", "words")))


def test_every_module_is_shown() -> None:
    named = _named()
    starts = tuple(name[:-1] for name in named if name.endswith("*"))
    missing = [
        str(path.relative_to(SOURCE))
        for path in SOURCE.rglob("*.py")
        if path.parent.name not in BY_KIND and not path.stem.startswith("__")
        if path.stem not in named and not path.stem.endswith("_words")
        if not (starts and path.stem.startswith(starts))
    ]
    assert missing == []


def test_no_module_is_shown_that_is_gone() -> None:
    there = {path.stem for path in SOURCE.rglob("*.py")}
    assert set(re.findall(r"\b(\w+)\.py\b", PAGE)) - there == set()


def test_the_layers_are_those_that_are_checked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each["name"] == "layers")
    shown = "\n".join(layer.replace("ipcom_chat.", "") for layer in layers)
    assert f"```text\n{shown}\n```" in PAGE

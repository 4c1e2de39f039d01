"""What is installed is written down: each package with its licence, each choice with its reason."""

import re
import tomllib
from pathlib import Path

from docs.dependencies import ELSEWHERE, PAGE, locked, rows

ROOT = Path(__file__).parents[2]
REASONS = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
PERMISSIVE = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT",
    "MIT-0", "MPL-2.0", "PSF-2.0", "Unlicense", "Zlib",
}  # fmt: skip


def _listed() -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table = [line for line in lines if line.startswith("| ") and "| package |" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_locked_package_is_listed_in_its_version() -> None:
    assert [(name, version) for name, version, *_ in _listed()] == locked()
    assert len(locked()) > 80


def test_every_licence_lets_everybody_use_and_pass_on_the_program() -> None:
    for name, _version, said, _part in _listed():
        terms = set(re.split(r" (?:AND|OR) ", said))
        assert said == ELSEWHERE or terms <= PERMISSIVE, name


def test_the_list_says_what_the_installed_packages_say() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith("".join(rows()))


def test_every_direct_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked_for = [
        *project["project"]["dependencies"],
        *(each for names in project["project"]["optional-dependencies"].values() for each in names),
        *(each for names in project["dependency-groups"].values() for each in names),
    ]
    names = {re.split(r"[^A-Za-z0-9._-]", each)[0] for each in asked_for} - {"ipcom-chat"}
    words = set(re.findall(r"[A-Za-z0-9._-]+", REASONS))
    assert sorted(names - words) == []

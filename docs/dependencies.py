"""Writes `dependencies.md`: every package that an installation brings, with its licence.

Names and versions come from `locks/chat.txt`, licences from the metadata of what is installed
here. A licence is never guessed: what says none is a row that the test refuses. `make docs` runs
this after `make lock`.
"""

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "dependencies.md"
ELSEWHERE = "not on Linux"
"""In place of a licence, where a package is for other systems and is never installed."""

_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^ ;\\]+)", re.MULTILINE)
_NAME = re.compile(r"^[A-Za-z0-9._-]+")
_NO_LINUX = re.compile(
    r"^([A-Za-z0-9._-]+)==[^\\\n]*sys_platform == '(?:win32|emscripten)'", re.MULTILINE
)
# What metadata says in prose; apsw's says "any-OSI", and its file of the licence is that of zlib.
_SPDX = {
    "MIT License": "MIT", "Apache Software License": "Apache-2.0", "Apache 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0", "BSD": "BSD-2-Clause", "any-OSI": "Zlib",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip

_HEAD = """\
# What an installation brings

`locks/chat.txt` names every package, its version and the hashes of its files; pip installs nothing
else. This page lists them with their licences, as their own metadata says them; `make docs` writes
it. Why the direct ones were chosen, and what each costs, stands in
[ADR 0002](adr/0002-dependencies.md).

All are permissive, but for those under MPL-2.0, which asks only that changes of their own files
stay open; none is changed here. What is only needed to work on ipcom-chat stands in
`locks/dev.txt` and is not installed by `make chat`.

Known vulnerabilities: `pip-audit --no-deps --disable-pip -r locks/chat.txt` compares the list with
the advisories of PyPI; it needs PyPI itself, a mirror of packages alone has none. On 2026-11-28
the pages of PyPI had no advisory for the newest version of any package here, and 81 of these 92 are
the newest; for the other 11, a release or two behind, only that program asks.

| package | version | licence | |
|---|---|---|---|
"""


class Package(NamedTuple):
    """One package of the lock."""

    name: str
    version: str


def locked() -> list[Package]:
    """Return the packages of the lock, a name once for each version."""
    text = (ROOT / "locks" / "chat.txt").read_text(encoding="utf-8")
    return [Package(*found) for found in _LOCKED.findall(text)]


def direct() -> dict[str, str]:
    """Return the packages that `pyproject.toml` asks for, and in which part of it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    parts = {"": project["dependencies"], **project["optional-dependencies"]}
    return {
        found[0].lower(): f"extra `{part}`" if part else "direct"
        for part, names in parts.items()
        for name in names
        if (found := _NAME.match(name)) and found[0] != project["name"]
    }


def licence(name: str) -> str:
    """Return the licence of an installed package as an SPDX expression, or an empty text."""
    about = metadata.metadata(name)
    said = _field(about, "License-Expression") or _field(about, "License") or _classifier(about)
    said = said.strip().split("\n")[0]
    return _SPDX.get(said, said)


def _field(about: metadata.PackageMetadata, name: str) -> str:
    return "".join(about.get_all(name, []))


def _classifier(about: metadata.PackageMetadata) -> str:
    classes = about.get_all("Classifier") or []
    return next((each.rpartition(" :: ")[2] for each in classes if each.startswith("License")), "")


def rows() -> Iterator[str]:
    """Yield the rows of the table."""
    text = (ROOT / "locks" / "chat.txt").read_text(encoding="utf-8")
    elsewhere = set(_NO_LINUX.findall(text))
    asked_for = direct()
    for package in locked():
        said = ELSEWHERE if package.name in elsewhere else licence(package.name)
        part = asked_for.get(package.name.lower(), "")
        yield f"| {package.name} | {package.version} | {said} | {part} |\n"


if __name__ == "__main__":
    PAGE.write_text(_HEAD + "".join(rows()), encoding="utf-8")

"""Programs that a machine may have, as tiny scripts on a PATH of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Give a function that puts a program onto the PATH: a shell script of the given body."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def add(name: str, body: str) -> Path:
        path = folder / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    return add


@pytest.fixture
def alone(install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Install:
    """Give the same function, and leave no other program on the PATH."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("ipcom_chat.assistant.commands._ADMIN_FOLDERS", ())
    return install

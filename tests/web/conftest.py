"""What the tests of the dashboard share."""

from pathlib import Path

import pytest

from tests.support.env import isolated_env

Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    """Give the environment of a fresh user."""
    return isolated_env(tmp_path)

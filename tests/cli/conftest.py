"""What the tests of the command line share."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import run_cli
from tests.support.env import isolated_env

Env = dict[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Env:
    """Give the environment of a fresh user."""
    return isolated_env(tmp_path)


@pytest.fixture
def ana(env: Env) -> Env:
    """Give the same with a user called ana."""
    argv = ["user", "create", "--username", "ana", "--name", "Ana Lima", "--email", "ana@x.com"]
    assert run_cli(argv, env).code == 0
    return env


@pytest.fixture(scope="session")
def ai_port() -> Iterator[int]:
    """Give the port of a server that answers as the words of the question say."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.openai_server", "--port", "0"],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert server.stdout is not None
    yield int(server.stdout.readline())
    server.terminate()
    server.wait()
    server.stdout.close()


@pytest.fixture
def ai(env: Env, ai_port: int) -> Env:
    """Give an environment with an AI."""
    return env | {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:test",
        "IPCOM_CHAT_AI_BASE_URL": f"http://127.0.0.1:{ai_port}/v1",
        "MAX_RETRIES": "0",
    }

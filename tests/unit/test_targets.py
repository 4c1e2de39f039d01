"""Where the primary is, and where its token comes from."""

import os
import sys
from pathlib import Path

import pytest

from ipcom_chat import secret_sources
from ipcom_chat.errors import SettingsError
from ipcom_chat.settings import load
from ipcom_chat.sync.target import Target
from ipcom_chat.targets import primary_target
from tests.support.env import isolated_env

URL = "libsql://history.example.com"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return isolated_env(tmp_path) | {"TURSO_DATABASE_URL": URL}


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text("abc.def\n")
    path.chmod(0o600)
    return path


def target(env: dict[str, str], **more: str) -> Target:
    return primary_target(load(env | more))


def refusal(env: dict[str, str], **more: str) -> str:
    with pytest.raises(SettingsError) as caught:
        target(env, **more)
    return str(caught.value)


def python(code: str) -> str:
    return f"{sys.executable} -c '{code}'"


def test_no_primary_names_both_variables(env: dict[str, str]) -> None:
    for value in ("", " , ,"):
        text = refusal(env, TURSO_DATABASE_URL=value)
        assert "TURSO_DATABASE_URL" in text
        assert "TURSO_AUTH_TOKEN" in text


def test_all_settings_of_the_primary_arrive(env: dict[str, str]) -> None:
    found = target(
        env,
        TURSO_DATABASE_URL=f"{URL} , https://b.example.com,",
        TURSO_SYNC_URL="https://near.example.com",
        TURSO_AUTH_TOKEN="abc",
        TURSO_QUERY_TIMEOUT="700",
        TURSO_ALLOW_HTTP="yes",
    )
    assert found.urls == (URL, "https://b.example.com")
    assert found.read_url == "https://near.example.com"
    assert (found.token, found.timeout_ms, found.allow_http) == ("abc", 700, True)
    assert "abc" not in repr(found)


def test_without_a_token(env: dict[str, str]) -> None:
    assert target(env).token is None


def test_the_token_itself_comes_before_the_file_and_the_command(
    env: dict[str, str], token_file: Path
) -> None:
    both = {"TURSO_AUTH_TOKEN_FILE": str(token_file), "TURSO_AUTH_TOKEN_COMMAND": "false"}
    assert target(env, **both).token == "abc.def"
    assert target(env, **both, TURSO_AUTH_TOKEN="first").token == "first"


def test_a_file_under_the_home_folder(env: dict[str, str], token_file: Path) -> None:
    token_file.rename(Path(env["HOME"]) / "token")
    assert target(env, TURSO_AUTH_TOKEN_FILE="~/token").token == "abc.def"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
def test_a_file_that_others_can_use_is_refused(
    env: dict[str, str], token_file: Path, mode: int
) -> None:
    token_file.chmod(mode)
    text = refusal(env, TURSO_AUTH_TOKEN_FILE=str(token_file))
    assert "chmod 600" in text
    assert "abc" not in text


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_somebody_else_is_refused(env: dict[str, str], token_file: Path) -> None:
    os.chown(token_file, 12_345, -1)
    assert "not yours" in refusal(env, TURSO_AUTH_TOKEN_FILE=str(token_file))


@pytest.mark.parametrize("content", ["", "\n", "\ns3cret\n", "s3cret\nt0p\n"])
def test_a_file_holds_one_line(env: dict[str, str], token_file: Path, content: str) -> None:
    token_file.write_text(content)
    text = refusal(env, TURSO_AUTH_TOKEN_FILE=str(token_file))
    assert "one line" in text
    assert "t0p" not in text


def test_a_file_that_is_none(env: dict[str, str], tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)
    for path in (tmp_path / "nowhere", tmp_path, fifo, Path("/dev/zero")):
        assert "TURSO_AUTH_TOKEN_FILE" in refusal(env, TURSO_AUTH_TOKEN_FILE=str(path))


def test_a_file_is_never_read_from_the_working_directory(
    env: dict[str, str], token_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(token_file.parent)
    assert "whole path" in refusal(env, TURSO_AUTH_TOKEN_FILE="token")


def test_the_first_line_of_a_command(env: dict[str, str]) -> None:
    command = python('print(" abc \\nlogin: x")')
    assert target(env, TURSO_AUTH_TOKEN_COMMAND=command).token == "abc"


def test_a_command_runs_without_a_shell(env: dict[str, str]) -> None:
    assert target(env, TURSO_AUTH_TOKEN_COMMAND="echo $HOME;ls").token == "$HOME;ls"


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("true", "printed nothing"),
        ("   ", "no command"),
        ('echo "abc', "no command"),
        ("/nowhere/vault read", "No such file"),
        (python("print('s3cret'); raise SystemExit(3)").replace("'s3cret'", '"s3cret"'), "code 3"),
        ("yes", "printed too much"),
    ],
)
def test_a_command_that_gives_none(env: dict[str, str], command: str, reason: str) -> None:
    text = refusal(env, TURSO_AUTH_TOKEN_COMMAND=command)
    assert reason in text
    assert "TURSO_AUTH_TOKEN_COMMAND" in text
    assert "s3cret" not in text


def test_what_a_command_says_on_stderr_is_not_shown(
    env: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    refusal(env, TURSO_AUTH_TOKEN_COMMAND="ls /nowhere")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "code",
    [
        "import time; time.sleep(60)",
        'import subprocess; subprocess.Popen(["sleep", "60"])',
        "import os, time; os.close(1); time.sleep(60)",
    ],
)
def test_a_command_that_hangs_is_ended_with_all_it_started(
    env: dict[str, str], monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(secret_sources, "COMMAND_TIMEOUT_S", 0.3)
    assert "took longer" in refusal(env, TURSO_AUTH_TOKEN_COMMAND=python(code))

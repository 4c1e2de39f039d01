"""`setup` asks for what is missing and never overwrites what is there."""

from pathlib import Path

import pytest

from ipcom_chat.cli.completion import script
from tests.cli.conftest import Env
from tests.support.cli import converse, run_cli
from tests.support.env import config_file
from tests.support.machine import initialise
from tests.support.proxy import refused_port
from tests.support.sqld import Sqld, sqld

__all__ = ["sqld"]

SKIP = ""
BASH = "bash-completion/completions/ipcom-chat"


def written(env: Env) -> str:
    path = config_file(env)
    return path.read_text() if path.exists() else ""


def test_every_step_can_be_skipped_and_nothing_is_written(env: Env) -> None:
    done = converse(["setup"], env | {"SHELL": "/bin/bash"}, SKIP, SKIP, SKIP, "n")
    assert done.out.count("Skipped.") == 4
    assert "Nothing was found." in done.out
    assert "checks are well." in done.out
    assert (done.code, written(env)) == (0, "")


def test_an_end_of_input_skips_the_rest(env: Env) -> None:
    done = run_cli(["setup", "--non-interactive"], env)
    assert (done.code, written(env)) == (0, "")


def test_all_that_is_answered_is_set_up(env: Env, sqld: Sqld, tmp_path: Path) -> None:
    initialise(sqld.url, tmp_path)
    (Path(env["HOME"]) / ".bash_history").write_text("df -h\n")
    token = tmp_path / "token"
    token.write_text("abc\n")
    token.chmod(0o600)
    answers = (
        "openai-compatible:llama3.2", "http://127.0.0.1:11434/v1", SKIP,
        sqld.url, str(token),
        "ana", "Ana Lima", "ana@example.com",
        "y", "y",
    )  # fmt: skip
    done = converse(["setup"], env | {"SHELL": "/usr/bin/bash"}, *answers)
    assert done.code == 0, done.out
    found = {
        each["key"]: each["value"] for each in run_cli(["config", "list", "--json"], env).json()
    }
    assert found["ai.model"] == "openai-compatible:llama3.2"
    assert found["ai.base_url"] == "http://127.0.0.1:11434/v1"
    assert found["turso.database_url"] == sqld.url
    assert found["turso.auth_token_file"] == str(token)
    assert found["user"] == "ana"
    assert "Ana Lima" in run_cli(["user", "list"], env).out
    assert "df -h" in run_cli(["--local", "history", "list", "--kind", "command"], env).out
    completion = Path(env["XDG_DATA_HOME"]) / BASH
    assert completion.read_text() == script("bash")
    assert config_file(env).stat().st_mode & 0o777 == 0o600


def test_what_is_there_is_kept_and_said(env: Env) -> None:
    completion = Path(env["HOME"]) / ".zfunc" / "_ipcom-chat"
    completion.parent.mkdir()
    completion.write_text("mine")
    there = env | {"TURSO_DATABASE_URL": "http://127.0.0.1:1", "TURSO_AUTH_TOKEN": "t0ken"}
    run_cli(["user", "create", "--username", "ana", "--name", "Ana", "--email", "a@x.com"], env)
    run_cli(["config", "set", "user", "ana"], env)
    run_cli(["config", "set", "ai.model", "openai:gpt"], env)
    before = written(env)
    given = ["--model", "anthropic:x", "--primary", "http://127.0.0.1:2", "--username", "bia",
             "--completion", "zsh"]  # fmt: skip
    done = run_cli(["setup", "--non-interactive", *given], there | {"OPENAI_API_KEY": "k"})
    assert "ai.model is openai:gpt (from" in done.out
    assert "turso.database_url is 127.0.0.1:1 (from TURSO_DATABASE_URL); kept." in done.out
    assert "A token is there; kept." in done.out
    assert "t0ken" not in done.out
    assert "user is ana" in done.out
    assert (completion.read_text(), written(env)) == ("mine", before)


def test_options_set_up_a_machine_without_a_question(env: Env, tmp_path: Path) -> None:
    with refused_port() as port:
        argv = ["--primary", f"http://127.0.0.1:{port}", "--token-file", str(tmp_path / "token"),
                "--completion", "fish"]  # fmt: skip
        first = run_cli(["setup", "--non-interactive", *argv], env)
        before = written(env)
        again = run_cli(["setup", "--non-interactive", *argv], env)
    # The token is not there: the checks at the end say so.
    assert first.code == again.code == 1
    assert "Check TURSO_AUTH_TOKEN_FILE" in first.out
    assert "auth_token_file" in before
    assert written(env) == before
    fish = Path(env["XDG_CONFIG_HOME"]) / "fish/completions/ipcom-chat.fish"
    assert fish.read_text() == script("fish")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--model", "nonsense"], "nonsense"),
        (["--primary", "no address"], "address"),
        (["--username", "nobody"], "nobody"),
    ],
)
def test_what_is_wrong_is_said_and_the_other_steps_go_on(
    env: Env, argv: list[str], words: str
) -> None:
    done = run_cli(["setup", "--non-interactive", *argv, "--completion", "fish"], env)
    assert (done.code, words in done.err) == (1, True)
    assert "Written: " in done.out
    assert written(env) == ""


def test_ai_that_is_switched_off_is_not_asked_for(env: Env) -> None:
    done = converse(["setup"], env | {"IPCOM_CHAT_AI_ENABLED": "false"}, SKIP, SKIP)
    assert "AI is switched off in IPCOM_CHAT_AI_ENABLED." in done.out


def test_without_a_terminal_it_says_how(env: Env) -> None:
    done = run_cli(["setup"], env, stdin="")
    assert (done.code, "--non-interactive" in done.err) == (2, True)


def test_in_portuguese_on_80_columns(env: Env) -> None:
    env |= {"LANG": "pt_BR.UTF-8", "SHELL": "/usr/bin/zsh"}
    done = converse(["setup"], env, SKIP, SKIP, "novo", SKIP, "s")
    assert "Qual IA responde?" in done.out
    assert "Ainda não há o usuário novo." in done.out
    assert "Gravado: " in done.out
    own = [line for line in done.out.splitlines() if env["HOME"] not in line]
    assert [line for line in own if len(line) > 80] == []

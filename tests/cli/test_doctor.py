"""`doctor` as a person and a roll-out see it."""

import time

import pytest

from tests.cli.conftest import Env
from tests.support.cli import Finished, converse, run_cli
from tests.support.proxy import refused_port
from tests.unit.domain.test_tokens import token
from tests.unit.services.test_reach import Asked, asked

__all__ = ["asked"]


def check(done: Finished, name: str) -> dict[str, str]:
    found: dict[str, str] = next(each for each in done.json() if each["name"] == name)
    return found


def test_the_ai_is_asked_only_if_that_is_wanted(env: Env, asked: Asked) -> None:
    url, seen = asked
    env |= {
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:x",
        "IPCOM_CHAT_AI_BASE_URL": f"{url}/v1",
        "IPCOM_CHAT_AI_API_KEY": "right",
    }
    assert "assistant_online" not in run_cli(["doctor", "--json"], env).out
    assert seen == []
    found = check(run_cli(["doctor", "--online", "--json"], env), "assistant_online")
    assert (found["status"], "127.0.0.1" in found["detail"]) == ("ok", True)
    assert [path for path, _headers in seen] == ["/v1/models"]


def test_an_ai_that_is_not_there_fails(env: Env) -> None:
    with refused_port() as port:
        ai = {
            "IPCOM_CHAT_AI_MODEL": "openai-compatible:x",
            "IPCOM_CHAT_AI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        }
        done = run_cli(["doctor", "--online", "--json"], env | ai)
    assert (done.code, check(done, "assistant_online")["status"]) == (1, "failed")


def test_without_an_ai_nobody_is_asked(env: Env) -> None:
    done = run_cli(["doctor", "--online", "--json"], env)
    assert (done.code, "assistant_online" in done.out) == (0, False)


@pytest.mark.parametrize(("days", "status"), [(90, "ok"), (3, "warning"), (-1, "failed")])
def test_the_token_is_told_before_it_ends_and_never_shown(env: Env, days: int, status: str) -> None:
    text = token({"a": "rw", "exp": int(time.time()) + days * 86_400})
    with refused_port() as port:
        primary = {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}", "TURSO_AUTH_TOKEN": text}
        done = run_cli(["doctor", "--json"], env | primary)
    assert check(done, "token")["status"] == status
    assert check(done, "sync")["status"] == "failed"
    assert text not in done.out + done.err


def test_the_size_of_the_terminal_is_told(env: Env) -> None:
    done = converse(["doctor"], env)
    assert "80 columns, 24 lines" in done.out

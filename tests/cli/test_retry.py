"""`retry`: a question of the history is asked again, as a new entry."""

from typing import Any

from ipcom_chat.domain.entry import Kind, Status
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli


def _entries(env: Env) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = run_cli(["history", "list", "--json"], env).json()
    return found


def test_a_failed_question_is_asked_again_and_stays(ai: Env) -> None:
    (failed,) = add_entries(
        ai, {"command": "why is nginx down?", "status": Status.ERROR, "response": None,
             "created_at": 1}
    )  # fmt: skip
    done = run_cli(["retry", failed.id[-12:]], ai)
    assert done.code == 0
    new, old = _entries(ai)
    assert (new["retry_of"], new["command"]) == (failed.id, failed.command)
    assert new["response"].strip() == done.out.strip()
    assert (old["id"], old["status"], old["retry_of"]) == (failed.id, "error", None)


def test_it_takes_the_options_of_ask(ai: Env) -> None:
    (failed,) = add_entries(ai, {"status": Status.CANCELLED, "response": None})
    entry = run_cli(["retry", failed.id, "--json", "--no-tools", "--quiet"], ai).json()
    assert entry["retry_of"] == failed.id
    assert run_cli(["retry", failed.id, "--stream"], ai).code == 2


def test_what_was_private_stays_private(ai: Env) -> None:
    (failed,) = add_entries(ai, {"private": True, "status": Status.ERROR, "response": None})
    done = run_cli(["retry", failed.id], ai)
    assert done.code == 0
    assert "stays on this machine" in done.err
    assert all(entry["private"] for entry in _entries(ai))


def test_what_cannot_be_asked_again_is_told(ai: Env) -> None:
    command, blank = add_entries(ai, {"kind": Kind.COMMAND}, {"command": ""})
    for entry in (command, blank):
        done = run_cli(["retry", entry.id], ai)
        assert (done.code, done.out) == (2, "")
        assert "no question that could be asked again" in done.err
    assert run_cli(["retry", "abcdef0"], ai).code == 1

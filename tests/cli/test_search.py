"""`history search`."""

import re
import shutil

import msgspec
import pytest

from ipcom_chat.domain.entry import Entry
from ipcom_chat.search.index import SearchIndex
from ipcom_chat.storage.locks import held
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli, run_on_terminal, run_program
from tests.support.env import data_dir

EVIL = "evil \x1b]0;title\x07\x1b[2Jnginx \u202eevil\x9b31m"
SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture
def some(env: Env) -> Env:
    add_entries(
        env,
        {"command": "Como reinicio o nginx?", "response": "Use systemctl restart nginx."},
        {"command": "How do I list open ports?", "response": "ss -tulpn | grep LISTEN"},
        {"command": "df -h", "kind": "command", "error_code": "0", "response": "42 %"},
    )
    return env


def titles(out: str) -> list[str]:
    return [line for line in out.splitlines() if not line.startswith("  ")]


def test_it_finds_and_says_by_its_exit_code_whether(some: Env) -> None:
    found = run_cli(["history", "search", "nginx"], some)
    assert (found.code, titles(found.out), found.err) == (0, ["Como reinicio o nginx?"], "")
    assert "Use systemctl restart nginx." in found.out
    nothing = run_cli(["history", "search", "zebra"], some)
    assert (nothing.code, nothing.out) == (1, "")
    assert nothing.err == "Nothing was found in this history.\n"


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["-tulpn"], "How do I list open ports?"),
        (["ss", "-tulpn"], "How do I list open ports?"),
        (["--", "-tulpn"], "How do I list open ports?"),
        (["open", "ports", "--limit", "1"], "How do I list open ports?"),
        (["--limit=1", "df"], "$ df -h"),
        (["kind:command"], "$ df -h"),
        (["--kind", "command"], "$ df -h"),
        (["--kind", "command", "df -h"], "$ df -h"),
        (["reiniciar", "-ports", "--days", "1"], "Como reinicio o nginx?"),
    ],
)
def test_words_may_look_like_flags(some: Env, argv: list[str], expected: str) -> None:
    found = run_cli(["history", "search", *argv], some)
    assert titles(found.out)[:1] == [expected], found.err


def test_an_unknown_option_is_told_and_help_is_shown(some: Env) -> None:
    wrong = run_cli(["history", "search", "x", "--limt", "3"], some)
    assert wrong.code == 2
    assert "--limit" in wrong.err
    for flag in ("--help", "-h"):
        shown = run_cli(["history", "search", flag], some)
        assert shown.code == 0
        assert "--explain" in shown.out
    assert "search" in run_cli(["history", "--help"], some).out


def test_json_has_the_entry_the_score_and_on_request_the_reasons(some: Env) -> None:
    (found,) = run_cli(["history", "search", "nginx", "--json"], some).json()
    assert set(found) == {
        *Entry.__struct_fields__, "short_id", "username", "hostname", "score", "times", "people",
        "machines", "snippet",
    }  # fmt: skip
    assert found["snippet"] == "Use systemctl restart nginx."
    (explained,) = run_cli(["history", "search", "nginx", "--json", "--explain"], some).json()
    parts = explained["explanation"]
    shares = sum(parts[name] for name in ("recency", "scope", "outcome", "votes", "people"))
    assert parts["total"] == pytest.approx(parts["relevance"] * (1 + shares), abs=1e-4)
    assert run_cli(["history", "search", "zebra", "--json"], some).json() == []
    assert "relevance" in run_cli(["history", "search", "nginx", "--explain"], some).out


def test_nothing_of_others_reaches_the_terminal_but_our_own_marks(env: Env) -> None:
    add_entries(env, {"command": EVIL, "response": EVIL})
    for argv in (["nginx"], ["nginx", "--explain"]):
        shown = run_on_terminal(["history", "search", *argv], env).out
        assert "\x1b[1;33mnginx\x1b[0m" in shown
        assert not set(SEQUENCE.sub("", shown)) & set("\x1b\x07\x9b\u202e")
    plain = run_on_terminal(["history", "search", "nginx"], env | {"NO_COLOR": "1"}).out
    raw = run_cli(["history", "search", "nginx", "--json"], env).out
    for text in (plain, raw, run_cli(["history", "search", "nginx"], env).out):
        assert not set(text) & set("\x1b\x07\x9b\u202e")
    assert msgspec.json.decode(raw)[0]["command"] == EVIL


def test_a_long_history_is_indexed_first_and_that_is_told_once(env: Env) -> None:
    add_entries(env, *({"command": f"word number {n}"} for n in range(2_500)))
    first = run_cli(["history", "search", "number 1234"], env)
    assert titles(first.out)[0] == "word number 1234"
    assert first.err == "Building the search index of 2500 entries…\n"
    second = run_cli(["history", "search", "number 1234"], env)
    assert (second.out, second.err) == (first.out, "")
    shutil.rmtree(data_dir(env) / "search")
    assert run_cli(["history", "search", "number 77"], env).code == 0


def test_what_was_just_saved_is_found_at_once_and_what_was_deleted_never(env: Env) -> None:
    add_entries(env, *({"command": f"filler {n}"} for n in range(600)))
    run_cli(["history", "search", "filler"], env)
    (entry,) = add_entries(env, {"command": "zebra crossing"})
    assert titles(run_cli(["history", "search", "zebra"], env).out) == ["zebra crossing"]
    import apsw  # noqa: PLC0415

    connection = apsw.Connection(str(data_dir(env) / "history.db"))
    connection.execute(
        "UPDATE counters SET n = n + 1 WHERE name = 'local_seq';"
        "UPDATE entries SET deleted_at = 1, command = '', "
        "local_seq = (SELECT n FROM counters WHERE name = 'local_seq') WHERE id = ?",
        (entry.id,),
    )
    connection.close()
    assert run_cli(["history", "search", "zebra"], env).code == 1


def test_another_process_that_indexes_is_told_and_not_waited_for(env: Env) -> None:
    add_entries(env, *({"command": f"filler {n}"} for n in range(600)))
    folder = data_dir(env) / "search"
    SearchIndex(folder)
    folder.mkdir(mode=0o700)
    with held(folder / "lock"):
        found = run_cli(["history", "search", "filler 599"], env)
    assert titles(found.out)[0] == "filler 599"
    assert "Another process is building the search index" in found.err
    assert "100 changed entries are not in the search index yet" in found.err


def test_scopes_and_users_select(ana: Env) -> None:
    env = ana
    user_id = run_cli(["user", "show", "ana", "--json"], env).json()["id"]
    add_entries(
        env,
        {"command": "word for all"},
        {"command": "word of ana", "mode": "user", "user_id": user_id},
        {"command": "word here", "mode": "machine"},
    )
    assert titles(run_cli(["history", "search", "word"], env).out) == ["word for all"]
    hers = run_cli(["history", "search", "word", "--user", "ana"], env)
    assert titles(hers.out) == ["word of ana"]
    local = run_cli(["--local", "history", "search", "word"], env)
    assert titles(local.out) == ["word here"]
    both = run_cli(["--user", "ana", "--hybrid", "history", "search", "word"], env)
    assert len(titles(both.out)) == 3


def test_many_searches_at_once_on_a_new_history_all_answer(env: Env) -> None:
    add_entries(env, *({"command": f"filler {n}"} for n in range(700)))
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    with ThreadPoolExecutor(4) as pool:
        done = list(
            pool.map(lambda _n: run_program(["history", "search", "filler 650"], env), range(4))
        )
    assert [each.code for each in done] == [0] * 4
    assert all(titles(each.out)[0] == "filler 650" for each in done)


def test_portuguese_screens(some: Env) -> None:
    done = run_cli(["history", "search", "zebra"], some | {"LANG": "pt_BR.UTF-8"})
    assert done.err == "Nada foi encontrado neste histórico.\n"

"""`monitor --check` as cron and Nagios run it, and what `sync --watch` tells."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Status
from ipcom_chat.services.alert_readings import LOOK_EVERY_MS
from tests.cli.conftest import Env
from tests.support.cli import Finished, add_entries, run_cli, run_program
from tests.support.env import data_dir, log_file, replica
from tests.support.machine import Machine, eventually, initialise, rows_of, running
from tests.support.proxy import refused_port
from tests.support.sqld import Keys, Sqld, jwt_keys, sqld
from tests.support.webhook import hook

__all__ = ["jwt_keys", "sqld"]

CHECK = ("monitor", "--check")
FULL = {"IPCOM_CHAT_ALERTS_DISK_MIB": "2000000000"}
"""No disk has so much free."""
AT_ONCE = {"IPCOM_CHAT_ALERTS_SETTLE_SECONDS": "0"}


def check(env: Env, **more: str) -> Finished:
    return run_cli(CHECK, env | more)


def program(env: Env, *flags: str, **more: str) -> Finished:
    return run_program([*CHECK, *flags], env | more)


def rules(done: Finished) -> dict[str, Any]:
    return {each["rule"]: each for each in done.json()["findings"]}


def test_all_is_well(env: Env) -> None:
    done = program(env)
    assert (done.code, done.err) == (0, "")
    assert done.out == "OK: 11 rules checked, no alert.\n"


def test_a_line_each_and_the_code_of_the_worst(env: Env) -> None:
    add_entries(env, *({"status": Status.ERROR} for _ in range(6)), *({} for _ in range(14)))
    done = program(env)
    assert done.code == 1
    assert done.out.startswith("WARNING error_rate: 30 % of the requests failed, more than 20 %")
    done = program(env, **FULL)
    assert done.code == 2
    assert [line.split(":")[0] for line in done.out.splitlines()] == [
        "CRITICAL disk", "WARNING error_rate",
    ]  # fmt: skip
    assert done.err == ""


def test_few_requests_say_nothing(env: Env) -> None:
    add_entries(env, *({"status": Status.ERROR} for _ in range(19)))
    assert check(env).code == 0
    add_entries(env, {"status": Status.ERROR})
    assert check(env).code == 2


def test_other_machines_are_not_this_ones_rate(env: Env) -> None:
    add_entries(env, *({"status": Status.ERROR, "machine_id": "other"} for _ in range(30)))
    assert check(env).code == 0


def test_json(env: Env) -> None:
    done = program(env, "--json", **FULL)
    assert done.code == 2
    found = done.json()
    assert (found["level"], found["rules"]) == ("critical", 11)
    (finding,) = found["findings"]
    assert finding["rule"] == "disk"
    assert finding["value"] < finding["limit"] == 400_000_000
    assert "MiB are free" in finding["text"]


def test_what_cannot_be_checked_is_unknown(env: Env) -> None:
    assert check(env).code == 0
    replica(env).write_bytes(b"no database " * 1000)
    Path(f"{replica(env)}-wal").unlink(missing_ok=True)
    path = data_dir(env) / "history.db"
    path.unlink()
    path.mkdir()
    done = program(env)
    assert done.code == 3
    assert done.out.startswith("UNKNOWN: ")
    assert done.out.count("\n") == 1
    assert program(env, "--json").json()["level"] == "unknown"


def test_settings_that_are_wrong_are_unknown(env: Env) -> None:
    wrong = {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": "http://example.com/very-secret"}
    for more in (wrong, {"IPCOM_CHAT_ALERTS_QUEUE": "many"}, {"IPCOM_CHAT_ALERTS_COMMAND": "x"}):
        done = program(env, **more)
        assert (done.code, done.err) == (3, "")
        assert done.out.startswith("UNKNOWN: ")
        assert "very-secret" not in done.out


def test_it_goes_with_json_alone(env: Env) -> None:
    done = run_cli([*CHECK, "--prometheus"], env)
    assert (done.code, done.out) == (2, "")


def test_in_portuguese(env: Env) -> None:
    done = check(env, IPCOM_CHAT_LANGUAGE="pt_BR", **FULL)
    assert "MiB livres no disco do histórico" in done.out


def test_a_change_is_told_once_and_its_end_too(env: Env) -> None:
    with hook() as found:
        told = env | AT_ONCE | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        for _run in range(3):
            assert check(told, **FULL).code == 2
        assert found.alerts == [("disk", "critical")]
        assert check(told).code == 0
        assert found.alerts == [("disk", "critical"), ("disk", "ok")]
        assert found.got[1]["text"].endswith("Over: the disk was nearly full.")
    log = log_file(env).read_text()
    assert log.count("alert disk: critical, was ok") == 1
    assert log.count("alert disk: ok, was critical") == 1
    state = (data_dir(env) / "alerts.json").read_text()
    assert "very-secret" not in log + state


def test_processes_at_once_tell_once(env: Env) -> None:
    check(env)
    with hook() as found:
        told = env | FULL | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        argv = [sys.executable, "-m", "ipcom_chat", *CHECK]
        running_ = [
            subprocess.Popen(argv, env=told, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _process in range(4)
        ]
        for process in running_:
            process.communicate(timeout=60)
            assert process.returncode == 2
        assert found.alerts == [("disk", "critical")]


KILLED = """
import os, signal, sys
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
Runtime(load(os.environ)).alerts().check()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_killed_before_it_told_loses_nothing(env: Env) -> None:
    with hook() as found:
        told = env | FULL | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        done = subprocess.run([sys.executable, "-c", KILLED], env=told, check=False)
        assert done.returncode == -signal.SIGKILL
        assert found.tried == 0
        assert program(told).code == 2
        assert found.alerts == [("disk", "critical")]


def test_a_process_killed_while_it_told_tells_again_by_the_same_id(env: Env) -> None:
    with hook() as found:
        told = env | FULL | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        found.waits = True
        argv = [sys.executable, "-m", "ipcom_chat", *CHECK]
        with subprocess.Popen(argv, env=told, stdout=subprocess.PIPE) as process:
            assert found.arrived.wait(60)
            process.kill()
        found.waits = False
        found.released.set()
        eventually(lambda: found.got, bool)
        assert program(told).code == 2
        eventually(lambda: found.got, lambda got: len(got) == 2)
        assert len({each["id"] for each in found.got}) == 1
        assert program(told).code == 2
        assert len(found.got) == 2


def test_a_receiver_that_fails_is_logged_and_not_shown(env: Env) -> None:
    with hook() as found:
        found.statuses = [500]
        told = env | FULL | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        done = program(told)
        assert (done.code, done.err) == (2, "")
        assert "was not told to webhook (HTTP 500), try 1: kept" in log_file(env).read_text()


def test_a_command_is_told(env: Env, tmp_path: Path) -> None:
    told = tmp_path / "told"
    line = f"/bin/sh -c 'printf %s \"$IPCOM_ALERT_ALERT $IPCOM_ALERT_LEVEL\" > {told}'"
    assert program(env, IPCOM_CHAT_ALERTS_COMMAND=line, **FULL).code == 2
    assert told.read_text() == "disk critical"


def test_budgets_of_people(env: Env) -> None:
    add_entries(env, {"os_user": "ana", "tokens_used": 900, "cost_microusd": 20_000_000},
                {"os_user": "rui", "tokens_used": 10})  # fmt: skip
    done = run_cli(
        [*CHECK, "--json"],
        env | {"IPCOM_CHAT_ALERTS_AI_TOKENS": "1000", "IPCOM_CHAT_ALERTS_AI_COST_CENTS": "1500"},
    )
    found = rules(done)
    assert {each: found[each]["level"] for each in found} == {
        "ai_cost": "critical", "ai_tokens": "warning",
    }  # fmt: skip
    assert {each["name"] for each in found.values()} == {"ana"}
    assert "US$ 20.00" in found["ai_cost"]["text"]


def test_yesterdays_costs_are_not_todays(env: Env) -> None:
    yesterday = SystemClock().now_ms() - 86_400_000
    add_entries(env, {"tokens_used": 5_000, "created_at": yesterday})
    assert check(env, IPCOM_CHAT_ALERTS_AI_TOKENS="1000").code == 0


# --- the primary ---


@pytest.fixture
def machine(sqld: Sqld, tmp_path: Path) -> Machine:
    initialise(sqld.url, tmp_path)
    return Machine(tmp_path, "machine-one", sqld.url)


def test_a_primary_that_answers(machine: Machine) -> None:
    machine.save("how full is the disk?")
    assert machine.sync().is_done
    done = machine.program(*CHECK)
    assert (done.code, done.err) == (0, "")


def test_one_that_does_not_answer_is_told_after_a_while(machine: Machine) -> None:
    with refused_port() as port:
        gone = {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}"}
        assert machine.run(*CHECK, **gone).code == 0
        at_once = gone | {"IPCOM_CHAT_ALERTS_PRIMARY_SECONDS": "1"}
        done = eventually(lambda: machine.run(*CHECK, **at_once), lambda done: done.code != 0)
    assert done.out.startswith("WARNING primary: The primary has not answered for")
    done = machine.run(*CHECK, **AT_ONCE)
    assert (done.code, done.out) == (0, "OK: 11 rules checked, no alert.\n")


def test_what_waits_and_what_was_refused(machine: Machine) -> None:
    machine.save("one", "two", "three")
    done = machine.run(*CHECK, "--json", IPCOM_CHAT_ALERTS_QUEUE="2")
    assert rules(done)["queue"]["value"] >= 3
    time.sleep(1.1)
    done = machine.run(*CHECK, "--json", IPCOM_CHAT_ALERTS_SYNC_LAG_SECONDS="1")
    assert "sync_lag" in rules(done)


def test_how_much_the_primary_holds(machine: Machine, sqld: Sqld) -> None:
    machine.save(*(f"question {n}" for n in range(20)))
    assert machine.sync().is_done
    ((count,),) = rows_of(sqld.url, "SELECT count(*) FROM entries")
    budgets = {"IPCOM_CHAT_ALERTS_PRIMARY_ROWS": "10", "IPCOM_CHAT_ALERTS_PRIMARY_MIB": "1000"}
    done = machine.program(*CHECK, "--json", **budgets)
    found = rules(done)
    assert done.code == 2
    assert found["primary_rows"]["value"] == count == 20
    assert "primary_size" not in found


def test_what_the_primary_does_not_tell_is_no_alert(machine: Machine) -> None:
    budgets = {"IPCOM_CHAT_ALERTS_PRIMARY_ROWS": "1", "IPCOM_CHAT_ALERTS_PRIMARY_MIB": "1"}
    with refused_port() as port:
        gone = {"TURSO_DATABASE_URL": f"http://127.0.0.1:{port}"}
        assert machine.run(*CHECK, **gone, **budgets).code == 0
    assert "did not tell its size: primary_unreachable" in log_file(machine.env).read_text()


def test_a_certificate_that_cannot_be_read_is_named(machine: Machine) -> None:
    with refused_port() as port:
        far = {"TURSO_DATABASE_URL": f"https://127.0.0.1:{port}"}
        done = program(machine.env, **far)
        unread = program(machine.env, "--json", **far).json()["unread"]
        off = program(machine.env, IPCOM_CHAT_ALERTS_CERTIFICATE_DAYS="0", **far)
    assert done.code == 0
    assert "UNKNOWN certificate: it could not be read." in done.out.splitlines()[1:]
    assert "certificate" in unread
    assert "certificate" not in off.out


def test_a_token_that_cannot_be_had_is_a_primary_that_cannot_be_used(machine: Machine) -> None:
    lost = {"TURSO_AUTH_TOKEN_FILE": "/no/such/token", "IPCOM_CHAT_ALERTS_PRIMARY_SECONDS": "1"}
    assert machine.run(*CHECK, **lost).code == 0
    done = eventually(lambda: machine.run(*CHECK, **lost), lambda done: done.code != 0)
    assert done.out.startswith("WARNING primary: ")
    assert "token cannot be looked at: settings" in log_file(machine.env).read_text()


def test_a_clock_that_is_wrong(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    true_ms = SystemClock.now_ms
    monkeypatch.setattr(SystemClock, "now_ms", lambda self: true_ms(self) + 400_000)
    done = machine.run(*CHECK, "--json")
    skew = rules(done)["clock_skew"]
    assert skew["level"] == "warning"
    assert 390 < skew["value"] < 410


def test_a_token_that_expires_soon(tmp_path: Path, jwt_keys: Keys) -> None:
    with Sqld(tmp_path / "sqld", keys=jwt_keys) as server:
        good = jwt_keys.token(expires_in_s=30 * 86_400)
        initialise(server.url, tmp_path, TURSO_AUTH_TOKEN=good)
        machine = Machine(tmp_path, "machine-one", server.url, TURSO_AUTH_TOKEN=good)
        assert machine.program(*CHECK).code == 0
        other = Machine(
            tmp_path, "machine-two", server.url,
            TURSO_AUTH_TOKEN=jwt_keys.token(expires_in_s=86_400),
        )  # fmt: skip
        done = other.program(*CHECK)
        assert done.code == 2
        assert done.out.startswith("CRITICAL token: The primary's token expires in")
        assert jwt_keys.token()[:20] not in (data_dir(other.env) / "alerts.json").read_text()


def test_a_token_is_looked_at_again_when_it_was_renewed(tmp_path: Path, jwt_keys: Keys) -> None:
    with Sqld(tmp_path / "sqld", keys=jwt_keys) as server:
        good = jwt_keys.token(expires_in_s=30 * 86_400)
        initialise(server.url, tmp_path, TURSO_AUTH_TOKEN=good)
        machine = Machine(tmp_path, "machine-one", server.url, **AT_ONCE)
        old = jwt_keys.token(expires_in_s=86_400)
        assert machine.run(*CHECK, TURSO_AUTH_TOKEN=old).code == 2
        state = data_dir(machine.env) / "alerts.json"
        before = msgspec.json.decode(state.read_bytes())
        before["primary"]["looked_at"] -= LOOK_EVERY_MS
        state.write_bytes(msgspec.json.encode(before))
        assert machine.run(*CHECK, TURSO_AUTH_TOKEN=good).code == 0


def test_watching_tells_and_synchronises_meanwhile(machine: Machine) -> None:
    with hook() as found:
        found.waits = True
        told = FULL | {"IPCOM_CHAT_ALERTS_WEBHOOK_URL": found.url}
        # What an earlier process found waits to be told: the first thing that watching does.
        done = subprocess.run([sys.executable, "-c", KILLED], env=machine.env | told, check=False)
        assert done.returncode == -signal.SIGKILL
        with running(machine, "sync", "--watch", **told) as (process, lines):
            lines.wait_for("MiB are free on the disk")
            assert found.arrived.wait(60)
            (question,) = machine.save("while a web hook hangs")
            eventually(
                lambda: machine.rows("SELECT acked_seq > 0 FROM entries WHERE id = ?", question),
                lambda rows: rows == [(1,)],
            )
            found.released.set()
            eventually(lambda: found.alerts, lambda alerts: alerts == [("disk", "critical")])
            process.terminate()
            process.wait(30)
        assert process.returncode == 0

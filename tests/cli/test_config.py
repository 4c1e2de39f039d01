"""The verbs of `config`, the precedence of settings, and machines."""

from pathlib import Path

import pytest

import ipcom_chat
from ipcom_chat.assistant.endpoint import VENDOR_URLS
from ipcom_chat.setting_definitions import KNOWN
from tests.cli.conftest import Env
from tests.support.cli import run_cli, run_program
from tests.support.env import MACHINE_ID, config_file, log_file

SOURCE = Path(ipcom_chat.__file__).parent
SECRET = "sk-very-secret"


def test_d2_d93_the_source_of_each_value_is_shown(env: Env) -> None:
    assert _setting(env, "history.mode") == ("global", "default")
    run_cli(["config", "set", "history.mode", "hybrid"], env)
    assert _setting(env, "history.mode") == ("hybrid", str(config_file(env)))
    env["HISTORY_MODE"] = "machine"
    assert _setting(env, "history.mode") == ("machine", "HISTORY_MODE")
    assert _setting(env, "history.mode", "--global") == ("global", "flag")


@pytest.mark.parametrize(
    ("variable", "key", "text", "value"),
    [
        ("TURSO_DATABASE_URL", "turso.database_url", "libsql://x", "libsql://x"),
        ("TURSO_SYNC_URL", "turso.sync_url", "libsql://y", "libsql://y"),
        ("TURSO_SYNC_INTERVAL", "turso.sync_interval", "30", 30),
        ("HISTORY_MODE", "history.mode", "user", "user"),
        ("HISTORY_MODE", "history.mode", "local", "machine"),
        ("FALLBACK_ENABLED", "sync.fallback_enabled", "false", False),
        ("CACHE_TTL", "cache.ttl", "10", 10),
        ("MAX_RETRIES", "ai.max_retries", "2", 2),
        ("RETRY_INTERVAL", "sync.retry_interval", "500", 500),
    ],
)
def test_d93_the_variables_of_the_plan_are_read(
    env: Env, variable: str, key: str, text: str, value: object
) -> None:
    found = run_cli(["config", "get", key, "--json"], env | {variable: text}).json()
    assert (found["value"], found["source"]) == (value, variable)


def test_o20_setting_one_value_keeps_everything_else(env: Env) -> None:
    path = config_file(env)
    path.parent.mkdir(parents=True)
    path.write_text('# mine\nuser = "ana"\n\n[ai]\napi_key = "k"  # keep\n')
    path.chmod(0o600)
    assert run_cli(["config", "set", "ai.model", "openai:gpt"], env).code == 0
    text = path.read_text()
    for kept in ("# mine", 'user = "ana"', 'api_key = "k"  # keep', 'model = "openai:gpt"'):
        assert kept in text
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("key", "value", "instead"),
    [
        ("ai.model", "foo", "VENDOR:NAME"),
        ("ai.base_url", "localhost", "http://127.0.0.1:11434/v1"),
        ("turso.database_url", "history.example.com", "libsql://history.example.com"),
    ],
)
def test_a_model_or_address_that_nothing_could_use_is_refused_when_it_is_set(
    env: Env, key: str, value: str, instead: str
) -> None:
    done = run_cli(["config", "set", key, value], env)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert instead in done.err
    assert not config_file(env).exists()


def test_secrets_are_masked_and_never_taken_from_the_arguments(env: Env) -> None:
    refused = run_cli(["config", "set", "ai.api_key", SECRET], env)
    assert refused.code == 2
    assert "ai.api_key -" in refused.err
    assert SECRET not in refused.err
    assert run_cli(["config", "set", "ai.api_key", "-"], env, stdin="").code == 2
    assert run_cli(["config", "set", "ai.api_key", "-"], env, stdin=f"{SECRET}\n").code == 0
    assert SECRET in config_file(env).read_text()
    for argv in (["config", "list"], ["config", "list", "--json"], ["config", "get", "ai.api_key"]):
        done = run_cli(argv, env)
        assert "********" in done.out
        assert SECRET not in done.out + done.err


def test_o24_debug_writes_no_secret_and_no_question(env: Env) -> None:
    env["TURSO_AUTH_TOKEN"] = SECRET
    done = run_program(["--debug", "ask", "how full is my secret disk?"], env)
    assert done.code == 0
    text = log_file(env).read_text()
    assert "ask ended with 0" in text
    assert SECRET not in text
    assert "secret disk" not in text
    assert log_file(env).stat().st_mode & 0o777 == 0o600


def test_o25_only_the_result_is_written(env: Env) -> None:
    done = run_program(["config", "path"], env)
    assert (done.out, done.err) == (f"{config_file(env)}\n", "")


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("history.mode", "everything", 1),
        ("cache.ttl", "-1", 1),
        ("cache.ttl", "nan", 1),
        ("no.such", "1", 1),
        ("cache.ttl", "9" * 40, 1),
    ],
)
def test_wrong_settings_are_refused(env: Env, key: str, value: str, code: int) -> None:
    done = run_cli(["config", "set", key, value], env)
    assert done.code == code
    assert done.err.count("\n") == 1
    assert not config_file(env).exists()


def test_the_word_null_is_a_text_like_any_other(env: Env) -> None:
    assert run_cli(["config", "set", "user", "null"], env).code == 0
    assert run_cli(["config", "get", "user"], env).out == "null\n"


def test_a_broken_file_leaves_set_path_and_doctor_usable(env: Env) -> None:
    path = config_file(env)
    path.parent.mkdir(parents=True)
    path.write_text("nonsense = 1\n")
    assert "Unknown setting 'nonsense'" in run_cli(["config", "list"], env).err
    assert run_cli(["history", "list"], env).code == 1
    assert run_cli(["config", "path"], env).out == f"{path}\n"
    doctor = run_cli(["doctor", "--json"], env)
    assert doctor.code == 1
    assert "nonsense" in next(c["detail"] for c in doctor.json() if c["name"] == "settings")


def test_a_misspelt_setting_names_the_one_that_was_meant(env: Env) -> None:
    done = run_cli(["config", "set", "ui.them", "light"], env)
    assert (done.code, "did you mean 'ui.theme'? Nothing was changed." in done.err) == (1, True)
    path = config_file(env)
    path.parent.mkdir(parents=True)
    path.write_text("[ui]\nthem = 'light'\n")
    assert f"in {path}; did you mean 'ui.theme'?" in run_cli(["history", "list"], env).err


def test_an_unknown_setting_in_a_file_is_not_sent_to_a_verb_that_reads_the_same_file(
    env: Env,
) -> None:
    path = config_file(env)
    path.parent.mkdir(parents=True)
    path.write_text("nonsense = 1\n")
    said = run_cli(["history", "list"], env).err
    assert "correct it or take it out there" in said
    assert "config list" not in said


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("ai.enabled", "maybe", "true or false"),
        ("sync.window_days", "many", "a whole number from 0 on"),
        ("sync.window_days", "-1", "a whole number from 0 on"),
    ],
)
def test_what_a_setting_can_be_is_said(env: Env, key: str, value: str, allowed: str) -> None:
    done = run_cli(["config", "set", key, value], env)
    assert (done.code, allowed in done.err) == (1, True), done.err


def test_a_value_that_is_not_set_is_not_found(env: Env) -> None:
    done = run_cli(["config", "get", "user"], env)
    assert (done.code, done.out) == (1, "")
    assert run_cli(["config", "get", "nothing"], env).code == 1


def test_every_setting_is_read_by_something() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for path in SOURCE.rglob("*.py")
        if path.name not in {"settings.py", "setting_definitions.py"}
    )
    read = {key for key in KNOWN if f'"{key}"' in sources}
    # Whoever reads a secret names it alone (`secret_sources.from_settings`).
    read |= {f"{key}_{source}" for key in read for source in ("file", "command")} & set(KNOWN)
    # The key of a vendor is looked up by the vendor's name (tests/unit/test_models.py).
    by_vendor = {f"ai.{vendor}_api_key" for vendor in VENDOR_URLS}
    assert set(KNOWN) - read == {"ui.language"} | by_vendor


def test_the_key_of_openai_is_for_openai_alone(env: Env) -> None:
    """`doctor` looks at what would be sent."""
    ai = {
        "OPENAI_API_KEY": SECRET,
        "IPCOM_CHAT_AI_MODEL": "openai-compatible:x",
        "IPCOM_CHAT_AI_BASE_URL": "http://ai.example/v1",
    }
    checks = {each["name"]: each for each in run_cli(["doctor", "--json"], env | ai).json()}
    assert checks["assistant"]["status"] == "ok"


def test_config_path_json_names_the_files(env: Env) -> None:
    found = run_cli(["config", "path", "--json"], env).json()
    assert found["config_file"] == str(config_file(env))
    assert found["system_file"] == "/etc/ipcom-chat/config.toml"


def test_no_file_of_the_working_directory_is_read(env: Env, tmp_path: object) -> None:
    folder = config_file(env).parent.parent
    folder.mkdir(parents=True)
    (folder / ".env").write_text("HISTORY_MODE=machine\n")
    (folder / "config.toml").write_text('user = "mallory"\n')
    done = run_program(["config", "list", "--json"], env, cwd=folder)
    values = {each["key"]: each["value"] for each in done.json()}
    assert (values["history.mode"], values["user"]) == ("global", None)


def test_d57_machines_are_registered_listed_and_shown(env: Env) -> None:
    empty = run_cli(["machine", "list"], env)
    assert (empty.code, empty.out) == (1, "")
    known = run_cli(["machine", "register", "--json"], env).json()
    assert known["id"] == MACHINE_ID
    assert run_cli(["machine", "list", "--json"], env).json() == [known | {"heartbeat": None}]
    assert MACHINE_ID in run_cli(["machine", "list"], env).out
    assert run_cli(["machine", "register"], env).out.startswith("This machine is ")
    assert run_cli(["machine", "info", "--json"], env).json()["hostname"] == known["hostname"]
    assert "(this machine)" in run_cli(["machine", "info", known["hostname"]], env).out
    assert run_cli(["machine", "info", "nowhere"], env).code == 1


def _setting(env: Env, key: str, *flags: str) -> tuple[object, str]:
    found = run_cli(["config", "get", key, "--json", *flags], env).json()
    return found["value"], found["source"]


def test_d89_a_token_inside_an_address_is_not_shown(env: Env) -> None:
    env |= {
        "TURSO_DATABASE_URL": "libsql://me:s3cret@db.example?authToken=s3cret&tls=1",
        "IPCOM_CHAT_AI_BASE_URL": "http://127.0.0.1:1/v1",
    }
    for argv in (["config", "list"], ["config", "list", "--json"]):
        done = run_cli(argv, env)
        assert "s3cret" not in done.out
        assert "http://127.0.0.1:1/v1" in done.out
    shown = run_cli(["config", "get", "turso.database_url"], env).out
    assert shown == "libsql://********@db.example?authToken=********&tls=1\n"


def test_rules_are_written_as_an_array_and_shown_with_all_their_sources(env: Env) -> None:
    assert (
        run_cli(["config", "set", "tools.allow", "@read-only; systemctl status *"], env).code == 0
    )
    env["IPCOM_CHAT_TOOLS_ALLOW"] = "ls"
    found = run_cli(["config", "get", "tools.allow", "--json"], env).json()
    assert found["value"] == ["@read-only", "systemctl status *", "ls"]
    assert found["source"] == f"{config_file(env)}, IPCOM_CHAT_TOOLS_ALLOW"
    shown = run_cli(["config", "get", "tools.allow"], env).out
    assert shown == "@read-only; systemctl status *; ls\n"


def test_a_policy_says_what_it_keeps_from_having_an_effect(
    env: Env, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "policy.toml"
    system.write_text("ai.enabled = false")
    monkeypatch.setattr("ipcom_chat.settings.SYSTEM_FILE", system)
    env["IPCOM_CHAT_AI_ENABLED"] = "true"
    found = run_cli(["config", "get", "ai.enabled", "--json"], env).json()
    assert (found["value"], found["overruled"]) == (False, "IPCOM_CHAT_AI_ENABLED")
    assert (
        "IPCOM_CHAT_AI_ENABLED has no effect"
        in run_cli(["config", "list"], env | {"COLUMNS": "250"}).out
    )
    checks = {each["name"]: each["detail"] for each in run_cli(["doctor", "--json"], env).json()}
    assert "IPCOM_CHAT_AI_ENABLED has no effect" in checks["assistant"]

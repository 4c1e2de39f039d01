"""Settings."""

import os
from pathlib import Path

import pytest

from ipcom_chat import settings as module
from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import SettingsError
from ipcom_chat.settings import MASK, Secret, find_paths, load, save

HOME = {"HOME": "/nowhere"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "ipcom-chat" / "config.toml"
    path.parent.mkdir()
    return path


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}


def test_d2_flag_beats_environment_beats_file_beats_system_file_beats_default(
    config: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.toml"
    monkeypatch.setattr(module, "SYSTEM_FILE", system)
    layers: list[tuple[Mode, str]] = []

    def look(flags: dict[str, Mode] | None = None) -> None:
        found = load(env, flags)
        layers.append((found["history.mode"], found.sources["history.mode"]))

    look()
    system.write_text('history.mode = "user"')
    look()
    config.write_text('[history]\nmode = "machine"')
    look()
    env["HISTORY_MODE"] = "hybrid"
    look()
    look({"history.mode": Mode.GLOBAL})
    assert layers == [
        (Mode.GLOBAL, "default"),
        (Mode.USER, str(system)),
        (Mode.MACHINE, str(config)),
        (Mode.HYBRID, "HISTORY_MODE"),
        (Mode.GLOBAL, "flag"),
    ]


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("HISTORY_MODE", "all"),
        ("TURSO_SYNC_INTERVAL", "NaN"),
        ("TURSO_SYNC_INTERVAL", "-1"),
        ("CACHE_TTL", "9" * 50),
        ("FALLBACK_ENABLED", "perhaps"),
        ("IPCOM_CHAT_LANGUAGE", "fr"),
        ("IPCOM_CHAT_THEME", "pink"),
    ],
)
def test_d55_d93_wrong_values_name_setting_and_source(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=variable) as caught:
        load(HOME | {variable: text})
    assert text in str(caught.value)


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("OFF", False), ("1", True)])
def test_words_for_truth(text: str, value: bool) -> None:
    assert load(HOME | {"FALLBACK_ENABLED": text})["sync.fallback_enabled"] is value


def test_a_wrong_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as caught:
        load(HOME, {"ai.api_key": 5})
    assert MASK in str(caught.value)


def test_secrets_are_wrapped() -> None:
    found = load(HOME | {"TURSO_AUTH_TOKEN": "token"})["turso.auth_token"]
    assert isinstance(found, Secret)
    assert (str(found), repr(found), f"{found}") == (MASK, MASK, MASK)
    assert found.reveal() == "token"


@pytest.mark.parametrize(
    "text", ["not toml", "nonsense = 1", 'ai = "x"', "[ai]\nmodel = 5", "\udce9"]
)
def test_a_bad_file_is_named(config: Path, env: dict[str, str], text: str) -> None:
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError, match=r"config\.toml"):
        load(env)


def test_a_secret_that_others_can_read_is_refused(config: Path, env: dict[str, str]) -> None:
    config.write_text('[ai]\napi_key = "k"')
    config.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(env)
    config.chmod(0o600)
    assert load(env)["ai.api_key"].reveal() == "k"


def test_d93_folders_follow_xdg_and_our_own_variables(tmp_path: Path) -> None:
    paths = find_paths({"HOME": "/h", "XDG_DATA_HOME": "relative", "IPCOM_CHAT_STATE_DIR": "~/s"})
    assert paths.replica == Path("/h/.local/share/ipcom-chat/history.db")
    assert paths.state_dir == Path("~/s").expanduser()
    assert paths.config_file == Path("/h/.config/ipcom-chat/config.toml")


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt_BR"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "C", "IPCOM_CHAT_LANGUAGE": "pt_BR"}, "pt_BR"),
    ],
)
def test_the_language_follows_the_locale(variables: dict[str, str], language: str) -> None:
    assert load(HOME | variables).language == language


def test_o20_save_keeps_comments_and_other_values(config: Path) -> None:
    config.write_text("# a comment\n[history]\nprivate = true\n")
    save(config, "history.mode", "user")
    save(config, "cache.ttl", "5")
    text = config.read_text()
    assert "# a comment" in text
    assert "private = true" in text
    assert module.read_file(config) == {
        "history.private": True, "history.mode": "user", "cache.ttl": 5,
    }  # fmt: skip
    assert config.stat().st_mode & 0o777 == 0o600


def test_save_refuses_to_touch_a_broken_file(config: Path) -> None:
    config.write_text("broken [")
    with pytest.raises(SettingsError, match="Cannot read"):
        save(config, "user", "ana")
    assert config.read_text() == "broken ["


def test_save_into_a_value_that_is_no_table_is_one_sentence(config: Path) -> None:
    config.write_text('ai = "x"')
    with pytest.raises(SettingsError):
        save(config, "ai.model", "openai:x")
    assert config.read_text() == 'ai = "x"'


@pytest.mark.parametrize(
    "content",
    [
        b"a = " + b"[" * 10_000,
        b"turso.sync_interval = " + b"9" * 5_000,
        b"\xff\xfe",
        b"#" * 100_000,
    ],
)
def test_a_file_made_to_break_the_reader_is_one_sentence(
    config: Path, env: dict[str, str], content: bytes
) -> None:
    config.write_bytes(content)
    with pytest.raises(SettingsError, match="Cannot read the settings in"):
        load(env)


def test_a_file_that_cannot_be_read_says_what_is_safe_and_what_to_do(
    config: Path, env: dict[str, str]
) -> None:
    config.write_text("theme = light")
    with pytest.raises(SettingsError, match="Nothing was changed; mend the file, or move it away"):
        load(env)


def test_a_pipe_in_the_place_of_the_file_is_not_waited_for(
    config: Path, env: dict[str, str]
) -> None:
    os.mkfifo(config)
    with pytest.raises(SettingsError, match="no ordinary file"):
        load(env)


def test_bytes_that_are_no_text_are_no_value(env: dict[str, str], config: Path) -> None:
    with pytest.raises(SettingsError, match="IPCOM_CHAT_USER"):
        load(env | {"IPCOM_CHAT_USER": "\udcff"})
    with pytest.raises(SettingsError):
        save(config, "user", "\udcff")
    assert not config.exists()


def test_a_home_that_does_not_exist_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="HOME"):
        find_paths({"HOME": "/x", "IPCOM_CHAT_DATA_DIR": "~nobody-of-that-name/x"})


def test_a_relative_home_does_not_follow_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_paths({"HOME": "here"}).data_dir.is_absolute()


def test_a_link_to_a_file_of_dotfiles_stays_a_link(
    config: Path, env: dict[str, str], tmp_path: Path
) -> None:
    kept = tmp_path / "dotfiles.toml"
    kept.write_text("# mine\n")
    config.symlink_to(kept)
    save(config, "user", "ana")
    assert config.is_symlink()
    assert kept.read_text() == '# mine\nuser = "ana"\n'


def test_a_value_that_would_make_the_file_unreadable_is_not_saved(
    config: Path, env: dict[str, str]
) -> None:
    with pytest.raises(SettingsError):
        save(config, "user", "x" * 5_000)
    save(config, "user", "x" * 4_000)
    assert len(load(env)["user"]) == 4_000


def test_rules_of_all_sources_add_up_in_order(
    config: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.toml"
    monkeypatch.setattr(module, "SYSTEM_FILE", system)
    assert load(env)["tools.deny"] == ()
    system.write_text('[tools]\ndeny = ["shutdown *"]')
    config.write_text('[tools]\ndeny = ["apt  purge *", " ", "shutdown *"]\nallow = ["ls"]')
    found = load(env | {"IPCOM_CHAT_TOOLS_DENY": "reboot; halt *;"})
    assert found["tools.deny"] == ("shutdown *", "apt purge *", "reboot", "halt *")
    assert found.sources["tools.deny"] == f"{system}, {config}, IPCOM_CHAT_TOOLS_DENY"
    assert (found["tools.allow"], found.sources["tools.allow"]) == (("ls",), str(config))
    assert found["tools.ask"] == ()


@pytest.mark.parametrize("text", ["tools.allow = [1]", "tools.allow = 5", "tools.allow = true"])
def test_rules_are_texts(config: Path, env: dict[str, str], text: str) -> None:
    config.write_text(text)
    with pytest.raises(SettingsError, match=r"tools\.allow"):
        load(env)


def test_saving_rules_writes_an_array(config: Path, env: dict[str, str]) -> None:
    save(config, "tools.allow", "@read-only; systemctl status *")
    assert 'allow = ["@read-only", "systemctl status *"]' in config.read_text()
    assert load(env)["tools.allow"] == ("@read-only", "systemctl status *")


def test_ai_switched_off_in_etc_stays_off(
    config: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.toml"
    system.write_text("ai.enabled = false")
    monkeypatch.setattr(module, "SYSTEM_FILE", system)
    quiet = load(env)
    assert (quiet["ai.enabled"], quiet.overruled) == (False, {})
    config.write_text("ai.enabled = true")
    env["IPCOM_CHAT_AI_ENABLED"] = "true"
    for flags, tried in ((None, "IPCOM_CHAT_AI_ENABLED"), ({"ai.enabled": True}, "flag")):
        found = load(env, flags)
        assert not found["ai.enabled"]
        assert found.sources["ai.enabled"] == str(system)
        assert found.overruled == {"ai.enabled": tried}


def test_ai_switched_on_in_etc_is_no_policy(
    config: Path, env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.toml"
    system.write_text("ai.enabled = true")
    monkeypatch.setattr(module, "SYSTEM_FILE", system)
    config.write_text("ai.enabled = false")
    found = load(env)
    assert (found["ai.enabled"], found.sources["ai.enabled"]) == (False, str(config))

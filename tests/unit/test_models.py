"""Which models are configured, and whose key goes where."""

from pathlib import Path

import pytest

from ipcom_chat.assistant.endpoint import parse_model
from ipcom_chat.errors import AssistantSetupError, SettingsError
from ipcom_chat.models import chain, check_setting, configured, has_key, key_of, matching
from ipcom_chat.settings import Settings, load
from tests.support.env import isolated_env

LOCAL = "openai-compatible:qwen3:8b"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return isolated_env(tmp_path)


def loaded(env: dict[str, str], **variables: str) -> Settings:
    names = {"model": "IPCOM_CHAT_AI_MODEL", "url": "IPCOM_CHAT_AI_BASE_URL"}
    return load(env | {names.get(name, name): value for name, value in variables.items()})


def test_the_chain_is_the_model_and_what_follows_it(env: dict[str, str]) -> None:
    settings = loaded(
        env, model=LOCAL, IPCOM_CHAT_AI_FALLBACK=f"openai:gpt-6, {LOCAL},",
        IPCOM_CHAT_AI_MODELS="google:g, openai:gpt-6",
    )  # fmt: skip
    assert chain(settings) == (LOCAL, "openai:gpt-6")
    assert configured(settings) == (LOCAL, "openai:gpt-6", "google:g")
    assert matching(settings, "g") == "google:g"
    assert matching(settings, "qwen3:8b") == LOCAL
    assert matching(settings, "anthropic:new") == "anthropic:new"
    with pytest.raises(AssistantSetupError, match="VENDOR:NAME"):
        matching(settings, "nobody")


@pytest.mark.parametrize(
    ("key", "good", "bad"),
    [
        ("ai.model", "openai-compatible:qwen3:8b", "foo"),
        ("ai.model", f"{LOCAL}@http://127.0.0.1:1/v1", f"{LOCAL}@http://me:secret@127.0.0.1:1/v1"),
        ("ai.fallback", "openai:gpt-6, google:g,", "openai:gpt-6, foo"),
        ("ai.models", "google:g", "foo:bar"),
        ("ai.base_url", "http://127.0.0.1:11434/v1", "127.0.0.1:11434"),
        ("ai.base_url", "", "https://:1/v1"),
    ],
)
def test_a_setting_that_can_mean_nothing_is_refused(key: str, good: str, bad: str) -> None:
    check_setting(key, good)
    with pytest.raises(AssistantSetupError):
        check_setting(key, bad)
    check_setting("user", bad)


def test_one_name_of_two_vendors_is_ambiguous(env: dict[str, str]) -> None:
    settings = loaded(env, model="openai:m", IPCOM_CHAT_AI_MODELS="google:m")
    with pytest.raises(AssistantSetupError, match="openai:m, google:m"):
        matching(settings, "m")


def test_without_ai_there_is_no_model(env: dict[str, str]) -> None:
    settings = loaded(env, model=LOCAL, IPCOM_CHAT_AI_ENABLED="false")
    assert chain(settings) == ()
    with pytest.raises(SettingsError, match=r"ai\.enabled = false in IPCOM_CHAT_AI_ENABLED"):
        matching(settings, LOCAL)


@pytest.mark.parametrize(
    ("vendor", "variable"),
    [
        ("openai", "OPENAI_API_KEY"),
        ("anthropic", "ANTHROPIC_API_KEY"),
        ("google", "GEMINI_API_KEY"),
    ],
)
def test_the_key_of_a_vendor_is_for_that_vendor_alone(
    env: dict[str, str], vendor: str, variable: str
) -> None:
    settings = loaded(env, **{variable: "its-key"}, model=LOCAL, url="http://127.0.0.1:1/v1")
    for name in ("openai:m", "anthropic:m", "google:m", LOCAL):
        model = parse_model(name)
        own = "its-key" if model.vendor == vendor else None
        assert key_of(settings, model) == own
        assert has_key(settings, model) == bool(own)


def test_the_general_key_goes_to_the_server_of_the_usual_model_alone(env: dict[str, str]) -> None:
    settings = loaded(env, model=LOCAL, url="http://127.0.0.1:1/v1", IPCOM_CHAT_AI_API_KEY="k")
    assert key_of(settings, parse_model(LOCAL)) == "k"
    assert key_of(settings, parse_model("openai-compatible:other")) == "k"
    assert key_of(settings, parse_model("openai-compatible:x@http://127.0.0.1:2/v1")) is None
    assert key_of(settings, parse_model("openai:gpt-6")) is None


def test_a_key_comes_from_a_file_or_a_command(env: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from-file\n")
    file.chmod(0o600)
    by_file = loaded(env, model="openai:m", IPCOM_CHAT_AI_API_KEY_FILE=str(file))
    assert key_of(by_file, parse_model("openai:m")) == "from-file"
    file.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        key_of(by_file, parse_model("openai:m"))
    line = "sh -c 'echo of-$IPCOM_CHAT_AI_VENDOR'"
    by_command = loaded(env, model="anthropic:m", IPCOM_CHAT_AI_API_KEY_COMMAND=line)
    assert key_of(by_command, parse_model("anthropic:m")) == "of-anthropic"
    failing = loaded(env, model="openai:m", IPCOM_CHAT_AI_API_KEY_COMMAND="false")
    with pytest.raises(SettingsError, match=r"ai\.api_key_command did not give the AI's key"):
        key_of(failing, parse_model("openai:m"))

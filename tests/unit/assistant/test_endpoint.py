"""The settings that say where an AI is reached."""

import pytest

from ipcom_chat.assistant.endpoint import (
    VENDOR_URLS,
    Endpoint,
    ModelName,
    Vendor,
    parse_model,
)
from ipcom_chat.errors import AssistantSetupError


@pytest.mark.parametrize(
    ("setting", "vendor", "name", "url"),
    [
        ("openai:gpt-5", "openai", "gpt-5", None),
        ("anthropic:claude-sonnet-5-5", "anthropic", "claude-sonnet-5-5", None),
        ("google:gemini-3-pro", "google", "gemini-3-pro", None),
        (" openai-compatible:qwen3:8b ", "openai-compatible", "qwen3:8b", None),
        ("openai-compatible:meta/llama-4", "openai-compatible", "meta/llama-4", None),
        ("openai-compatible:m@2@http://h/v1", "openai-compatible", "m@2", "http://h/v1"),
        ("anthropic:c@https://gate.example", "anthropic", "c", "https://gate.example"),
    ],
)
def test_a_setting_is_vendor_and_name_and_perhaps_an_address(
    setting: str, vendor: Vendor, name: str, url: str | None
) -> None:
    assert parse_model(setting) == ModelName(vendor=vendor, name=name, base_url=url)


@pytest.mark.parametrize(
    "setting", ["", "gpt-5", "openai:", "openai: ", ":gpt-5", "OpenAI:gpt-5", "ollama:x"]
)
def test_anything_else_says_the_form(setting: str) -> None:
    with pytest.raises(AssistantSetupError, match="VENDOR:NAME"):
        parse_model(setting)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/v1",
        "127.0.0.1:11434",
        "http://",
        "http://x:99999/v1",
        "https://me:pw@x/v1",
        "http://[x",
    ],
)
def test_what_is_no_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(AssistantSetupError) as caught:
        Endpoint.parse("openai-compatible", url)
    assert "pw" not in str(caught.value).replace("password", "")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google"])
def test_without_an_address_a_vendor_is_reached_itself_and_wants_a_key(vendor: str) -> None:
    endpoint = Endpoint.of_model(parse_model(f"{vendor}:m"), "http://127.0.0.1:9/v1")
    assert endpoint.base_url == VENDOR_URLS[vendor]
    assert endpoint.is_safe_for_keys
    with pytest.raises(AssistantSetupError, match="_API_KEY"):
        endpoint.checked_key(None)


def test_the_address_in_a_model_goes_before_the_setting() -> None:
    model = parse_model("openai-compatible:m@http://127.0.0.1:1/v1")
    endpoint = Endpoint.of_model(model, "http://127.0.0.1:2/v1")
    assert endpoint.base_url == "http://127.0.0.1:1/v1"
    assert endpoint.checked_key(None) is None


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]:8080/v1", True),
        ("http://localhost:8080/v1", True),
        ("https://ai.example.net/v1", True),
        ("http://ai.example.net/v1", False),
        ("http://192.168.0.7:11434/v1", False),
        ("http://localhost.example.net/v1", False),
    ],
)
def test_keys_travel_encrypted_or_not_at_all(url: str, safe: bool) -> None:
    assert Endpoint.parse("openai-compatible", url).is_safe_for_keys is safe

"""The settings that say where an AI is reached."""

import pytest

from ipcom_chat.assistant.endpoint import OPENAI_BASE_URL, Endpoint, ModelName, parse_model
from ipcom_chat.errors import AssistantSetupError


@pytest.mark.parametrize(
    ("setting", "vendor", "name"),
    [
        ("openai:gpt-5", "openai", "gpt-5"),
        (" openai-compatible:qwen3:8b ", "openai-compatible", "qwen3:8b"),
        ("openai-compatible:meta/llama-4", "openai-compatible", "meta/llama-4"),
    ],
)
def test_a_setting_is_vendor_and_name(setting: str, vendor: str, name: str) -> None:
    assert parse_model(setting) == ModelName(vendor=vendor, name=name)


@pytest.mark.parametrize("setting", ["", "gpt-5", "openai:", ":gpt-5", "OpenAI:gpt-5", "ollama:x"])
def test_anything_else_says_the_form(setting: str) -> None:
    with pytest.raises(AssistantSetupError, match="openai-compatible:NAME"):
        parse_model(setting)


@pytest.mark.parametrize("setting", ["anthropic:m1", "google:m1"])
def test_other_vendors_are_reached_through_their_compatible_server(setting: str) -> None:
    with pytest.raises(AssistantSetupError, match=r"openai-compatible:m1 and .* https://"):
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
        Endpoint.parse(url)
    assert "pw" not in str(caught.value).replace("password", "")
    assert caught.value.__cause__ is None


def test_no_address_is_openai_itself() -> None:
    endpoint = Endpoint.parse(None)
    assert endpoint.base_url == OPENAI_BASE_URL
    assert endpoint.is_openai
    assert endpoint.is_safe_for_keys


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
    assert Endpoint.parse(url).is_safe_for_keys is safe

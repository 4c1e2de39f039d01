"""Where an AI is reached: the settings `ai.model` and `ai.base_url`, taken apart and checked."""

from ipaddress import ip_address
from typing import Self
from urllib.parse import urlsplit

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _

OPENAI_BASE_URL = "https://api.openai.com/v1"

_COMPATIBLE_URLS = {
    "anthropic": "https://api.anthropic.com/v1/",
    "google": "https://generativelanguage.googleapis.com/v1beta/openai/",
}
"""Where other vendors themselves speak OpenAI's chat completions."""


class ModelName(msgspec.Struct, frozen=True, kw_only=True):
    """The setting `ai.model`, taken apart."""

    vendor: str
    name: str


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The server that questions go to."""

    base_url: str
    """Up to and with `/v1`."""
    scheme: str
    host: str

    @classmethod
    def parse(cls, base_url: str | None) -> Self:
        """Check an address; None is OpenAI itself.

        Raises:
            AssistantSetupError: it is no address of a server, or holds a password.
        """
        url = base_url or OPENAI_BASE_URL
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port  # a wrong port is found when it is read
        except ValueError:
            raise _not_an_address() from None
        if not host or parts.scheme not in {"http", "https"} or parts.username is not None:
            raise _not_an_address()
        return cls(base_url=url, scheme=parts.scheme, host=one_line(host))

    @classmethod
    def of_model(cls, model: ModelName, base_url: str | None) -> Self:
        """Return the server of a model, given the setting `ai.base_url`.

        With the vendor `openai` the setting is left aside, so that OpenAI's key never goes to a
        server that was configured for another model.

        Raises:
            AssistantSetupError: the address is missing or wrong.
        """
        if model.vendor == "openai":
            return cls.parse(None)
        if not base_url:
            raise AssistantSetupError(
                _(
                    "ai.base_url is missing: set it to the address of the server, for instance"
                    " http://127.0.0.1:11434/v1 for Ollama."
                )
            )
        return cls.parse(base_url)

    @property
    def is_openai(self) -> bool:
        """Whether this is OpenAI itself."""
        return self.base_url == OPENAI_BASE_URL

    @property
    def is_loopback(self) -> bool:
        """Whether the server runs on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def is_safe_for_keys(self) -> bool:
        """Whether a key can be sent there without others on the network reading it."""
        return self.scheme == "https" or self.is_loopback


def parse_model(setting: str) -> ModelName:
    """Take `VENDOR:NAME` apart; the name may hold colons itself (`qwen3:8b`).

    Raises:
        AssistantSetupError: the form is wrong, or this version cannot talk to that vendor.
    """
    vendor, _colon, name = setting.strip().partition(":")
    if url := _COMPATIBLE_URLS.get(vendor):
        raise AssistantSetupError(
            _(
                "This version speaks to OpenAI-compatible servers only; {vendor} has such a server:"
                " set ai.model to openai-compatible:{name} and ai.base_url to {url}",
                vendor=vendor,
                name=one_line(name) or "NAME",
                url=url,
            )
        )
    if vendor not in {"openai", "openai-compatible"} or not name:
        raise AssistantSetupError(
            _(
                "ai.model is '{setting}'; write it as openai:NAME or openai-compatible:NAME.",
                setting=one_line(setting),
            )
        )
    return ModelName(vendor=vendor, name=name)


def _not_an_address() -> AssistantSetupError:
    return AssistantSetupError(
        _(
            "ai.base_url is not an address: write it like http://127.0.0.1:11434/v1 or"
            " https://server.example/v1, without a name or password in it."
        )
    )

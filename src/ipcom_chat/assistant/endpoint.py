"""Where an AI is reached: the settings `ai.model` and `ai.base_url`, taken apart and checked."""

import re
from ipaddress import ip_address
from typing import Final, Literal, Self, cast, get_args
from urllib.parse import urlsplit

import msgspec

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _

Vendor = Literal["openai", "anthropic", "google", "openai-compatible"]
COMPATIBLE: Final = "openai-compatible"

VENDOR_URLS: Final[dict[str, str]] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
}
VENDOR_NAMES: Final[dict[str, str]] = {
    "openai": "OpenAI", "anthropic": "Anthropic", "google": "Google", COMPATIBLE: "the AI"
}  # fmt: skip
KEY_VARIABLES: Final[dict[str, str]] = {
    "openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY", "google": "GEMINI_API_KEY"
}  # fmt: skip

_ADDRESS = re.compile(r"@(?=https?://)")


class ModelName(msgspec.Struct, frozen=True, kw_only=True):
    """The setting `ai.model`, taken apart."""

    vendor: Vendor
    name: str
    base_url: str | None = None
    """Where it is reached, if the setting says so itself."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The server that questions go to."""

    vendor: Vendor
    base_url: str
    """Without the path of a call; for OpenAI and compatible servers up to and with `/v1`."""
    scheme: str
    host: str

    @classmethod
    def parse(cls, vendor: Vendor, url: str) -> Self:
        """Check an address.

        Raises:
            AssistantSetupError: it is no address of a server, or holds a password.
        """
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port  # a wrong port is found when it is read
        except ValueError:
            raise _not_an_address() from None
        if not host or parts.scheme not in {"http", "https"} or parts.username is not None:
            raise _not_an_address()
        return cls(vendor=vendor, base_url=url, scheme=parts.scheme, host=one_line(host))

    @classmethod
    def of_model(cls, model: ModelName, base_url: str | None) -> Self:
        """Return the server of a model, given the setting `ai.base_url`.

        That setting is for the vendor `openai-compatible` alone, so that the key of a vendor never
        goes to a server that was configured for another model.

        Raises:
            AssistantSetupError: the address is missing or wrong.
        """
        if model.base_url:
            return cls.parse(model.vendor, model.base_url)
        if model.vendor != COMPATIBLE:
            return cls.parse(model.vendor, VENDOR_URLS[model.vendor])
        if not base_url:
            raise AssistantSetupError(
                _(
                    "ai.base_url is missing: set it to the address of the server, for instance"
                    " http://127.0.0.1:11434/v1 for Ollama."
                )
            )
        return cls.parse(model.vendor, base_url)

    @property
    def wants_key(self) -> bool:
        """Whether nothing is answered there without a key."""
        return VENDOR_URLS.get(self.vendor) == self.base_url

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

    def checked_key(self, key: str | None) -> str | None:
        """Return the key to send, if any.

        Raises:
            AssistantSetupError: it is missing, is none, or others could read it on its way.
        """
        key = (key or "").strip() or None
        if key is not None and not (key.isascii() and key.isprintable()):
            raise AssistantSetupError(
                _("The key for the AI holds characters that no key has; copy it again.")
            )
        if key is None and self.wants_key:
            raise AssistantSetupError(
                _(
                    "The key for {vendor} is missing: put it into the variable {variable}.",
                    vendor=VENDOR_NAMES[self.vendor],
                    variable=KEY_VARIABLES[self.vendor],
                )
            )
        if key is not None and not self.is_safe_for_keys:
            raise AssistantSetupError(
                _(
                    "The key was not sent, because {host} is reached over plain http, where others"
                    " can read it: use https in ai.base_url, or remove the key.",
                    host=self.host,
                )
            )
        return key


def parse_model(setting: str) -> ModelName:
    """Take `VENDOR:NAME` or `VENDOR:NAME@ADDRESS` apart; the name may hold colons (`qwen3:8b`).

    Raises:
        AssistantSetupError: the form is wrong, or there is no such vendor.
    """
    vendor, _colon, rest = setting.strip().partition(":")
    name, *address = _ADDRESS.split(rest, maxsplit=1)
    if vendor not in get_args(Vendor) or not name.strip():
        raise AssistantSetupError(
            _(
                "A model is written as VENDOR:NAME, with the vendor openai, anthropic, google or"
                " openai-compatible; '{setting}' is not.",
                setting=one_line(setting),
            )
        )
    return ModelName(
        vendor=cast("Vendor", vendor), name=name.strip(), base_url=address[0] if address else None
    )


def _not_an_address() -> AssistantSetupError:
    return AssistantSetupError(
        _(
            "ai.base_url is not an address: write it like http://127.0.0.1:11434/v1 or"
            " https://server.example/v1, without a name or password in it."
        )
    )

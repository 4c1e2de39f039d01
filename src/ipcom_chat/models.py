"""Which AI models are configured, in which order, and where the key of each comes from.

Invariant: the key of a vendor goes to that vendor and to nobody else; the general key (`ai.api_key`
and its file or command) belongs to the server of `ai.model`.
"""

from ipcom_chat.assistant.endpoint import COMPATIBLE, Endpoint, ModelName, parse_model
from ipcom_chat.errors import AssistantSetupError, SettingsError
from ipcom_chat.i18n import _
from ipcom_chat.secret_sources import Sought, from_settings
from ipcom_chat.settings import Secret, Settings

VENDOR_VARIABLE = "IPCOM_CHAT_AI_VENDOR"
"""Tells the command in `ai.api_key_command` whose key is wanted."""


def chain(settings: Settings) -> tuple[str, ...]:
    """Return the models that are asked in turn, as the settings write them; none without AI."""
    if not settings["ai.enabled"] or not settings["ai.model"]:
        return ()
    return tuple(dict.fromkeys([settings["ai.model"].strip(), *_listed(settings, "ai.fallback")]))


def configured(settings: Settings) -> tuple[str, ...]:
    """Return all models that a person may choose, the usual one first."""
    return tuple(dict.fromkeys([*chain(settings), *_listed(settings, "ai.models")]))


def matching(settings: Settings, text: str) -> str:
    """Return the model that a person means: one of the configured by name, or any `VENDOR:NAME`.

    Raises:
        AssistantSetupError: several have that name, or it is neither.
        SettingsError: AI is switched off.
    """
    if not settings["ai.enabled"]:
        raise SettingsError(
            _("AI is switched off (ai.enabled = false in {source}).",
              source=settings.sources["ai.enabled"])
        )  # fmt: skip
    known = configured(settings)
    named = [each for each in known if text in {each, parse_model(each).name}]
    if len(named) > 1:
        raise AssistantSetupError(
            _("Several models are called {name}: {models}", name=text, models=", ".join(named))
        )
    if named:
        return named[0]
    parse_model(text)
    return text


def check_setting(key: str, text: str) -> None:
    """Look whether a setting of the AI can be used, before it is written; an empty one can.

    Args:
        key: any setting.
        text: its value, as it is written.

    Raises:
        AssistantSetupError: it is no model where one stands, or no address of a server.
    """
    if not text.strip():
        return
    if key == "ai.base_url":
        Endpoint.parse(COMPATIBLE, text)
    elif key == "ai.model":
        _check_model(text)
    elif key in {"ai.fallback", "ai.models"}:
        for each in _split(text):
            _check_model(each)


def _check_model(text: str) -> None:
    model = parse_model(text)
    if model.base_url:
        Endpoint.parse(model.vendor, model.base_url)


def key_of(settings: Settings, model: ModelName) -> str | None:
    """Return the key for a model, None if none is configured; it may run a command.

    Raises:
        SettingsError: the file or the command that should hold it does not.
    """
    if model.vendor != COMPATIBLE:
        own: Secret | None = settings[f"ai.{model.vendor}_api_key"]
        if own:
            return own.reveal()
    return _general_key(settings, model) if _is_usual(settings, model) else None


def has_key(settings: Settings, model: ModelName) -> bool:
    """Return whether a key is configured, without reading a file or running a command."""
    if model.vendor != COMPATIBLE and settings[f"ai.{model.vendor}_api_key"]:
        return True
    names = ("ai.api_key", "ai.api_key_file", "ai.api_key_command")
    return _is_usual(settings, model) and any(settings[name] for name in names)


def _general_key(settings: Settings, model: ModelName) -> str | None:
    sought = Sought(
        what=_("the AI's key"),
        file_variable="ai.api_key_file",
        command_variable="ai.api_key_command",
    )
    return from_settings(settings, "ai.api_key", sought, {VENDOR_VARIABLE: model.vendor})


def _is_usual(settings: Settings, model: ModelName) -> bool:
    """Return whether a model is reached at the same place as the usual one."""
    if not settings["ai.model"]:
        return False
    try:
        usual = parse_model(settings["ai.model"])
        base_url = settings["ai.base_url"]
        return Endpoint.of_model(usual, base_url) == Endpoint.of_model(model, base_url)
    except AssistantSetupError:
        return False


def _listed(settings: Settings, key: str) -> list[str]:
    return _split(settings[key] or "")


def _split(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]

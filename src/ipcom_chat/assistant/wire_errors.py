"""What the errors of an AI's wire mean: one foreign exception, one error of ours.

Importing this module imports pydantic_ai.

Invariant: no message holds the key.
"""

from pydantic_ai import exceptions as foreign

from ipcom_chat.assistant.endpoint import Endpoint
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import (
    AssistantBusyError,
    AssistantError,
    AssistantQuotaError,
    AssistantSetupError,
)
from ipcom_chat.i18n import _
from ipcom_chat.reasons import reason_behind

MAX_REASON_CHARS = 200


class Translator:
    """Translates the errors of one model behind one endpoint."""

    def __init__(self, model: str, endpoint: Endpoint, key: str | None, timeout_s: float) -> None:
        self._model = model
        self._endpoint = endpoint
        self._key = key
        self._timeout_s = timeout_s

    def translated(self, error: Exception) -> AssistantError:
        """Return the error of ours that says what a foreign one means."""
        if _broke_off(error):
            return self.cut_off()
        names = {"model": self._model, "host": self._endpoint.host, "reason": self._reason(error)}
        for kinds, ours, text in _meanings(names, self._timeout_s):
            if isinstance(error, kinds):
                return ours(text)
        text = _("{host} sent an answer that could not be used: {reason}.", **names)
        return AssistantError(text)

    def cut_off(self) -> AssistantBusyError:
        """Return the error of an answer that broke off."""
        return AssistantBusyError(
            _(
                "The connection to {host} broke off in the middle of the answer; what arrived is"
                " kept, ask again for the rest.",
                host=self._endpoint.host,
            )
        )

    def _reason(self, error: BaseException) -> str:
        """Return what the server or the network said, on one line, short, without the key."""
        said = _said(error)
        if isinstance(error, foreign.ModelConnectionError):
            said = reason_behind(error) or said
        text = one_line(said) or type(error).__name__
        if self._key:
            text = text.replace(self._key, "***")
        return text[:MAX_REASON_CHARS].rstrip(". ")


def knows_no_tools(error: Exception) -> bool:
    """Return whether a model refused a request because it cannot use tools."""
    rejected = isinstance(error, foreign.ModelRequestRejectedError)
    return rejected and "tool" in _said(error).lower()


def _said(error: BaseException) -> str:
    """Return the message in the server's own words, or that of the innermost cause."""
    body = getattr(error, "body", None)
    if isinstance(body, dict) and isinstance(message := body.get("message"), str):
        return message
    return str(error) if error.__cause__ is None else _said(error.__cause__)


def _broke_off(error: Exception) -> bool:
    """Return whether the connection was lost while the answer was being read."""
    lost = isinstance(error, foreign.ModelConnectionError) and error.phase == "read"
    return lost and not isinstance(error, foreign.ModelTimeoutError)


_Meaning = tuple[tuple[type[Exception], ...], type[AssistantError], str]


def _meanings(names: dict[str, str], timeout_s: float) -> list[_Meaning]:
    """Return what the errors of pydantic-ai mean; the first that fits holds."""
    return [*_troubles(names, timeout_s), *_refusals(names), *_failures(names)]


def _troubles(names: dict[str, str], timeout_s: float) -> list[_Meaning]:
    """Return what the errors mean that may be gone a little later."""
    return [
        (
            (foreign.ModelRateLimitError,),
            AssistantBusyError,
            _("{host} limits how often it may be asked; wait a moment and ask again.", **names),
        ),
        (
            (foreign.ModelTimeoutError, foreign.ModelRequestTimeout),
            AssistantBusyError,
            _(
                "{host} sent nothing for {seconds} seconds; ask again, or give a slow model more"
                " time in the settings.",
                seconds=f"{timeout_s:g}",
                **names,
            ),
        ),
        (
            (foreign.ModelConnectionError,),
            AssistantBusyError,
            _(
                "No connection to {host} ({reason}); check that the server runs and that"
                " ai.base_url is right, then ask again.",
                **names,
            ),
        ),
        (
            (foreign.ModelUnavailableError, foreign.ModelServerError),
            AssistantBusyError,
            _("{host} has trouble of its own just now ({reason}); ask again later.", **names),
        ),
    ]


def _refusals(names: dict[str, str]) -> list[_Meaning]:
    """Return what the errors mean that somebody must mend: account, key or settings."""
    return [
        (
            (foreign.ModelQuotaExceededError,),
            AssistantQuotaError,
            _("The account at {host} has no credit or quota left; top it up there.", **names),
        ),
        (
            (foreign.ModelAuthenticationError,),
            AssistantSetupError,
            _("{host} refused the key; check that it is right and may use {model}.", **names),
        ),
        (
            (foreign.ModelNotFoundError,),
            AssistantSetupError,
            _("{host} does not know {model}; check ai.model and ai.base_url.", **names),
        ),
    ]


def _failures(names: dict[str, str]) -> list[_Meaning]:
    """Return what the errors mean that are about one question or its answer."""
    return [
        (
            (foreign.ModelContextWindowExceededError,),
            AssistantError,
            _("This is too long for {model}; shorten the question or begin with /clear.", **names),
        ),
        (
            (foreign.ContentFilterError,),
            AssistantError,
            _("{host} refused to answer this question; put it in other words.", **names),
        ),
        (
            (foreign.ModelRequestRejectedError,),
            AssistantError,
            _("{host} rejected the request: {reason}.", **names),
        ),
        (
            (foreign.UnexpectedModelBehavior,),
            AssistantError,
            _(
                "{host} sent an empty answer; ask again, and check ai.base_url if it always does.",
                **names,
            ),
        ),
    ]

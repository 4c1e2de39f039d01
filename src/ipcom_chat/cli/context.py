"""What a verb gets: the settings of this process, and the runtime, opened when first needed."""

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipcom_chat import i18n
from ipcom_chat import settings as settings_module
from ipcom_chat.cli import output
from ipcom_chat.errors import IpcomChatError, SettingsError
from ipcom_chat.formats import recovered
from ipcom_chat.i18n import Language
from ipcom_chat.settings import FLAG, Settings

if TYPE_CHECKING:
    from ipcom_chat.runtime import Runtime


class CliContext:
    """One run of the program. Close it."""

    def __init__(
        self, environment: Mapping[str, str], flags: Mapping[str, Any], *, debug: bool = False
    ) -> None:
        self.environment = environment
        self.paths = settings_module.find_paths(environment)
        self.debug = debug
        self.resume: str | None = None
        """The session to go on with, as the command line says it."""
        self._runtime: Runtime | None = None
        self._settings: Settings | SettingsError
        try:
            self._settings = settings_module.load(environment, flags)
        except SettingsError as error:
            self._settings = error

    @property
    def settings(self) -> Settings:
        """The settings.

        Raises:
            SettingsError: one of them is wrong.
        """
        if isinstance(self._settings, SettingsError):
            raise self._settings
        return self._settings

    @property
    def settings_error(self) -> SettingsError | None:
        """Why the settings cannot be used; `config` and `doctor` work all the same."""
        return self._settings if isinstance(self._settings, SettingsError) else None

    @property
    def language(self) -> Language:
        """The language of the screen, also when the settings cannot be used."""
        if isinstance(self._settings, SettingsError):
            return i18n.language()
        return self._settings.language

    @cached_property
    def styled(self) -> bool:
        """Whether stdout shows bold."""
        return output.is_styled(self.environment)

    @property
    def runtime(self) -> "Runtime":
        """The open replica and its services.

        Raises:
            StorageError: it cannot be opened.
        """
        if self._runtime is None:
            from ipcom_chat.runtime import Runtime  # noqa: PLC0415 - brings SQLite

            self._runtime = Runtime(self.settings)
            self._runtime.resume = self.resume or None
            if self._runtime.recovery is not None:
                recovery = self._runtime.recovery
                sentence = recovered(recovery.set_aside, recovery.entries)
                output.note(f"{output.PROGRAM}: {sentence}")
        return self._runtime

    @property
    def mode_is_given(self) -> bool:
        """Whether a flag of this command line says where to read."""
        return self.settings.sources["history.mode"] == FLAG

    def open_log(self) -> Path | None:
        """Open the log; return where it is, None if it cannot be written."""
        from ipcom_chat import logs  # noqa: PLC0415 - plain verbs write no log

        return logs.open_log(self.paths.log_file, debug=self.debug)

    def close(self) -> None:
        """Close the replica; what cannot be written any more is told, and changes nothing.

        Whoever asks for the runtime afterwards opens it again.
        """
        runtime, self._runtime = self._runtime, None
        if runtime is None:
            return
        try:
            runtime.close()
        except IpcomChatError as error:
            output.fail(str(error))


def from_process(flags: Mapping[str, Any], *, debug: bool) -> CliContext:
    """Return the context of this process's environment."""
    return CliContext(os.environ, flags, debug=debug)

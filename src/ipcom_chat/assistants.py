"""What can answer in this process, and what it may do, from the settings.

Nothing is imported here that is heavy, and nothing runs before it is asked for.
"""

import os
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from ipcom_chat import models
from ipcom_chat.assistant.agent import AgentAssistant, Reach
from ipcom_chat.assistant.base import Assistant, Limits
from ipcom_chat.assistant.endpoint import parse_model
from ipcom_chat.assistant.fallback import FallbackAssistant
from ipcom_chat.assistant.knowledge import KnowledgeAssistant
from ipcom_chat.assistant.permissions import Permissions, Rules
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.clock import Clock
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _
from ipcom_chat.services.asking import Terms
from ipcom_chat.settings import Settings

if TYPE_CHECKING:
    from ipcom_chat.assistant.mcp_client import McpServers
    from ipcom_chat.assistant.mcp_config import McpConfig


class Assistants:
    """The assistants of one process."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self.problem: str | None = None
        """Why a configured AI is not used, if one is not."""

    def models(self) -> tuple[str, ...]:
        """Return the AI models that are configured, the usual one first."""
        return models.configured(self._settings)

    def build(self, model: str | None = None) -> Assistant:
        """Return what answers: the configured AI and what follows it, or what is known here.

        An AI whose settings are wrong leaves `problem` and what follows it.

        Args:
            model: another one than the usual one, as a person names it.

        Raises:
            AssistantSetupError, SettingsError: there is no such model.
        """
        wanted = models.chain(self._settings)
        if model is not None:
            named = models.matching(self._settings, model)
            wanted = (named, *(each for each in wanted if each != named))
        chain: list[Assistant] = []
        for place, each in enumerate(wanted):
            try:
                chain.append(self._ai(each))
            except AssistantSetupError as error:
                if model is not None and place == 0:
                    raise
                self.problem = self.problem or str(error)
        known = KnowledgeAssistant(self._playbooks, self._clock, stands_in=bool(wanted))
        return FallbackAssistant([*chain, known]) if chain else known

    def terms(self) -> Terms:
        """Return on what terms questions are asked."""
        limits = Limits(
            requests=self._settings["ai.max_requests"],
            time_s=self._settings["ai.max_seconds"],
            command_s=self._settings["tools.timeout"],
            context_tokens=self._settings["ai.context_tokens"],
        )
        return Terms(limits=limits, permissions=self.permissions)

    @cached_property
    def permissions(self) -> Permissions:
        """What commands and tools may do, by the rules of the settings."""
        return Permissions(
            Rules(
                allow=self._settings["tools.allow"],
                ask=self._settings["tools.ask"],
                deny=self._settings["tools.deny"],
            )
        )

    def tool_facts(self) -> Sequence[tuple[str, str]]:
        """Return what `/tools` shows: the rules, and the programs whose tools can be used."""
        settings, nothing = self._settings, _("none")
        limits = _("{requests} requests, {seconds} s a question, {command} s a command",
                   requests=settings["ai.max_requests"], seconds=settings["ai.max_seconds"],
                   command=settings["tools.timeout"])  # fmt: skip
        servers = ", ".join(each.name for each in self._mcp_config.servers)
        return (
            (_("Runs without a question"), "; ".join(settings["tools.allow"]) or nothing),
            (_("Is asked about"), "; ".join(settings["tools.ask"]) or _("everything else")),
            (_("Never runs"), "; ".join(settings["tools.deny"]) or nothing),
            (_("Limits"), limits),
            (_("MCP servers"), servers or nothing),
            *(("", problem) for problem in self._mcp_config.problems),
        )

    def _ai(self, setting: str) -> Assistant:
        model = parse_model(setting)
        reach = Reach(
            base_url=self._settings["ai.base_url"],
            key=lambda: models.key_of(self._settings, model),
            timeout_s=self._settings["ai.timeout"],
            max_retries=self._settings["ai.max_retries"],
        )
        return AgentAssistant(model, reach, playbooks=self._playbooks, foreign=self._mcp_servers)

    @cached_property
    def _mcp_config(self) -> "McpConfig":
        from ipcom_chat.assistant.mcp_config import read_mcp_config  # noqa: PLC0415 - few have one

        return read_mcp_config(self._settings.paths.mcp_files, os.environ)

    @cached_property
    def _mcp_servers(self) -> "McpServers | None":
        """The tools of other programs, for all models together; None if none are named."""
        from ipcom_chat.assistant.mcp_client import McpServers  # noqa: PLC0415 - few have one

        config = self._mcp_config
        if not (config.servers or config.problems):
            return None
        return McpServers(config.servers, config.problems)

    def _playbooks(self) -> tuple[Playbook, ...]:
        from ipcom_chat.assistant.playbook_loading import load_playbooks  # noqa: PLC0415 - late

        return load_playbooks(self._settings.paths.playbook_dirs)[0]

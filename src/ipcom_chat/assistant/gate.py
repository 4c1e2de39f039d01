"""The gate before everything that is run: the rules first, then the person.

Invariants: nothing passes that a rule denies, whoever says yes; what is dangerous is asked twice;
what runs is what was shown; a line that the person has edited is judged anew; where nobody can be
asked, only what a rule allows runs; in a plan nothing runs.
"""

import asyncio

from ipcom_chat.assistant.base import RUN_COMMAND, Approval, Approve, Decision
from ipcom_chat.assistant.permissions import Judgement, Permissions, Verdict
from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.i18n import _


class RuledGate:
    """The gate of one request.

    Args:
        permissions: of the session; what is allowed for good is remembered there.
        approve: asks the person; None where nobody can be asked.
        is_plan: whether only a plan is wanted.
    """

    def __init__(
        self, permissions: Permissions, approve: Approve | None, *, is_plan: bool = False
    ) -> None:
        self._permissions = permissions
        self._approve = approve
        self._is_plan = is_plan
        # A model may ask for several things at once; a person is asked about one after another.
        self._one_by_one = asyncio.Lock()

    async def command(self, call_id: str, line: str) -> Decision:
        """See `Gate`."""
        if self._is_plan:
            return _refusal(_("this is a plan, so nothing runs"))
        async with self._one_by_one:
            return await self._judged(call_id, line, is_typed=False)

    async def check(self, line: str) -> Decision:
        """See `Gate`."""
        judged = await asyncio.to_thread(self._permissions.judge, line)
        if judged.verdict is Verdict.DENY:
            return _ruled(judged, line)
        return Decision(allowed=True, command=line)

    async def typed(self, call_id: str, line: str) -> Decision:
        """Return whether a line may run that the person has typed: that was the first yes."""
        return await self._judged(call_id, line, is_typed=True)

    async def tool(
        self, call_id: str, name: str, call: str, *, is_harmless: bool = False
    ) -> Decision:
        """See `Gate`."""
        if self._is_plan:
            return _refusal(_("this is a plan, so nothing runs"))
        async with self._one_by_one:
            judged = self._permissions.judge_tool(name)
            if judged.verdict in {Verdict.ALLOW, Verdict.DENY}:
                return _ruled(judged, call)
            if is_harmless and judged.rule is None:
                return Decision(allowed=True)
            said = await self._ask(
                Approval(call_id=call_id, tool=name, command=call, reasons=judged.reasons)
            )
            if said.allowed and said.always:
                self._permissions.allow_tool_in_session(name)
            return said

    async def _judged(self, call_id: str, line: str, *, is_typed: bool) -> Decision:
        # A sequence that a terminal would swallow, with all that stands in it, is not there for
        # the person either: what runs is what can be shown.
        line = neutralise(line)
        if not line.strip():
            return _refusal(_("the line was emptied"))
        # Parsing a long line takes milliseconds, which belong to the screen.
        judged = await asyncio.to_thread(self._permissions.judge, line)
        if judged.verdict in {Verdict.ALLOW, Verdict.DENY}:
            return _ruled(judged, line)
        if judged.verdict is Verdict.ASK and is_typed:
            return Decision(allowed=True, command=line)
        rounds = (True,) if is_typed else (False, True)
        for is_second in rounds[: 1 if judged.verdict is Verdict.ASK else 2]:
            said = await self._ask(
                Approval(
                    call_id=call_id,
                    tool=RUN_COMMAND,
                    command=line,
                    reasons=judged.reasons,
                    is_second=is_second,
                )
            )
            if not said.allowed:
                return said
            if said.command is not None and said.command != line:
                return await self._edited(call_id, said.command)
        if said.always and judged.verdict is Verdict.ASK:
            self._permissions.allow_in_session(line)
        return Decision(allowed=True, command=line)

    async def _edited(self, call_id: str, line: str) -> Decision:
        """Judge a line that the person wrote himself: what was only asked about, he has allowed."""
        return await self._judged(call_id, line, is_typed=True)

    async def _ask(self, approval: Approval) -> Decision:
        if self._approve is None:
            return _refusal(_("nobody can be asked here, and no rule allows it"))
        return await self._approve(approval)


def _ruled(judged: Judgement, line: str) -> Decision:
    if judged.verdict is Verdict.ALLOW:
        return Decision(allowed=True, command=line)
    return _refusal(_("the rule {rule!r} denies it", rule=judged.rule or ""))


def _refusal(reason: str) -> Decision:
    return Decision(allowed=False, reason=reason)

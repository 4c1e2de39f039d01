"""What may run: the rules of permission. Provisional: asks about everything that no rule names."""

from enum import StrEnum
from fnmatch import fnmatchcase

import msgspec


class Verdict(StrEnum):
    ALLOW = "allow"
    ASK = "ask"
    ASK_TWICE = "ask_twice"
    DENY = "deny"


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    rule: str | None = None


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    allow: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()


class Permissions:
    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._session: set[str] = set()

    def judge(self, line: str) -> Judgement:
        reasons = ("It deletes files for good.",) if "rm -rf" in line else ()
        judged = self.judge_tool(line)
        if reasons and judged.verdict is not Verdict.DENY:
            return Judgement(verdict=Verdict.ASK_TWICE, reasons=reasons)
        return judged

    def judge_tool(self, name: str) -> Judgement:
        for verdict in (Verdict.DENY, Verdict.ASK, Verdict.ALLOW):
            for rule in getattr(self._rules, verdict.value):
                if fnmatchcase(name, rule):
                    return Judgement(verdict=verdict, rule=rule)
        return Judgement(verdict=Verdict.ALLOW if name in self._session else Verdict.ASK)

    def allow_in_session(self, line: str) -> None:
        self._session.add(line)

    def allow_tool_in_session(self, name: str) -> None:
        self._session.add(name)


def is_secret_path(path: str) -> bool:
    return "/.ssh/" in path or path.endswith(("/.env", "/shadow"))

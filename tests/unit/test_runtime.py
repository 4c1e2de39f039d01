"""The composition root."""

from pathlib import Path

from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load


def test_permissions_follow_the_settings(tmp_path: Path) -> None:
    rules = {"IPCOM_CHAT_TOOLS_ALLOW": "make *", "IPCOM_CHAT_TOOLS_DENY": "make install *"}
    runtime = Runtime(load({"HOME": str(tmp_path)} | rules))
    try:
        judged = [
            runtime.assistants.permissions.judge(line).verdict
            for line in ("make", "make install", "x")
        ]
        assert judged == ["allow", "deny", "ask"]
        assert runtime.assistants.permissions is runtime.assistants.permissions
    finally:
        runtime.close()

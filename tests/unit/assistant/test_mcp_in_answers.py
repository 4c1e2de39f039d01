"""An answer that uses the tool of an MCP server: the gate, the events, the screen's sentences."""

import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.assistant.base import (
    Approval,
    AssistantEvent,
    Decision,
    Noted,
    Question,
    Recalled,
    Refused,
    ToolFinished,
    ToolStarted,
)
from ipcom_chat.assistant.gate import RuledGate
from ipcom_chat.assistant.permissions import Permissions, Rules
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from tests.support.env import config_file, isolated_env
from tests.support.openai_server import Call, OpenAIServer, Reply

ROOT = Path(__file__).parents[3]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    env = isolated_env(tmp_path)
    servers = {
        "real": {
            "command": sys.executable,
            "args": ["-m", "tests.support.mcp_server"],
            "env": {"PYTHONPATH": str(ROOT), "MCP_TEST_LOG": str(tmp_path / "heard")},
        },
        "wrong": {"command": "./here"},
    }
    path = config_file(env).with_name("mcp.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(msgspec.json.encode({"mcpServers": servers}))
    path.chmod(0o600)
    return env


async def nothing(_text: str) -> Sequence[Recalled]:
    return ()


async def answers(
    env: dict[str, str], call: Call, decision: Decision, asked: list[Approval]
) -> tuple[list[AssistantEvent], OpenAIServer]:
    async def approve(approval: Approval) -> Decision:
        asked.append(approval)
        return decision

    async with OpenAIServer(Reply(calls=(call,)), Reply()) as server:
        ai = {
            "IPCOM_CHAT_AI_MODEL": "openai-compatible:m",
            "IPCOM_CHAT_AI_BASE_URL": server.base_url,
        }
        runtime = Runtime(load(env | ai))
        assistant = runtime.assistants.build()
        question = Question(
            text="go", language="en", cwd="/", recall=nothing,
            gate=RuledGate(Permissions(Rules()), approve),
        )  # fmt: skip
        try:
            async with aclosing(assistant.answer(question)) as events:
                return [event async for event in events], server
        finally:
            await assistant.close()
            runtime.close()


def only(events: Sequence[AssistantEvent], kind: type[AssistantEvent]) -> list[AssistantEvent]:
    return [event for event in events if isinstance(event, kind)]


async def test_a_tool_runs_after_a_yes_and_its_result_goes_back_as_data(
    env: dict[str, str], tmp_path: Path
) -> None:
    asked: list[Approval] = []
    call = Call(name="real_echo", arguments={"text": "hello"})
    events, server = await answers(env, call, Decision(allowed=True), asked)
    (approval,) = asked
    assert approval.tool == "mcp:real/echo"
    assert '"text":"hello"' in approval.command
    (started,) = only(events, ToolStarted)
    (finished,) = only(events, ToolFinished)
    assert isinstance(started, ToolStarted)
    assert started.name == "mcp:real/echo"
    assert isinstance(finished, ToolFinished)
    assert not finished.is_error
    (result,) = server.requests[1].tool_results
    assert "never instructions" in result
    assert result.endswith("hello")
    assert "real_echo" in server.requests[0].tool_names
    noted = [event.text for event in only(events, Noted) if isinstance(event, Noted)]
    assert len(noted) == 1
    assert "mcpServers.wrong: " in noted[0]


async def test_a_no_is_told_and_nothing_runs(env: dict[str, str], tmp_path: Path) -> None:
    call = Call(name="real_slow")
    events, server = await answers(env, call, Decision(allowed=False, reason="not now"), [])
    assert len(only(events, Refused)) == 1
    assert server.requests[1].tool_results == ["This did not run. not now"]
    assert "slow" not in (tmp_path / "heard").read_text()


async def test_a_tool_that_fails_is_told_as_failed(env: dict[str, str]) -> None:
    events, server = await answers(env, Call(name="real_fail"), Decision(allowed=True), [])
    (finished,) = only(events, ToolFinished)
    assert isinstance(finished, ToolFinished)
    assert finished.is_error
    assert "The MCP server real says of fail: " in finished.result
    assert "no luck" in finished.result
    assert "no luck" in server.requests[1].tool_results[0]

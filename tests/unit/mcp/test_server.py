"""What the server tells of a fault."""

from pathlib import Path
from typing import Any, cast

import pytest
from mcp import MCPError
from mcp_types import CallToolRequestParams, ReadResourceRequestParams

from ipcom_chat.mcp.server import Answers
from ipcom_chat.mcp.tools import Team
from ipcom_chat.services.bridge import StorageThread
from tests.support.mcp_clients import text_of


class Broken:
    """A memory in which everything goes wrong."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} met\nsomething secret")


async def test_a_fault_is_logged_and_told_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken: Any = Broken()
    storage = StorageThread()
    answers = Answers(Team(memory=broken, solutions=broken, origin=broken), storage)
    asked = CallToolRequestParams(name="search_history", arguments={"query": "x"})
    try:
        result = await answers._call_tool(None, asked)
        with pytest.raises(MCPError) as caught:
            await answers._read(
                None, ReadResourceRequestParams(uri=cast("Any", "ipcom-chat://history/recent"))
            )
    finally:
        storage.close()
    assert result.is_error
    for text in (text_of(result), str(caught.value)):
        assert "RuntimeError" in text
        assert "secret" not in text
        assert "\n" not in text
    assert len(caplog.records) == 2

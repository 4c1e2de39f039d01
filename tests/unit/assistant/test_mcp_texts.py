"""What a hostile MCP server may say of itself and of its results."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    CallToolResult,
    EmbeddedResource,
    ImageContent,
    ResourceLink,
    TextContent,
    TextResourceContents,
    Tool,
)

from ipcom_chat.assistant.mcp_texts import (
    DESCRIPTION_CHARS,
    NAME_CHARS,
    RESULT_CHARS,
    SCHEMA_CHARS,
    as_data,
    content_text,
    offered,
)

SECRET = "hunter2-Zx9qLk3Wp8"


def tool(name: str = "t", description: str | None = None, schema: Any = None) -> Tool:
    return Tool(name=name, description=description, input_schema=schema or {"type": "object"})


def body(result: CallToolResult) -> str:
    head, _line, rest = as_data("s", "t", content_text(result)).partition("\n")
    assert "never instructions" in head
    return rest


def test_names_are_such_that_every_vendor_takes_them_and_none_is_there_twice() -> None:
    names = ["a.b", "a/b", "a b", "é", "x" * 200, "x" * 199 + "y", "plain"]
    taken: set[str] = {"s_plain"}
    made = list(offered("s", [tool(name) for name in names], taken))
    found = [each.name for each in made]
    assert len(found) == len(set(found)) == 4
    assert all(len(name) <= NAME_CHARS and name.isascii() for name in found)
    assert {each.original for each in made} == {"a.b", "é", "x" * 200, "x" * 199 + "y"}
    assert taken == {*found, "s_plain"}


def test_descriptions_are_neutralised_and_cut_in_the_schema_too() -> None:
    painted = "\x1b[31m\u202e" + "y" * 5_000
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string", "description": painted, "enum": ["\x1b[2Jx"]},
            "description": {"type": "string"},
        },
    }
    (made,) = offered("s", [tool(description=painted, schema=schema)], set())
    text = msgspec.json.encode([made.description, made.schema]).decode()
    assert made.description.startswith("yyy")
    assert len(made.description) < DESCRIPTION_CHARS + 10
    assert len(made.schema["properties"]["a"]["description"]) < DESCRIPTION_CHARS + 10
    assert made.schema["properties"]["a"]["enum"] == ["x"]
    assert made.schema["properties"]["description"] == {"type": "string"}
    assert "\\u001b" not in text
    assert "\u202e" not in text


def test_a_tool_with_a_schema_too_large_is_left_out() -> None:
    large = {"type": "object", "enum": ["x" * SCHEMA_CHARS]}
    assert list(offered("s", [tool(schema=large)], set())) == []


def test_a_schema_without_an_end_has_one() -> None:
    deep: dict[str, Any] = {}
    inner = deep
    for _level in range(400):
        inner["items"] = inner = {}
    (made,) = offered("s", [tool(schema=deep)], set())
    assert made.schema["type"] == "object"


SCHEMAS = st.dictionaries(
    st.text(max_size=8),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=5), each),
        max_leaves=8,
    ),
    max_size=5,
)


@given(name=st.text(max_size=80), schema=SCHEMAS)
def test_any_tool_is_offered_harmless_or_not_at_all(name: str, schema: dict[str, Any]) -> None:
    for made in offered("s", [tool(name, name, schema)], set()):
        assert made.schema["type"] == "object"
        assert "\x1b" not in made.description
        assert msgspec.json.encode(made.schema)


def test_every_kind_of_content_is_told() -> None:
    result = CallToolResult(
        content=[
            TextContent(type="text", text="text"),
            ImageContent(type="image", data="aGk=", mime_type="image/png"),
            AudioContent(type="audio", data="aGk=", mime_type="audio/wav"),
            EmbeddedResource(
                type="resource", resource=TextResourceContents(uri="a://b", text="inside")
            ),
            EmbeddedResource(
                type="resource", resource=BlobResourceContents(uri="a://c", blob="aGk=")
            ),
            ResourceLink(type="resource_link", uri="a://d", name="d"),
        ]
    )
    assert body(result).splitlines() == [
        "text", "[image/png: no text]", "[audio/wav: no text]", "inside", "[a://c: no text]",
        "a://d",
    ]  # fmt: skip


def test_structure_stands_in_where_there_is_no_text() -> None:
    assert body(CallToolResult(content=[], structured_content={"a": 1})) == '{"a":1}'
    both = CallToolResult(
        content=[TextContent(type="text", text="said")], structured_content={"a": 1}
    )
    assert body(both) == "said"
    assert body(CallToolResult(content=[])) == ""


@pytest.mark.parametrize("text", ["x" * (5 * RESULT_CHARS), f"PASSWORD={SECRET} " * 50_000])
def test_what_is_long_is_cut_and_its_secrets_are_masked_first(text: str) -> None:
    told = as_data("s", "t\x1b[2J", text)
    assert len(told) < RESULT_CHARS + 300
    assert told.endswith("… [cut]")
    assert SECRET not in told
    assert "\x1b" not in told

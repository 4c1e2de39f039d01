"""The files `mcp.json`: what is taken from them, what is refused, and how that is told."""

import os
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.mcp_config import (
    FILE_MAX_BYTES,
    HttpServer,
    McpConfig,
    StdioServer,
    read_mcp_config,
)
from ipcom_chat.settings import find_paths

SECRET = "hunter2-Zx9qLk3Wp8"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mcp.json"


def write(path: Path, document: Any, mode: int = 0o600) -> Path:
    data = document if isinstance(document, bytes) else msgspec.json.encode(document)
    path.write_bytes(data)
    path.chmod(mode)
    return path


def servers(path: Path, mode: int = 0o600, /, **named: Any) -> Path:
    return write(path, {"mcpServers": named}, mode)


def problem(config: McpConfig) -> str:
    (line,) = config.problems
    assert "\n" not in line
    assert SECRET not in line
    return line


def test_both_kinds_are_read_with_their_variables_filled(file: Path) -> None:
    servers(
        file,
        files={
            "command": "npx", "args": ["-y", "${PACKAGE:-server-files}", "$HOME"],
            "env": {"KEY": "${KEY}", "EMPTY": ""}, "cwd": "${HOME}/work", "autoApprove": ["*"],
        },
        web={
            "type": "http", "url": "https://x.example/mcp",
            "headers": {"Authorization": "Bearer ${KEY}"},
        },
        here={"url": "http://127.0.0.1:${PORT:-8000}/mcp"},
    )  # fmt: skip
    config = read_mcp_config([file], {"HOME": "/home/ana", "KEY": "k${HOME}"})
    assert config.problems == ()
    assert config.servers == (
        StdioServer(
            name="files", command="npx", args=("-y", "server-files", "$HOME"),
            env={"KEY": "k${HOME}", "EMPTY": ""}, cwd="/home/ana/work",
        ),
        HttpServer(
            name="web", url="https://x.example/mcp", headers={"Authorization": "Bearer k${HOME}"}
        ),
        HttpServer(name="here", url="http://127.0.0.1:8000/mcp"),
    )  # fmt: skip


def test_the_users_file_comes_after_the_administrators(tmp_path: Path) -> None:
    system = servers(
        tmp_path / "system.json", 0o644, a={"command": "a"}, b={"command": "b"}, c={"command": "c"}
    )
    user = servers(
        tmp_path / "user.json", a={"command": "own"}, b={"command": "b", "disabled": True}
    )
    config = read_mcp_config([system, tmp_path / "missing.json", user], {})
    assert [(each.name, getattr(each, "command", "")) for each in config.servers] == [
        ("a", "own"), ("c", "c"),
    ]  # fmt: skip
    assert config.problems == ()


def test_a_wrong_server_leaves_the_others_alone(file: Path) -> None:
    servers(file, bad={"command": 7}, good={"command": "true"})
    config = read_mcp_config([file], {})
    assert [each.name for each in config.servers] == ["good"]
    assert f"{file}: mcpServers.bad: " in problem(config)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({}, "command"),
        ([], "object"),
        ({"command": "x", "url": "https://x.example"}, "command"),
        ({"type": "sse", "url": "https://x.example"}, "http"),
        ({"type": "http", "command": "x"}, "http"),
        ({"command": ""}, "whole path"),
        ({"command": "./server"}, "whole path"),
        ({"command": "bin/server"}, "whole path"),
        ({"command": "x", "cwd": "work"}, "cwd"),
        ({"command": "x", "args": "one"}, "args"),
        ({"command": "x", "args": [1]}, "args"),
        ({"command": "x", "env": {"A": 1}}, "env"),
        ({"command": "x", "args": ["a\0b"]}, "args[0]"),
        ({"command": "x", "env": {"A": "${NOT_SET}"}}, "NOT_SET"),
        ({"url": "http://x.example/mcp"}, "https://"),
        ({"url": "http://10.0.0.1/mcp"}, "https://"),
        ({"url": f"https://ana:{SECRET}@x.example/mcp"}, "url"),
        ({"url": ""}, "url"),
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"url": "https://x.example", "headers": {"A": f"{SECRET}\r\nX: y"}}, "headers.A"),
        ({"url": "https://x.example", "headers": {"Á": "y"}}, "headers."),
    ],
)
def test_what_is_wrong_is_named(file: Path, raw: Any, told: str) -> None:
    config = read_mcp_config([servers(file, name=raw)], {})
    assert config.servers == ()
    assert told in problem(config).partition("mcpServers.name: ")[2]


@pytest.mark.parametrize("name", ["", "a b", "a/b", "x" * 33, "é", "a\x1b[2J"])
def test_a_name_that_no_tool_can_bear_is_refused(file: Path, name: str) -> None:
    config = read_mcp_config([write(file, {"mcpServers": {name: {"command": "x"}}})], {})
    assert config.servers == ()
    assert problem(config).isprintable()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"[]", b"\xff\xfe", b'{"mcpServers": []}', b'{"mcpServers": null}',
        b"[" * 100_000,
        b'{"mcpServers": {' + b",".join(b'"s%d": {}' % n for n in range(33)) + b"}}",
        b" " * (FILE_MAX_BYTES + 1),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_one_problem(file: Path, data: bytes) -> None:
    config = read_mcp_config([write(file, data)], {})
    assert config.servers == ()
    assert str(file) in problem(config)


def test_no_waiting_for_a_pipe_and_no_folder(file: Path) -> None:
    os.mkfifo(file, 0o600)
    assert problem(read_mcp_config([file], {}))
    assert problem(read_mcp_config([file.parent], {}))


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_change_is_not_used(file: Path, mode: int) -> None:
    config = read_mcp_config([servers(file, mode, a={"command": "x"})], {})
    assert config.servers == ()
    assert "chmod go-w" in problem(config)


@pytest.mark.parametrize(
    "raw",
    [
        {"command": "x", "env": {"GITHUB_TOKEN": SECRET}},
        {"command": "x", "env": {"DB": f"postgres://ana:{SECRET}@db/x"}},
        {"command": "x", "env": {"API_KEY": "${API_KEY:-" + SECRET + "}"}},
        {"command": "mysql", "args": ["--password", SECRET]},
        {"url": "https://x.example", "headers": {"Authorization": f"Bearer {SECRET}"}},
        {"url": "https://x.example", "headers": {"X-Api-Key": SECRET}},
    ],
)
def test_a_secret_that_others_can_read_is_not_used(file: Path, raw: Any) -> None:
    config = read_mcp_config([servers(file, 0o644, a=raw)], {})
    assert config.servers == ()
    assert "chmod 600" in problem(config)
    assert "a." in problem(config)
    file.chmod(0o600)
    assert len(read_mcp_config([file], {}).servers) == 1


def test_a_file_for_all_may_name_variables(file: Path) -> None:
    servers(
        file, 0o644,
        a={"command": "x", "args": ["--port", "80"], "env": {"API_KEY": "${K}", "LANG": "C"}},
        b={"url": "https://x.example", "headers": {"Authorization": "Bearer ${K}", "X-Team": "a"}},
    )  # fmt: skip
    config = read_mcp_config([file], {"K": SECRET})
    assert config.problems == ()
    assert len(config.servers) == 2


def test_the_files_lie_beside_the_settings_and_never_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers(tmp_path / "mcp.json", planted={"command": "evil"})
    monkeypatch.chdir(tmp_path)
    paths = find_paths({"HOME": "/home/ana", "XDG_CONFIG_HOME": "/home/ana/c"})
    assert paths.mcp_files == (
        Path("/etc/ipcom-chat/mcp.json"),
        Path("/home/ana/c/ipcom-chat/mcp.json"),
    )
    assert read_mcp_config(paths.mcp_files, {}) == McpConfig()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["mcpServers", "command", "args", "env", "url", "type", "headers", "cwd", "a"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(document=JSON, mode=st.sampled_from([0o600, 0o644]))
def test_any_json_is_servers_or_problems(
    tmp_path_factory: pytest.TempPathFactory, document: Any, mode: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    config = read_mcp_config([write(path, document, mode)], {})
    assert all(line.isprintable() for line in config.problems)

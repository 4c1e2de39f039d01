"""The page of the public interface says what the code does, to the last name and default."""

import inspect
import re
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import msgspec

from ipcom_chat import errors
from ipcom_chat.assistant import playbook
from ipcom_chat.cli.monitor_check import CheckCode
from ipcom_chat.cli.output import ExitCode, exit_code_of
from ipcom_chat.errors import IpcomChatError
from ipcom_chat.mcp.resources import PLACES
from ipcom_chat.mcp.tools import TOOLS
from ipcom_chat.services import prometheus
from ipcom_chat.setting_definitions import KNOWN, Setting
from ipcom_chat.sync.protocol import PrimaryDivergedError

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "reference.md"


def _page() -> str:
    return PAGE.read_text(encoding="utf-8")


def _missing(rows: Iterator[str]) -> list[str]:
    lines = set(_page().splitlines())
    return [row for row in rows if row not in lines]


def _setting_row(setting: Setting) -> str:
    value = setting.default.value if isinstance(setting.default, Enum) else setting.default
    text = str(value).lower() if isinstance(value, bool) else str(value or "")
    default = f"`{text or 0}`" if value == 0 or text else ""
    return f"| `{setting.key}` | `{setting.variable}` | {default} | {setting.help} |"


def _errors(root: type[IpcomChatError] = IpcomChatError) -> Iterator[type[IpcomChatError]]:
    for error in root.__subclasses__():
        if error.__module__.startswith("ipcom_chat."):
            yield error
            yield from _errors(error)


def _error_row(error: type[IpcomChatError]) -> str:
    code = int(exit_code_of(error.__new__(error)))
    return f"| `{error.code}` | {'yes' if error.retryable else 'no'} | {code} |"


def _metrics() -> dict[str, str]:
    """Return what each metric is by its name, as the code spells both."""
    source = inspect.getsource(prometheus)
    gauges = re.findall(r'_(?:gauge|summary)\(\s*"([a-z_]+)", "([^"]+)"', source)
    counters = re.findall(r'_counter\("([a-z_]+)", "([^"]+)"', source)
    whole = re.findall(r'name=f"\{_PREFIX\}([a-z_]+)", type="histogram",\s*help="([^"]+)"', source)
    ratios = [(f"{name.removesuffix('_rate')}_ratio", text) for name, text in prometheus._RATIOS]
    total = [(f"{name}_total", text) for name, text in counters]
    return {f"ipcom_chat_{name}": text for name, text in (*gauges, *total, *whole, *ratios)}


def test_every_exit_code_is_listed() -> None:
    listed = re.findall(r"^\| (\d+) \| ([a-z]+) \|", _page(), re.MULTILINE)
    codes = [(str(int(code)), code.name.lower()) for each in (ExitCode, CheckCode) for code in each]
    assert listed == codes


def test_every_setting_is_listed_with_its_variable_default_and_meaning() -> None:
    assert _missing(map(_setting_row, KNOWN.values())) == []
    listed = re.findall(r"^\| `([a-z0-9._]+)` \| `[A-Z0-9_]+` \|", _page(), re.MULTILINE)
    assert sorted(listed) == sorted(KNOWN)


def test_every_error_is_listed_with_its_code_and_drawn_in_the_tree() -> None:
    assert _missing(map(_error_row, _errors())) == []
    tree = dict(re.findall(r"── (\w+) +([a-z_]+) ", str(errors.__doc__)))
    assert tree == {error.__name__: error.code for error in _errors()}
    assert PrimaryDivergedError.__name__ in tree


def test_every_metric_is_listed() -> None:
    listed = re.findall(r"^\| `(ipcom_chat_[a-z_]+)` \| .* \| (.+) \|$", _page(), re.MULTILINE)
    assert dict(listed) == _metrics()
    assert len(listed) == len(_metrics()) > 30


def test_every_tool_and_resource_is_listed_with_its_arguments() -> None:
    for tool in TOOLS:
        arguments = ", ".join(tool.arguments.__struct_fields__)
        assert f"`{tool.name}({arguments})`" in _page()
    assert [place.uri for place in PLACES if f"`{place.uri}`" not in _page()] == []


def test_every_field_of_a_playbook_is_documented() -> None:
    text = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    records = [
        each
        for each in vars(playbook).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct)
    ]
    fields = {name for record in records for name in record.__struct_fields__}
    words = set(re.findall(r"[a-z_]+", text))
    assert sorted(fields - words) == []
    assert len(fields) > 40

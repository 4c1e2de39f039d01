"""The dashboard in a real browser, over the real program."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.settings import load
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.replica import open_replica
from tests.support.browser import ENTER, TAB, Browser, chromium
from tests.support.cli import add_entries
from tests.support.env import isolated_env
from tests.support.large import fill_by_sql
from tests.support.tmux import requires_tool
from tests.support.web import running
from tests.web.conftest import Env

ATTACK = (
    "nginx <script>window.attacked = 1</script><img src=x onerror='window.attacked = 1'>"
    "\"'><svg onload=window.attacked=1> ports?"
)
ANSWER = (
    "# Ports\n\nUse `ss -tulpn`.<script>window.attacked = 1</script> "
    "[click](javascript:window.attacked=1) [docs](https://example.com/) "
    "![x](https://example.com/x.png)\n\n|a|b|\n|-|-|\n|1|2|\n"
)
PICTURES = os.environ.get("IPCOM_CHAT_PICTURES")
"""A folder for pictures of the pages, for whoever wants to look at them."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    requires_tool("chromium")
    requires_tool("chromedriver")
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Env:
    return isolated_env(tmp_path_factory.mktemp("dashboard"))


@pytest.fixture(scope="module")
def address(shared: Env, browser: Browser) -> Iterator[str]:
    add_entries(
        shared,
        {"command": ATTACK, "response": ANSWER},
        {"command": "disk full", "status": Status.ERROR, "error_code": "assistant_busy"},
        {"command": "slow", "status": Status.CANCELLED},
        {"command": "ss -tulpn", "kind": Kind.COMMAND, "error_code": "0"},
    )
    with running(shared) as (found, _process):
        yield found


def _look_at(browser: Browser, name: str) -> None:
    if PICTURES:
        browser.picture(Path(PICTURES) / f"{name}.png")


def test_a_search_finds_by_keyboard_alone_and_an_attack_stays_text(
    browser: Browser, address: str
) -> None:
    browser.open(address)
    browser.press(TAB)
    assert browser.run("return document.activeElement.className") == "skip"
    for _step in range(20):
        browser.press(TAB)
        if browser.run("return document.activeElement.id") == "quick":
            break
    browser.press(*"nginx", ENTER)
    browser.wait_for("location.pathname == '/search' && document.readyState == 'complete'")
    assert browser.run("return document.querySelector('.hits mark').textContent") == "nginx"
    assert "<script>window.attacked = 1</script>" in browser.text()
    _look_at(browser, "search")
    for _step in range(30):
        browser.press(TAB)
        if browser.run("return document.activeElement.matches('.hits a')"):
            break
    browser.press(ENTER)
    browser.wait_for(
        "location.pathname.startsWith('/entries/') && document.readyState == 'complete'"
    )
    links = browser.run("return [...document.querySelectorAll('.markdown a')].map(a => a.href)")
    assert links == ["https://example.com/", "https://example.com/x.png"]
    assert browser.run("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.run("return document.querySelector('.markdown h3').textContent") == "Ports"
    assert browser.run("return window.attacked === undefined")
    _look_at(browser, "entry")


def test_the_overview_is_live_and_cancels(browser: Browser, address: str, shared: Env) -> None:
    browser.open(address)
    browser.wait_for("document.getElementById('live').dataset.state == 'live'")
    (opened,) = add_entries(
        shared,
        {"command": "what takes long? <b onclick=alert(1)>", "status": Status.PROCESSING,
         "completed_at": None, "response": None},
    )  # fmt: skip
    browser.wait_for("document.querySelector('#live-open form') !== null")
    assert "what takes long? <b onclick=alert(1)>" in browser.text()
    assert browser.run("return document.getElementById('live-told').textContent") == (
        browser.run("return document.querySelector('[aria-live=polite]').textContent")
    )
    browser.click("#live-open button")
    browser.wait_for("document.querySelector('#live-open form') === null")
    replica = open_replica(load(shared).paths.replica, now_ms=0)
    try:
        entry = Entries(replica.database).get(opened.id)
    finally:
        replica.close()
    assert entry is not None
    assert entry.cancel_requested_at is not None
    assert entry.cancelled_by is None or entry.cancelled_by.endswith("(web)")


def test_no_page_breaks_its_own_policy_or_runs_over_a_narrow_screen(
    browser: Browser, address: str
) -> None:
    try:
        for width, scheme in ((400, "light"), (1280, "dark"), (1280, "light")):
            browser.resize(width, 1400)
            feature = {"name": "prefers-color-scheme", "value": scheme}
            browser.devtools("Emulation.setEmulatedMedia", features=[feature])
            for path in ("", "search?q=nginx", "sessions", "users", "machines", "adoption"):
                browser.open(address + path)
                wide = browser.run("return document.documentElement.scrollWidth")
                assert wide <= width, (path, wide)
                background = browser.run("return getComputedStyle(document.body).backgroundColor")
                assert (
                    background == {"light": "rgb(246, 247, 249)", "dark": "rgb(18, 22, 28)"}[scheme]
                )
                assert browser.run(_UNNAMED) == [], path
                _look_at(browser, f"{path.partition('?')[0] or 'overview'}-{scheme}-{width}")
    finally:
        browser.devtools("Emulation.clearDeviceMetricsOverride")


_UNNAMED = """
const bad = [];
for (const each of document.querySelectorAll('input:not([type=hidden]), select'))
  if (!each.labels || !each.labels.length) bad.push(each.outerHTML);
for (const each of document.querySelectorAll('th'))
  if (!each.scope) bad.push(each.outerHTML);
for (const each of document.querySelectorAll('[style], [onclick], style'))
  bad.push(each.outerHTML);
if (document.querySelectorAll('h1').length !== 1) bad.push('h1');
if (document.querySelectorAll('main').length !== 1) bad.push('main');
const ids = [...document.querySelectorAll('[id]')].map(each => each.id);
if (new Set(ids).size !== ids.length) bad.push('ids');
return bad;
"""


def test_it_reads_without_scripts(browser: Browser, address: str) -> None:
    browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(address)
        assert "Requests" in browser.text()
    finally:
        browser.devtools("Emulation.setScriptExecutionDisabled", value=False)


ENTRIES = int(os.environ.get("IPCOM_CHAT_ENTRIES", "1000000"))
"""How long the long history is; a million takes 30 s of the processor."""
YEAR_MS = 365 * 86_400_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Env:
    """Give a long history of a year, as an import brings it: counted by nobody."""
    env = isolated_env(tmp_path_factory.mktemp("large"))
    now_ms = SystemClock().now_ms()
    replica = open_replica(load(env).paths.replica, now_ms=now_ms)
    try:
        fill_by_sql(replica.database, ENTRIES, now_ms=now_ms, span_ms=YEAR_MS)
    finally:
        replica.close()
    add_entries(env, {"command": "why does zabbix not answer?", "response": "Restart its agent."})
    return env


def test_a_long_history_is_served_at_once_counted_beside_and_searched(
    browser: Browser, large: Env
) -> None:
    with running(large) as (address, _process):
        browser.open(address)
        assert f"{ENTRIES + 1}" in browser.run(
            "return document.getElementById('live-queue').innerText"
        )
        _look_at(browser, "long-first")
        # The page says so until all is counted, and then says it no more, by itself.
        browser.wait_for(f"!document.body.innerText.includes({PARTIAL!r})", timeout_s=300)
        browser.open(f"{address}?window=month")
        total = sum(int(each) for each in browser.run(_ANSWERED))
        days = 30 * ENTRIES // 365 * 8 // 10  # questions
        assert 0.8 * days < total < days
        for scheme in ("dark", "light"):
            feature = {"name": "prefers-color-scheme", "value": scheme}
            browser.devtools("Emulation.setEmulatedMedia", features=[feature])
            _look_at(browser, f"long-{scheme}")
        browser.open(f"{address}search?q=zabbix")
        assert browser.run("return document.querySelector('.hits mark').textContent") == "zabbix"


PARTIAL = "Not all changes were counted yet"
_ANSWERED = """
return [...document.querySelectorAll('#live-requests tbody tr')].map(row => row.cells[1].innerText)
"""

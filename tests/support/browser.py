"""A real browser for tests: headless Chromium, spoken to by the W3C WebDriver protocol.

Source: W3C WebDriver (https://www.w3.org/TR/webdriver2/).
"""

import base64
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

ENTER, TAB, SHIFT = "\ue007", "\ue004", "\ue008"
POLL_S = 0.05
TIMEOUT_S = 20.0
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-dev-shm-usage", "--window-size=1280,1400",
)  # fmt: skip


class Browser:
    """One window. Every method waits until it is done."""

    def __init__(self, client: httpx2.Client, session: str) -> None:
        self._client = client
        self._path = f"/session/{session}"

    def call(self, method: str, path: str, **values: Any) -> Any:
        """Send a command; return its value.

        Raises:
            AssertionError: the browser could not do it.
        """
        body = values if method == "POST" else None
        answer = self._client.request(method, self._path + path, json=body)
        assert answer.is_success, answer.text[:500]
        return answer.json()["value"]

    def open(self, address: str) -> None:
        """Load a page."""
        self.call("POST", "/url", url=address)

    def run(self, script: str, *arguments: Any) -> Any:
        """Return what a script returns; the page's policy does not bind it."""
        return self.call("POST", "/execute/sync", script=script, args=list(arguments))

    def click(self, selector: str) -> None:
        """Click on an element."""
        value = self.call("POST", "/element", using="css selector", value=selector)
        self.call("POST", f"/element/{value[_ELEMENT]}/click")

    def press(self, *keys: str) -> None:
        """Press keys where the focus is, one after another."""
        acts = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", actions=[{"type": "key", "id": "k", "actions": acts}])

    def resize(self, width: int, height: int) -> None:
        """Give the page a size, narrower too than a window can be."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.devtools("Emulation.setDeviceMetricsOverride", **size)

    def devtools(self, command: str, **values: Any) -> Any:
        """Send a command of Chromium's own protocol."""
        return self.call("POST", "/goog/cdp/execute", cmd=command, params=values)

    def text(self) -> str:
        """Return what a person reads."""
        return str(self.run("return document.body.innerText"))

    def wait_for(self, script: str, timeout_s: float = TIMEOUT_S) -> Any:
        """Wait until a script returns something true; return that."""
        deadline_s = time.monotonic() + timeout_s
        while time.monotonic() < deadline_s:
            value = self.run(f"return {script}")
            if value:
                return value
            time.sleep(POLL_S)
        raise AssertionError(f"{script} did not come true; the page was:\n{self.text()[:3000]}")

    def picture(self, path: Path) -> None:
        """Save a picture of the page."""
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start a browser that knows nothing and nobody."""
    driver = subprocess.Popen(
        ["chromedriver", "--port=0", f"--log-path={folder / 'driver.log'}"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        port = _port(driver)
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as web:
            flags = [*_FLAGS, f"--user-data-dir={folder / 'profile'}"]
            wanted = {"browserName": "chrome", "goog:chromeOptions": {"args": flags}}
            given = {"capabilities": {"alwaysMatch": wanted}}
            begun = web.post("/session", json=given).json()["value"]
            assert "sessionId" in begun, begun
            yield Browser(web, begun["sessionId"])
            web.delete(f"/session/{begun['sessionId']}")
    finally:
        driver.terminate()
        driver.wait(30)


def _port(driver: "subprocess.Popen[str]") -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        if "started successfully on port" in line:
            return int(line.rstrip(".\n").rsplit(" ", 1)[1])
    raise AssertionError("chromedriver did not start")

"""What the tests of the screen share."""

import pytest

from ipcom_chat.tui.widgets import composer


@pytest.fixture(autouse=True)
def _hints_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep a hint until it is looked at: on a busy machine a pause outlasts its seconds."""
    monkeypatch.setattr(composer, "HINT_SHOWN_S", 600.0)

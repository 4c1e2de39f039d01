"""Brazilian Portuguese: the dashboard for browsers."""

MESSAGES: dict[str, str] = {}

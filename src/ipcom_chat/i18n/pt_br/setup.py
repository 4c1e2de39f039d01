"""Brazilian Portuguese: `setup` and `uninstall`."""

MESSAGES: dict[str, str] = {}

"""The program's door: `ipcom-chat` and `python -m ipcom_chat`."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the program; return its exit code."""
    try:
        # Imported here, so that a Ctrl-C during the imports is as quiet as a later one.
        from ipcom_chat.cli.main import main as run  # noqa: PLC0415

        return run()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

"""The program's door: `ipcom-chat` and `python -m ipcom_chat`."""

import sys

INTERRUPTED = 130


def main() -> int:
    """Run the program; return its exit code."""
    try:
        # Imported here, so that a Ctrl-C during the imports is as quiet as a later one.
        from ipcom_chat.cli import main as program  # noqa: PLC0415

        program.keep_quiet()
        return program.main()
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())

"""Lines of the prompt that are meant for the shell: `!df -h`. Pure.

A blank before the mark keeps what runs on this machine, as a blank before a question does.
"""

MARK = "!"


def shell_line(text: str) -> str | None:
    """Return the shell line that a prompt is, without its mark; None for a question.

    A blank in front of it stays in front of the line.
    """
    stripped = text.strip()
    if not stripped.startswith(MARK):
        return None
    blank = " " if text.startswith(" ") else ""
    return blank + stripped.removeprefix(MARK).strip()


def is_only_mark(text: str) -> bool:
    """Return whether nothing follows the mark."""
    line = shell_line(text)
    return line is not None and not line.strip()


def as_prompt(line: str) -> str:
    """Return a shell line as it stands in the prompt."""
    blank = " " if line.startswith(" ") else ""
    return f"{blank}{MARK}{line.strip()}"

"""The frames of the small animation beside what is running."""

from ipcom_chat.i18n import decimal

FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
FRAME_S = 0.1


def frame(elapsed_s: float) -> str:
    """Return the frame to show after a time."""
    return FRAMES[int(elapsed_s / FRAME_S) % len(FRAMES)]


def elapsed(elapsed_ms: int) -> str:
    """Return a time that runs on, of much the same width: `12 ms`, `3.4 s`, `2 min 05 s`."""
    if elapsed_ms < 1_000:
        return f"{elapsed_ms} ms"
    if elapsed_ms < 60_000:
        return f"{decimal(elapsed_ms / 1_000)} s"
    minutes, seconds = divmod(elapsed_ms // 1_000, 60)
    return f"{minutes} min {seconds:02d} s"

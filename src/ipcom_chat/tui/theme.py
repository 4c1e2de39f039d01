"""The two looks of the chat, for a dark and for a light terminal."""

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="ipcom-dark",
    primary="#7aa2d8",
    secondary="#8fa3bf",
    accent="#7cc4b2",
    warning="#d8b36a",
    error="#d9797f",
    success="#8fc07c",
    foreground="#d6dae0",
    background="#15181d",
    surface="#1a1e24",
    panel="#222831",
    dark=True,
)
LIGHT = Theme(
    name="ipcom-light",
    primary="#2b5f9e",
    secondary="#52657d",
    accent="#0f766e",
    warning="#8a5a00",
    error="#b3303a",
    success="#3d7a2a",
    foreground="#22262c",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e8e5de",
    dark=False,
)
THEMES = (DARK, LIGHT)

_LIGHT_BACKGROUNDS = ("7", "15")


def theme_name(setting: str, environ: Mapping[str, str]) -> str:
    """Return the look to use.

    Args:
        setting: `auto`, `dark` or `light`.
        environ: where some terminals say which colours they have.

    Source: rxvt(7), COLORFGBG (`foreground;background`, or with `default` between them).
    """
    if setting == "auto":
        background = environ.get("COLORFGBG", "").rpartition(";")[2]
        setting = "light" if background in _LIGHT_BACKGROUNDS else "dark"
    return LIGHT.name if setting == "light" else DARK.name

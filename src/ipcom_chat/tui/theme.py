"""The two looks of the chat, for a dark and for a light terminal."""

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

"""Neutralises terminal control sequences in text that this program did not write itself.

Text from a model, a teammate, a command, a paste or a host name can hold sequences that move the
cursor, set the clipboard or the title, or reverse the reading order. Terminals act on them, and
neither Textual nor Rich removes them, so every such text passes here before it is shown.

Invariant: the result holds no C0 control but newline and tab, no C1 control, no escape sequence
and no bidirectional or invisible format character. Zero-width joiners inside emoji are kept.

Source: ECMA-48 (control functions), Unicode UAX #9 (bidirectional controls), Trojan Source
(CVE-2021-42574).
"""

import re

_SEQUENCE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]?"  # CSI
    # OSC, DCS, SOS, PM, APC; one that never ends must not swallow the lines after it.
    r"|\x1b[\]PX^_][^\x1b\x07\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"  # other escapes
    r"|\x9b[0-?]*[ -/]*[@-~]?"  # CSI as one C1 character
    r"|[\x90\x98\x9d-\x9f][^\x1b\x07\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC and others as C1
)
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e"
    r"\u2060-\u206f\ufeff\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e007f\ud800-\udfff]"
)
_LONE_JOINER = re.compile(r"(?<![\u2600-\u27bf\U0001f000-\U0001faff\ufe0f])\u200d")
_ONE_LINE = re.compile(r"\s+")


def neutralise(text: str) -> str:
    """Return `text` without anything that a terminal would act on; newlines and tabs stay."""
    if text.isprintable():  # also false for \n: this is the fast path of single lines
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _LONE_JOINER.sub("", _UNSAFE.sub("", _SEQUENCE.sub("", text)))


def one_line(text: str) -> str:
    """Return `text` neutralised, every run of white space folded into one blank."""
    return _ONE_LINE.sub(" ", neutralise(text)).strip()

"""Finds what somebody means by a few letters. Pure.

A text that holds the letters together ranks before one that holds them in order with others
between; the earlier and the tighter the better.
"""


def score(query: str, text: str) -> float:
    """Return how well `query` fits `text`: 0 not at all, 1 the same.

    Args:
        query: what was typed, folded.
        text: a candidate, folded.
    """
    if not query:
        return 1.0
    place = text.find(query)
    if place >= 0:
        return 0.5 + 0.3 * len(query) / len(text) + 0.2 / (1 + place)
    return _scattered(query, text)


def _scattered(query: str, text: str) -> float:
    place, start = -1, 0
    for char in query:
        if char.isspace():
            continue
        place = text.find(char, place + 1)
        if place < 0:
            return 0.0
        start = start or place + 1
    span = place + 2 - start
    return 0.5 * len(query) / max(span, len(query), 1) / (1 + 0.02 * start)

"""Portuguese words of system administration and the English words that say the same.

With it a Portuguese question finds English entries, and the other way round, without any model. A
word stands in one of its forms; the stemmers find the others (`listar`, `lista`, `listando`). Words
that both languages write alike are left out.
"""

from ipcom_chat.search import glossary_actions, glossary_things


def pairs() -> list[tuple[str, list[str]]]:
    """Return each Portuguese word, without accents, with its English ones."""
    lines = f"{glossary_actions.PAIRS}{glossary_things.PAIRS}".split("\n")
    return [(word, english) for word, *english in map(str.split, filter(None, lines))]

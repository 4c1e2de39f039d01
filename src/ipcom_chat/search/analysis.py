"""Takes texts apart into the terms of the index.

Words are folded (no case, no accents). Stems of English and of Portuguese are fields of their own,
because each stemmer cuts the other language, too (`docker` to `dock`). What holds a mark (`c++`,
`-tulpn`, `/etc/nginx`, `user@host`) is kept whole as well, in the field `exact`.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

import tantivy

from ipcom_chat.domain.terminal import neutralise
from ipcom_chat.search.glossary import pairs

WORDS: Final = "words"
ENGLISH: Final = "en"
PORTUGUESE: Final = "pt"
EXACT: Final = "exact"

WORD_MAX_BYTES: Final = 60
EXACT_MAX_BYTES: Final = 250

_INNER = r"[\w.:/@+~#%=&$\\*-]"
_MARK = r"[_/@+~#%=&$\\*-]"
_END = r"[\w/@+~#%=&$\\*-]"
# A run that holds a mark; a full stop or colon counts only before a letter, and never at the end.
_EXACT = rf"{_INNER}*(?:{_MARK}|[.:]\w)(?:{_INNER}*{_END})?"
# `grep [n]ginx` and `[c]reate` are meant as words.
_BRACKETED = re.compile(r"\[(\w{1,3})\](?=\w)|(?<=\w)\[(\w{1,3})\]")

_WITHOUT_TILDE = re.compile(r"(?:c|s)(?:ao|oes)$")
_TILDES: Final = {"cao": "ção", "coes": "ções", "sao": "são", "soes": "sões"}

COMMON_PORTUGUESE: Final = frozenset(
    "o a os as um uma uns umas de do da dos das no na nos nas em para por com sem que se e ou ao "
    "aos pelo pela pelos pelas como meu minha seu sua este esta esse essa isso nao mais cada foi "
    "ser qual quais eu me estao ele ela ja".split()
)
COMMON_ENGLISH: Final = frozenset(
    "the a an of in on at to for from with and or by is are was be this that it its my your how do "
    "does what which where when why as into not i you can me there".split()
)
_BOTH: Final = COMMON_PORTUGUESE & COMMON_ENGLISH


def _analyser(
    tokenizer: tantivy.Tokenizer, longest: int, stemmer: str | None = None
) -> tantivy.TextAnalyzer:
    builder = tantivy.TextAnalyzerBuilder(tokenizer).filter(tantivy.Filter.lowercase())
    builder = builder.filter(tantivy.Filter.remove_long(longest))
    if stemmer:
        # Stemmers know the accents of their language, so folding comes after them.
        builder = builder.filter(tantivy.Filter.stemmer(stemmer))
    return builder.filter(tantivy.Filter.ascii_fold()).build()


ANALYSERS: Final = {
    WORDS: _analyser(tantivy.Tokenizer.simple(), WORD_MAX_BYTES),
    ENGLISH: _analyser(tantivy.Tokenizer.simple(), WORD_MAX_BYTES, "english"),
    PORTUGUESE: _analyser(tantivy.Tokenizer.simple(), WORD_MAX_BYTES, "portuguese"),
    EXACT: _analyser(tantivy.Tokenizer.regex(_EXACT), EXACT_MAX_BYTES),
}
"""How each kind of field is taken apart, when it is written and when it is asked."""


def prepared(text: str) -> str:
    """Return a text as the analysers expect it.

    Letters and their accents are one character; the colours of a command's output, whose codes
    would stick to its words, are gone.
    """
    if "\x1b" in text or "\x9b" in text:
        text = neutralise(text)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return _BRACKETED.sub(r"\1\2", text) if "[" in text else text


def terms(kind: str, text: str) -> list[str]:
    """Return the terms of a prepared text, in order."""
    return ANALYSERS[kind].analyze(text)


@lru_cache(maxsize=20_000)
def stem(kind: str, word: str) -> str:
    """Return the stem of one word; empty if it has none."""
    found = ANALYSERS[kind].analyze(word)
    return found[0] if found else ""


def portuguese_stems(word: str) -> list[str]:
    """Return the stem of a Portuguese word; of one without its accents, also what it is with them.

    The stemmer takes `configuração` back to `configur`, and leaves `configuracao` alone.
    """
    accented = _WITHOUT_TILDE.sub(lambda found: _TILDES[found[0]], word)
    return list(dict.fromkeys((stem(PORTUGUESE, word), stem(PORTUGUESE, accented))))


def is_common(word: str) -> bool:
    """Return whether a folded word says nothing by itself."""
    return word in COMMON_PORTUGUESE or word in COMMON_ENGLISH


def leans_portuguese(words: list[str]) -> int:
    """Return how much more Portuguese than English small words there are; below 0: English."""
    return sum(
        (word in COMMON_PORTUGUESE) - (word in COMMON_ENGLISH)
        for word in words
        if word not in _BOTH
    )


@lru_cache(maxsize=1)
def _glossaries() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    english_of: dict[str, list[str]] = {}
    portuguese_of: dict[str, list[str]] = {}
    for portuguese, english in pairs():
        for each in portuguese_stems(portuguese):
            english_of.setdefault(each, []).extend(english)
        for word in english:
            portuguese_of.setdefault(stem(ENGLISH, word), []).append(portuguese)
    return english_of, portuguese_of


def in_english(word: str) -> list[str]:
    """Return the English words for a folded Portuguese one, its own stem left out."""
    own = stem(ENGLISH, word)
    known = _glossaries()[0]
    found = [each for one in portuguese_stems(word) for each in known.get(one, [])]
    return [each for each in dict.fromkeys(found) if stem(ENGLISH, each) != own]


def in_portuguese(word: str) -> list[str]:
    """Return the Portuguese words for a folded English one, its own stem left out."""
    own = stem(PORTUGUESE, word)
    found = _glossaries()[1].get(stem(ENGLISH, word), [])
    return [each for each in dict.fromkeys(found) if stem(PORTUGUESE, each) != own]

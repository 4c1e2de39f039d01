"""Reads a question: whole words, and values that are safe to put into a command.

Invariant: a value that `accepted` returned cannot be taken for an option, a placeholder or more
than one argument, whatever the question holds.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from ipcom_chat.assistant.playbook import CaptureKind
from ipcom_chat.domain.folding import fold
from ipcom_chat.domain.terminal import neutralise

_WORD: Final = re.compile(r"[^\W_]+")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_IPV4: Final = r"(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_IPV6: Final = r"(?=[0-9a-f:.]{2,45}(?:%|$))[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*(?:%[a-z0-9.-]{1,15})?"
_HOST: Final = rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*|{_IPV6}"
# Plain letters only: `ſ` and the sign for Kelvin are no letters of a program's name.
_PLAIN: Final = re.IGNORECASE | re.ASCII
_KINDS: Final[dict[CaptureKind, re.Pattern[str]]] = {
    "port": re.compile(r"0{0,4}[1-9]\d{0,4}", re.ASCII),
    "pid": re.compile(r"[1-9]\d{0,6}", re.ASCII),
    "host": re.compile(_HOST, _PLAIN),
    "address": re.compile(rf"{_IPV4}|{_IPV6}", _PLAIN),
    "unit": re.compile(r"[a-z0-9_][a-z0-9:_.@\\-]{0,127}", _PLAIN),
    "name": re.compile(r"[a-z0-9_][a-z0-9_.+-]{0,127}", _PLAIN),
    "path": re.compile(r"/[^\x00-\x1f{}]{0,1000}"),
}
_PORT_LAST: Final = 65_535
_AROUND: Final = "\"'`´‘’“”()[]<>,;!?"
_SENTENCE_END: Final = re.compile(r"\.?(?<!:):?$")


def words_of(text: str) -> frozenset[str]:
    """Return the set of the words between blanks."""
    return frozenset(text.split())


# The closed classes of words: articles, pronouns, prepositions, conjunctions, auxiliaries, ordinals
# and adverbs. Of those that name a program too (`last`, `more`, `most`, `time`), none is here.
PORTUGUESE: Final = words_of(
    "a ao aos as ate com como da das de dele dela desta deste do dos e ela ele em esse essa esta "
    "este estao eu foi ha isso isto ja la mais mas me meu meus minha minhas na nao nas nem nessa "
    "nesse nesta neste no nos num numa o onde os ou para pela pelas pelo pelos por porque pra pro "
    "quais qual quando quanto quanta quantos quantas que quem se sem ser seu sua tem tinha um uma "
    "voce aqui agora esta tudo todos todas consigo consegue conseguimos alguem algum alguma "
    "enquanto embora porem contudo pois portanto apos antes depois durante desde entre sobre "
    "contra conforme segundo ainda tambem sempre nunca talvez apenas entao quase muito muita "
    "muitos muitas pouco pouca cada qualquer quaisquer outro outra outros outras mesmo mesma "
    "mesmos mesmas ninguem nada nenhum nenhuma aquilo aquele aquela aqueles aquelas eles elas "
    "esses essas estes estas seus suas nosso nossa nossos nossas primeiro primeira terceiro "
    "terceira ultimo ultima era eram sao vai vao pode podem deve devem sera ter tenho estava "
    "estavam"
)
ENGLISH: Final = words_of(
    "a about all am an and any are at be been but by can cannot could did do does doesn don for "
    "from get had has have here how i if in into is isn it its just me my no not now of off on "
    "one or our out please she should show so than that the their them there these they this to "
    "up was wasn we were what when where which who whom whose why will with won would you your "
    "tell anything something again "
    "while although though because since until unless whereas whether before after during "
    "between against without within through toward towards along among across behind upon over "
    "under above below beside besides despite except instead he him his her hers ours yours "
    "theirs itself themselves myself yourself those everything everyone everybody anyone anybody "
    "someone somebody nothing nobody none each every either neither both another other others "
    "such some many much few several own same being having doing may might must shall aren "
    "weren hasn haven hadn didn shouldn wouldn couldn still already yet always never ever only "
    "also then too very quite rather almost perhaps maybe once twice often sometimes first second "
    "third fourth fifth"
)
_SMALL_WORDS: Final = PORTUGUESE | ENGLISH


def cleaned(text: str) -> str:
    """Return a question without control sequences, in composed characters."""
    return unicodedata.normalize("NFC", neutralise(text))


@lru_cache(maxsize=2048)
def words(text: str) -> tuple[str, ...]:
    """Return the folded words of a text: runs of letters and digits."""
    return tuple(_WORD.findall(fold(text)))


def spaced(text: str) -> str:
    """Return the folded words between single blanks, one at each end too."""
    return f" {' '.join(_WORD.findall(fold(text)))} "


def accepted(kind: CaptureKind, value: str) -> str | None:
    """Return the value as a command gets it, or None where it is not one of this kind."""
    value = _trimmed_path(value) if kind == "path" else _trimmed(value)
    if not _KINDS[kind].fullmatch(value):
        return None
    if kind == "port":
        return str(int(value)) if int(value) <= _PORT_LAST else None
    return value


def _trimmed(value: str) -> str:
    return _SENTENCE_END.sub("", value.strip().strip(_AROUND))


def _trimmed_path(value: str) -> str:
    value = value.strip().rstrip(".,;:!?")
    return value if "(" in value or "[" in value else value.rstrip(")]")


def is_small_word(value: str) -> bool:
    """Tell whether a value is an article, a preposition or the like, and no name."""
    return fold(value) in _SMALL_WORDS

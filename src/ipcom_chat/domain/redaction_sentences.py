"""Secrets that people tell one another in plain words, in English and Portuguese.

`a senha é …`, `password for the NAS: …`, `use the password … to log in`. What follows must look
like a password, or be all that is said: `the password is wrong` tells none.
"""

import re

from ipcom_chat.domain.redaction_spans import is_inside
from ipcom_chat.domain.redaction_values import MASK_START, is_like_password, is_secret

Span = tuple[int, int, str]

SUBJECT = re.compile(
    r"senhas?|segredos?|secret key|passwords?|passphrases?|passwd|passcode|\bpwd|\bpw|\bpass|token|secret|"
    r"chave(?: de (?:api|acesso))?|(?:api|access|secret|license) key|\bpin|\bpsk|frase[ -](?:secreta|senha|semente|de recupera\S{1,4})|seed(?: phrase)?|credencia(?:l|is)|contraseña"
)
_LINK = r"[?,]?(?:[ \t]{1,3}[\w@./'\"*-]{1,40}[?,]?){0,6}?"
_IS = (
    r"(?:[ \t]{1,3}(?:(?:has been |foi |was |is )?(?:set|changed|reset|mudada|trocada|alterada|definida|resetada)(?: to| para| pra)|is|was|it's|será|sera|seria|é|eh|e'|ficou|foi|virou|continua(?: sendo)?|segue sendo|passou a ser|agora é|now is|is now|"
    r"(?:has been |foi |was )?(?:set|changed|reset|mudada|trocada|alterada|definida|resetada)(?: to| para| pra)?|to|para|pra|como|as)"
    r"(?:[ \t]{1,2}(?:is|é|now|agora|still|ainda|set to|simply|just|só|apenas|igual a|a|:)){0,2}:?"
    r"|[ \t]{0,3}(?:=|:|->|→|=>|-|–|—)(?=[ \t\"'`]))[ \t]{1,3}"
)
_SAID = r"""[*_]{0,2}(?:"(?P<q>[^"\n]{2,100})"|'(?P<q2>[^'\n]{2,100})'|`(?P<q3>[^`\n]{2,100})`|“(?P<q4>[^”\n]{2,100})”|(?P<b>[^\s"'`“]{2,100}))"""
_SENTENCE = re.compile(_LINK + _IS + _SAID, re.IGNORECASE)
_BESIDE = re.compile(r"[ \t]{1,3}" + _SAID)
_KIND = re.compile(
    r" (?:provis[óo]ria|tempor[áa]ria|inicial|mestra|padr[ãa]o|temporary|initial|master)(?= )"
)
_KIND_BEGINS = frozenset("ptim")
_BEFORE = frozenset(
    "com with using usando use usa digite type enter and e informe tente try nova new a the totp otp 2fa mfa".split()
)
_BETWEEN = frozenset("/|,")
"""What stands between a name and its password: `cliente12 / senha 12abc`."""
_PEOPLE = frozenset("user username usuário usuario login utilizador".split())
_SENTENCE_END = re.compile(
    r"\s{0,3}(?:$|[\n.,;)!?]|(?:e|and|mas|but|na|no|em|on|in|for|para|pra|do|da|then|now|agora|nas|nos|que|se|if|ok)\b)"
)
_VERBS = ("is", "é", "eh", "was", "será", "foi", "ficou", "continua")


def sentence(text: str, lowered: str, start: int, end: int, subject: str) -> Span | None:
    """Return the secret that a sentence tells, with its kind.

    Args:
        text: all of it.
        lowered: the same in lower case.
        start: where the subject begins, `senha` say.
        end: where it ends.
        subject: the subject.
    """
    if start and (lowered[start - 1].isalnum() or lowered[start - 1] in "-_/.$"):
        return None
    kind = _KIND.match(lowered, end) if lowered[end + 1 : end + 2] in _KIND_BEGINS else None
    beside = (
        _BESIDE.match(text, kind.end() if kind else end)
        if kind or _is_beside(lowered, start)
        else None
    )
    span = _told(text, beside, end, is_beside=True) if beside else None
    if not span and _may_tell(lowered, end) and (said := _SENTENCE.match(text, end)):
        span = None if _is_verb(subject, said.group()) else _told(text, said, end)
        # `senha para ana: …`: what was taken for the value ends what names it.
        is_label = not span and said.group().endswith(":") and MASK_START not in said.group()
        labelled = _SENTENCE.match(text, said.end() - 1) if is_label else None
        span = _told(text, labelled, end) if labelled else span
    return (*span, _subject_kind(subject)) if span else None


def _is_verb(subject: str, said: str) -> bool:
    """Return whether something is passed to somebody: `pass options to 'make'`."""
    return subject == "pass" and _TO.search(said) is not None


_TO = re.compile(r"(?<!changed)(?<!reset)(?<!set) to ", re.IGNORECASE)


def _is_beside(lowered: str, start: int) -> bool:
    if not start or lowered[start - 1] not in " \t(":
        return False
    words = lowered[max(0, start - 60) : start].rsplit(maxsplit=2)[-2:]
    return bool(words) and (
        lowered[start - 1] == "("
        or words[-1] in _BEFORE
        or words[0] in _PEOPLE
        or words[-1][-1] in _BETWEEN
    )


_TELLS = frozenset(
    "- is was é eh e' to para pra será sera seria foi ficou virou continua sendo now agora set as".split()
)
_ARROWS = ("→", "–", "—")
_SIGN = re.compile(r"[:=][ \t\"'`]")


def _may_tell(lowered: str, end: int) -> bool:
    """Return whether a sentence goes on with anything that could tell a value."""
    if lowered[end : end + 1] not in _AFTERSUBJECT:
        return False
    stop = lowered.find("\n", end, end + 100)
    ahead = lowered[end : stop if stop >= 0 else end + 100]
    if (":" in ahead or "=" in ahead) and _SIGN.search(ahead):
        return True
    if not _TELLS.isdisjoint(ahead.split()) or "->" in ahead:
        return True
    return not ahead.isascii() and any(map(ahead.__contains__, _ARROWS))


_AFTERSUBJECT = frozenset(" \t:=-?,")


def _subject_kind(subject: str) -> str:
    if subject.startswith(("token", "chave", "api", "access")):
        return "token"
    return "secret" if subject.startswith(("secret", "segredo")) else "password"


def _told(
    text: str, said: "re.Match[str]", begin: int, *, is_beside: bool = False
) -> tuple[int, int] | None:
    for group in ("q", "q2", "q3", "q4"):
        if said[group]:
            return _quoted(text, said, group, begin, is_beside=is_beside)
    start, end = said.span("b")
    if not is_beside and (phrase := _phrase(text, begin, start)):
        return phrase
    while end > start and text[end - 1] in ".,;:)]}*_?…":
        end -= 1
    value = text[start:end]
    if is_like_password(value):
        return None if _is_term(value) else (start, end)
    is_told = not is_beside and _is_said(text[begin:start]) and _is_value(text, value, end)
    return (start, end) if is_told else None


def _quoted(
    text: str, said: "re.Match[str]", group: str, begin: int, *, is_beside: bool
) -> tuple[int, int] | None:
    start, end = said.span(group)
    if is_inside(text, begin, start - 1, text[start - 1]):
        return None
    good = is_secret(said[group]) and (not is_beside or is_like_password(said[group]))
    return (start, end) if good and said[group].count(" ") < 4 else None


def _is_said(before: str) -> bool:
    """Return whether what stands before a value says that it comes."""
    words = before.lower().split()
    return (
        bool(words)
        and _NOT.isdisjoint(words)
        and (words[-1].rstrip(":") in _VERBS or before.rstrip().endswith((":", "=", "->", "→")))
    )


def _is_value(text: str, value: str, end: int) -> bool:
    """Return whether a plain word at the end of a sentence is what it tells."""
    return (
        len(value) >= 5
        and (value.isalnum() or _is_phrase(value))
        and is_secret(value)
        and bool(_SENTENCE_END.match(text, end))
        and _is_last(text, end)
        and not value[0].isupper()
        and value.lower() not in _COMMON
    )


def _phrase(text: str, begin: int, start: int) -> tuple[int, int] | None:
    """Return where several plain words are that a sentence tells: `is correct horse battery …`."""
    found = _WORDS_TO_THE_END.match(text, start) or _behind_user(text, begin, start)
    before = text[begin:start].lower().split()
    is_told = found is not None and bool(before) and _NOT.isdisjoint(before)
    if not found or not is_told or not (before[-1] in _VERBS or before[-1].endswith(":")):
        return None
    words = found[1].lower().split()
    is_one = words[-1].isdecimal() and (not is_secret(words[0]) or words[0] in _COMMON)
    return found.span(1) if not is_one and _SAYS.isdisjoint(words) else None


_WORDS_TO_THE_END = re.compile(
    r"((?:[^\W\d_]{4,12}(?: [^\W\d_]{4,12}){3,23}|[^\W\d_]{5,20}(?: [^\W\d_]{4,20})? \d{1,6}))\s{0,3}(?:$|[\n.,;])"
)
_TWO_WORDS = re.compile(r"([^\W\d_]{3,16}(?: [^\W\d_]{3,16}){1,2})\s{0,3}(?:$|\n)")
_USER_TOLD = re.compile(
    r"(?:login|usu[áa]rio|user(?:name)?|conta|account)\s{1,3}(?:is|é|eh|=|:)\s[^\n]{2,60}\b(?:e|and|,)\s{1,3}"
    r"(?:a |o |the |its )?$",
    re.IGNORECASE,
)


def _behind_user(text: str, begin: int, start: int) -> "re.Match[str] | None":
    """Return two or three words that end a line in which the user was told, too."""
    found = _TWO_WORDS.match(text, start)
    if found is None:
        return None
    line = text[max(0, begin - 120, text.rfind("\n", 0, begin) + 1) : begin]
    before = line.rsplit(maxsplit=1)[0] + " " if " " in line else ""
    return found if _USER_TOLD.search(before) else None


_SAYS = frozenset(
    """
    with must that this from have when your what which there into over than then will would could
    about after before were been also only just more most less least maximum minimum every does each
    para você voce quando como deve isso esta está este essa esse muito sobre mais menos pelo pela
    entre depois antes seja sejam pode podem tem foram apenas todos todas cada qual onde porque
    words word letters characters digits palavras letras caracteres dígitos digitos version versão
    needed required stored used using long short valid válido valido wrong hidden salted hashed sent shown changed
    guardada usada salva armazenada válida valida errada enviada trocada alterada necessária port porta
    """.split()
)
"""What sentences about a secret hold, and no secret of several words."""


def _is_phrase(value: str) -> bool:
    """Return whether words with hyphens are made up: `correct-horse`, and no `case-sensitive`."""
    words = value.split("-")
    return len(words) > 1 and all(map(str.isalpha, words)) and not _is_term(value)


def _is_term(value: str) -> bool:
    words = value.lower().split("-")
    return len(words) > 1 and (words[0] in _FIRST_OF_TERMS or words[-1] in _LAST_OF_TERMS)


_NOT = frozenset("não nao nunca not never isn't wasn't".split())


_FIRST_OF_TERMS = frozenset(
    "auto case clear hard long machine multi never non not one per plain pre pré re read self short single "
    "system time too two up out user well write".split()
)
_LAST_OF_TERMS = frozenset(
    "based coded defined definida encoded encrypted free generated gerada hashed known less only protected "
    "readable salted sensitive sensível sensivel shared specific text type wide".split()
)


def _is_last(text: str, end: int) -> bool:
    return text[end : end + 2].strip() in {"", "."} or text[end : end + 1] in {"\n", "."}


_COMMON = frozenset(
    """
    weak strong short long simple secure unsafe needed ignored optional unlimited shared hashed visible
    hidden cached cleared locked unlocked requested disabled default defaults different identical
    forte fraca curta longa segura insegura necessária necessaria ignorada opcional compartilhada
    visível visivel escondida bloqueada desbloqueada pedida solicitada diferente igual mesma secreta
    antiga nova temporária temporaria temporary correct correta valid válida valida available
    working funcionando aceita accepted exposed exposta leaked vazada outdated known conhecida lost
    perdida forgotten esquecida stronger longer better here there aqui below abaixo above acima
    wrong-again right fresh ready valid stale files compat systemd
    """.split()
)

"""What the index holds of a row: the fields, how each is taken apart, and the document itself."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from zlib import crc32

import msgspec
import tantivy

from ipcom_chat.search.analysis import ENGLISH, EXACT, PORTUGUESE, WORDS, prepared
from ipcom_chat.storage.search_rows import Changed, Searchable

VERSION: Final = "v1"
"""Raised with every change of the schema or of the analysers."""
RESPONSE_CHARS: Final = 64_000
"""So much of an answer is indexed: what a log goes on to say is not looked for."""
MARK_SEQ: Final = -1
"""The row number of the document that speaks of the index itself."""
_CWD_PARTS: Final = 32

QUESTION_WORDS: Final = "q_words"
QUESTION_ENGLISH: Final = "q_en"
QUESTION_PORTUGUESE: Final = "q_pt"
ANSWER_WORDS: Final = "a_words"
EXACT_FIELD: Final = "exact"
FACETS: Final = "facets"
CREATED: Final = "created"
SEQ: Final = "seq"
COMMAND_CRC: Final = "command_crc"
RESPONSE_CRC: Final = "response_crc"
MARK: Final = "mark"

KIND_OF_FIELD: Final = {
    QUESTION_WORDS: WORDS,
    QUESTION_ENGLISH: ENGLISH,
    QUESTION_PORTUGUESE: PORTUGUESE,
    ANSWER_WORDS: WORDS,
    EXACT_FIELD: EXACT,
}
"""The fields of text, and how each is taken apart."""


class BrokenIndex(Exception):  # noqa: N818 - what is wrong, not who failed
    """The index cannot be used; it is to be made anew."""


@contextmanager
def translated() -> Iterator[None]:
    """Turn what Tantivy raises, its panics too, into `BrokenIndex`."""
    try:
        yield
    except (ValueError, OSError, RuntimeError, TypeError) as error:
        raise BrokenIndex(str(error)) from error
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # it can be named in no other way
            raise BrokenIndex(str(error)) from error
        raise


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """What an index says of itself."""

    watermark: int
    """The last change of the replica that it holds."""
    birth: int
    """The file it was made from."""
    evicted_at: int
    """When rows had last left that file."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    # Signed: deleting by a term of an unsigned field deletes nothing, silently.
    builder.add_integer_field(SEQ, indexed=True, fast=True)
    for field, kind in KIND_OF_FIELD.items():
        has_phrases = kind == WORDS
        builder.add_text_field(
            field, tokenizer_name=kind, index_option="position" if has_phrases else "freq"
        )
    builder.add_text_field(FACETS, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(CREATED, fast=True)
    builder.add_integer_field(COMMAND_CRC, fast=True)
    builder.add_integer_field(RESPONSE_CRC, fast=True)
    builder.add_text_field(MARK, stored=True, tokenizer_name="raw", index_option="basic")
    return builder.build()


SCHEMA: Final = _schema()


def mark_of(searcher: tantivy.Searcher) -> Mark | None:
    """Return what an index says of itself; None if it says nothing."""
    query = tantivy.Query.term_query(SCHEMA, SEQ, MARK_SEQ)
    found = searcher.search(query, 1, count=False).hits
    if not found:
        return None
    text = searcher.doc(found[0][1]).get_first(MARK)
    try:
        return msgspec.json.decode(text or "", type=Mark)
    except msgspec.MsgspecError:
        return None


def document(row: Changed, answer: str) -> tantivy.Document:
    """Return a row as the index holds it.

    Args:
        row: what is in the replica.
        answer: what of its response is to be found.
    """
    question = prepared(row.command)
    answer = prepared(answer) if answer else ""
    tags = [prepared(tag) for tag in row.tags]
    made = tantivy.Document()
    made.add_integer(SEQ, row.seq)
    for field in (QUESTION_WORDS, QUESTION_ENGLISH, QUESTION_PORTUGUESE, EXACT_FIELD):
        made.add_text(field, question)
        for tag in tags:
            made.add_text(field, tag)
    if answer:
        made.add_text(ANSWER_WORDS, answer)
        made.add_text(EXACT_FIELD, answer)
    for facet in facets(row):
        made.add_text(FACETS, facet)
    made.add_integer(CREATED, row.created_at // 1000)
    made.add_integer(COMMAND_CRC, checksum(row.command))
    made.add_integer(RESPONSE_CRC, checksum(row.response))
    return made


def facets(row: Searchable) -> list[str]:
    """Return what a row can be selected by."""
    found = [f"kind:{row.kind}", f"mode:{row.mode}", f"status:{row.status}",
             f"machine:{row.machine_id}", f"os:{row.os_user}"]  # fmt: skip
    if row.user_id:
        found.append(f"user:{row.user_id}")
    if row.session_id:
        found.append(f"session:{row.session_id}")
    if row.error_code is not None and row.kind == "command":
        found.append(f"exit:{row.error_code}")
    found += [f"tag:{tag.casefold()}" for tag in row.tags]
    return found + [f"cwd:{folder}" for folder in folders(row.cwd or "")]


def folders(path: str) -> Sequence[str]:
    """Return a folder and those above it, `/` left out."""
    parts = path.rstrip("/").split("/")[:_CWD_PARTS]
    return ["/".join(parts[: length + 1]) for length in range(1, len(parts))]


def checksum(text: str | None) -> int:
    """Return what tells one text from another."""
    return crc32(text.encode("utf-8", "surrogatepass")) if text else 0

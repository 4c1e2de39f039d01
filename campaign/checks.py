"""Looks whether what the model says holds, once faults have stopped and all have synchronised."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from campaign.model import RAW_TOKEN, TOKEN, Erased, Final, Model
from campaign.world import PATIENCE_S, Box, World
from ipcom_chat.domain.lifecycle import INTERRUPTED
from tests.support.fleet_rows import TABLES, AnyRow, Key

ROUNDS = 6
"""How often all machines synchronise before they must be equal."""
_THERE = "SELECT t, scope, row FROM sync_changes"
_OPEN = ("pending", "processing")
_TYPES = {table.letter: table for table in TABLES}
_TEXTS = "SELECT id, command, response, context, tags, cwd FROM entries"


class ViolationError(AssertionError):
    """Something does not hold that must."""


def check(world: World, model: Model) -> int:
    """Let all become quiet and check everything; return how many entries the primary has.

    Raises:
        ViolationError: something does not hold.
    """
    _become_quiet(world)
    there, scopes = _on_primary(world)
    for box in world.boxes:
        _check_replica(box, model, there, scopes)
    _check_questions(world, model, there)
    _check_bytes(world, model)
    model.settle()
    return sum(1 for key in there if key[0] == "e")


def _become_quiet(world: World) -> None:
    """Synchronise everybody until nobody has anything more to carry."""
    for box in world.boxes:
        box.kill_all()
    for _round in range(ROUNDS):
        before = _state(world)
        for box in world.boxes:
            box.run("sync", "retry")
            box.run("sync")
        if _state(world) == before and not any(map(waiting, world.boxes)):
            break
    else:
        raise ViolationError(f"rows go on moving: {[waiting(box) for box in world.boxes]}")
    for box in world.boxes:
        # A search brings the index up to date, and takes out of it what was erased.
        box.start("history", "search", "zq").end(PATIENCE_S)


def _state(world: World) -> list[Any]:
    return [world.rows("SELECT n FROM sync_counter"), *(sorted(held(box)) for box in world.boxes)]


def waiting(box: Box) -> int:
    """Return how many entries of a replica wait for the primary."""
    return box.machine.unacknowledged() if box.machine.file.exists() else 0


def held(box: Box) -> dict[Key, AnyRow]:
    """Return the rows of a replica that are not private."""
    if not box.machine.file.exists():
        return {}
    return {
        table.key(row): row
        for table in TABLES
        for values in box.machine.rows(
            f"SELECT {table.columns} FROM {table.name} WHERE {table.private}"
        )
        for row in (table.type(*values),)
    }


def _on_primary(world: World) -> tuple[dict[Key, AnyRow], dict[Key, str]]:
    there: dict[Key, AnyRow] = {}
    scopes: dict[Key, str] = {}
    for letter, scope, text in world.rows(_THERE):
        table = _TYPES[str(letter)]
        row = msgspec.json.decode(str(text), type=table.type)
        key = table.key(row)
        _must(key not in there, f"the primary has {key} twice")
        there[key], scopes[key] = row, str(scope)
    return there, scopes


def _check_replica(
    box: Box, model: Model, there: dict[Key, AnyRow], scopes: dict[Key, str]
) -> None:
    """A replica is sound, equals the primary, and no end in it changed."""
    _must(box.machine.rows("PRAGMA integrity_check") == [("ok",)], f"{box.name} is damaged")
    parked = box.machine.rows("SELECT kind, key, reason FROM parked")
    _must(not parked, f"{box.name}: the primary refused {parked}")
    ours = held(box)
    for key, row in ours.items():
        _must(key in there, f"{box.name} alone has {row}")
        _must(there[key] == row, f"{box.name} differs:\n{row}\n{there[key]}")
    mine = {"g", f"m:{box.machine.env['IPCOM_CHAT_MACHINE_ID']}"}
    lacking = [key for key, scope in scopes.items() if scope in mine and key not in ours]
    _must(not lacking, f"{box.name} lacks {lacking[:5]}, {len(lacking)} in all")
    for key, row in ours.items():
        if key[0] == "e":
            _check_end(model, row)
            _check_over(model, row)


def _check_end(model: Model, row: Any) -> None:
    if row.status in _OPEN:
        _must(not model.reopened([row.id]), f"open again: {row}")
        return
    is_presumed = (row.status, row.error_code) == ("error", INTERRUPTED)
    final = Final(status=row.status, error_code=row.error_code, is_presumed=is_presumed)
    wrong = model.ended(row.id, final)
    _must(wrong is None, str(wrong))


def _check_over(model: Model, row: Any) -> None:
    """No request is open whose program ended by itself, whatever signal it was sent."""
    for token in TOKEN.findall(row.command) if row.status in _OPEN else ():
        question = model.questions[token]
        _must(not question.is_over or question.may_be_lost, f"still open: {row}")


def _check_questions(world: World, model: Model, there: dict[Key, AnyRow]) -> None:
    """Nothing acknowledged is lost, nothing is there twice, nothing private has left."""
    shared = Counter(
        token
        for key, row in there.items()
        if key[0] == "e"
        for token in set(TOKEN.findall(msgspec.json.encode(row).decode()))
    )
    twice = [token for token, count in shared.items() if count > 1]
    _must(not twice, f"twice: {twice}")
    gone = model.of(Erased.YES)
    _must(not gone & shared.keys(), f"erased and on the primary: {sorted(gone & shared.keys())}")
    for each in model.expected(private=False):
        is_lost = each.erased is Erased.NO and each.token not in shared
        _must(not is_lost, f"lost: {each}")
    private = {each.token for each in model.questions.values() if each.private}
    _must(not private & shared.keys(), f"private and shared: {sorted(private & shared.keys())}")
    local = {box.name: _tokens(box) for box in world.boxes}
    for each in model.expected(private=True):
        count = local[each.machine][each.token]
        is_right = count == 1 or (count == 0 and each.erased is not Erased.NO)
        _must(is_right, f"{each.machine} has {count} of the private {each}")


def _tokens(box: Box) -> "Counter[str]":
    """Return how many entries of a replica hold each token."""
    return Counter(
        token
        for row in box.machine.rows(_TEXTS)
        for token in set(TOKEN.findall(" ".join(str(cell) for cell in row)))
    )


def _check_bytes(world: World, model: Model) -> None:
    """What was erased is in no byte of any file, but where the documents say it may be."""
    gone = {token.encode() for token in model.of(Erased.YES)}
    for box in world.boxes:
        for path in _files(box):
            found = gone.intersection(RAW_TOKEN.findall(path.read_bytes()))
            _must(not found, f"erased and in {path}: {sorted(found)[:5]}, {len(found)} in all")


def _files(box: Box) -> Iterator[Path]:
    """Yield the files of a machine, without copies of the history (docs/security.md)."""
    for path in sorted(box.disk.rglob("*")):
        is_copy = path.name.startswith("history.") and not path.name.startswith("history.db")
        if path.is_file() and not is_copy and "backups" not in path.parts:
            yield path


def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - as `assert`
    if not holds:
        raise ViolationError(otherwise)

"""What must hold of a fleet: while a story is told, and when all has become quiet."""

from typing import TYPE_CHECKING, Any

from ipcom_chat.domain.entry import RULES_VERSION
from ipcom_chat.domain.merge import BY_HAND
from tests.support.fleet import DAY_MS, LivelockError, Node
from tests.support.fleet_rows import AnyRow, Key, There, counter, held, merged, on_primary, parked

if TYPE_CHECKING:
    from tests.support.fleet_story import Teller

_UNCLEAN = f"""
SELECT id FROM entries WHERE
  deleted_at IS NOT NULL AND (command <> '' OR response IS NOT NULL OR tags <> '[]'
                              OR context <> '{{}}' OR cwd IS NOT NULL)
  OR redaction_response >= {BY_HAND} AND response IS NOT NULL
  OR redaction_command >= {BY_HAND} AND command <> ''
  OR redaction_command > {RULES_VERSION} AND instr(command, 'S3CRET')
  OR redaction_response > {RULES_VERSION} AND instr(response, 'S3CRET')
"""
_PRIVATE = "SELECT id FROM entries WHERE instr(command, 'PRIVATE') OR instr(response, 'PRIVATE')"
_EVERYTHING = "SELECT t, scope, rev, at, row FROM sync_changes ORDER BY rev"
_FINAL = """
SELECT id, replica_id, status, error_code, response, command, version, tags, tokens_used,
  execution_time_ms, completed_at, source, redaction_command, redaction_response, deleted_at
FROM entries WHERE completed_at IS NOT NULL AND private = 0
"""


def check_finals(teller: "Teller", node: Node) -> None:
    """A final body never changes after a replica has seen it."""
    place = teller.nodes.index(node)
    for row in node.database.rows(_FINAL):
        entry_id, replica_id = row[:2]
        before = teller.finals.get((place, entry_id))
        teller.finals[place, entry_id] = row
        if before is None or replica_id in teller.forked:
            continue
        _check_final(before, row)
    _check_clean(node)


def _check_final(before: Any, now: Any) -> None:
    (_id, _rep, status, code, response, command, *rest, red_c, red_r, deleted) = now
    (_id, _rep, old_status, old_code, old_response, old_command, *old_rest) = before
    *old_rest, old_red_c, old_red_r, _old_deleted = old_rest
    assert (status, code) == (old_status, old_code), f"final changed: {before} {now}"
    if deleted is None:
        assert rest == old_rest, f"final changed: {before} {now}"
        assert response == old_response or red_r > old_red_r, f"answer changed: {before} {now}"
        assert command == old_command or red_c > old_red_c, f"text changed: {before} {now}"


def forget_finals(teller: "Teller", node: Node) -> None:
    place = teller.nodes.index(node)
    teller.finals = {key: row for key, row in teller.finals.items() if key[0] != place}


def _check_clean(node: Node) -> None:
    unclean = list(node.database.rows(_UNCLEAN))
    assert not unclean, f"{node.path.stem} holds what was cleared: {unclean}"


def become_quiet(teller: "Teller") -> None:
    """Let the faults stop and everybody exchange until nothing moves; check all."""
    network = teller.network
    while network.late:
        network.deliver(0)
    network.old = None
    for node in teller.nodes:
        _settle_clock(node)
        node.engine.state.retry()
    _until_nothing_moves(teller)
    _check_all(teller)
    before = _fingerprint(teller)
    for node in teller.nodes:
        node.cycle()
    assert _fingerprint(teller) == before, "a further round moved something"


def _settle_clock(node: Node) -> None:
    """Let the owner's open entries become old enough to be pushed."""
    newest = node.database.number(
        "SELECT max(created_at) FROM entries WHERE replica_id = ?", (node.replica_id,)
    )
    # What the primary refused to write is tried again after a while.
    node.clock.ms = max(node.clock.ms, newest) + 3_600_000


def _until_nothing_moves(teller: "Teller") -> None:
    network = teller.network
    rows = sum(len(held(node)) for node in teller.nodes) + len(on_primary(network.primary))
    limit = network.requests + 400 + 40 * rows * len(teller.nodes)
    still = 0
    for _round in range(6 + 2 * len(teller.nodes)):
        before = _fingerprint(teller)
        for node in teller.nodes:
            node.clock.ms += 3_600_000  # what is outside the window goes
            _bounded_cycle(teller, node, limit)
            check_finals(teller, node)
        still = still + 1 if _fingerprint(teller) == before else 0
        if still == 2:  # the exchange after a refused write only reads
            return
    raise LivelockError("rows go on moving")


def _bounded_cycle(teller: "Teller", node: Node, limit: int) -> None:
    while True:
        node.link.arm(node.link.fault._replace(kind=""))
        progress = node.exchange()
        assert progress is not None, node.engine.state.report()
        if progress.is_done:
            return
        if teller.network.requests > limit:
            raise LivelockError(f"a cycle of {node.path.stem} does not end")


def _fingerprint(teller: "Teller") -> list[Any]:
    primary = list(teller.network.primary.database.execute(_EVERYTHING))
    count = teller.network.primary.database.execute("SELECT n FROM sync_counter").fetchall()
    return [primary, count, *([counter(node), held(node)] for node in teller.nodes)]


def _check_all(teller: "Teller") -> None:
    there = on_primary(teller.network.primary)
    refused = {key for node in teller.nodes for key in parked(node)}
    for node in teller.nodes:
        _check_waiting(node)
        _check_clean(node)
        _check_equal(node, there)
    for key, row in teller.model.kept.items():
        if key not in refused:
            assert key in there, f"lost: {row}"
            _check_between(teller, key, there[key].row)
    database = teller.network.primary.database
    assert not database.execute(_PRIVATE).fetchall(), "private rows on the primary"
    assert not database.execute(_UNCLEAN).fetchall(), "the primary holds what was cleared"


def _check_waiting(node: Node) -> None:
    waiting = sum(node.engine.state.waiting().values())
    assert waiting == len(parked(node)), (
        f"{node.path.stem} waits: {node.engine.state.waiting()}, {parked(node)}"
    )


def _check_equal(node: Node, there: dict[Key, There]) -> None:
    """A replica equals the primary on what it subscribes to, and has nothing of its own."""
    ours = held(node)
    aside = parked(node) | _private(node)
    for key, row in ours.items():
        if key not in aside:
            assert key in there, f"{node.path.stem} alone has {row}"
    since = {each.scope: each.since_ms for each in node.engine.state.subscriptions()}
    for key, each in there.items():
        if key in aside or each.scope not in since or each.at < since[each.scope]:
            continue
        if key in ours:
            assert ours[key] == each.row, f"{node.path.stem} differs:\n{ours[key]}\n{each.row}"
        else:
            assert _is_evicted(node, each), f"{node.path.stem} lacks {each}"


def _private(node: Node) -> set[Key]:
    entries = node.database.rows("SELECT 'e', id FROM entries WHERE private = 1")
    sessions = node.database.rows("SELECT 's', id FROM sessions WHERE private = 1")
    return {(row[0], row[1]) for row in (*entries, *sessions)}


def _is_evicted(node: Node, there: There) -> bool:
    days = node.habits.window_days
    latest = node.clock.now_ms() - days * DAY_MS
    return bool(days) and there.at < latest


def _check_between(teller: "Teller", key: Key, row: AnyRow) -> None:
    kept, written = teller.model.kept[key], teller.model.written[key]
    assert merged(row, kept) == row, f"lost a part:\n{row}\n{kept}"
    assert merged(written, row) == written, f"from nowhere:\n{row}\n{written}"

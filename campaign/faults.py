"""What goes wrong in a campaign: each does its harm to real processes, files and sockets."""

import signal
from collections.abc import Callable
from contextlib import suppress

from apsw import Connection

from campaign.acts import DOERS as ACTS
from campaign.plan import Step
from campaign.programs import NEWER, Program
from campaign.stage import Doer, Stage
from campaign.world import PATIENCE_S, Box, newer
from ipcom_chat.schema import migrations
from ipcom_chat.storage.database import connect
from ipcom_chat.storage.migrate import migrate
from tests.support.proxy import Faults

BOXES_MAX = 6
BALLAST_BYTES = 1 << 16
DAY_MS = 86_400_000
JUMPS_DAYS = (-400, -30, -9, -2, -1, 1, 2, 9, 30, 400)
OLD_ENTRIES = 20
_OLD_ENTRY = """
INSERT INTO entries (id, kind, mode, private, source, time_estimated, os_user, machine_id,
  replica_id, command, status, tags, context, truncated, redaction_command, redaction_response,
  content_hash, version, created_at, updated_at, completed_at, local_seq, acked_seq)
VALUES (?, 'question', 'global', 0, 'chat', 0, 'root', ?, ?, ?, 'completed', '[]', '{}', 0, 1, 1,
  ?, 2, ?, ?, ?, ?, 0)
"""
_OLD_COUNT = "UPDATE counters SET n = max(n, ?) WHERE name = 'local_seq'"
_NEWER_PRIMARY = (
    "CREATE INDEX IF NOT EXISTS entries_later ON entries (updated_at)",
    "INSERT OR IGNORE INTO schema_migrations (number, name, applied_at) VALUES (2, 'later', 0)",
)


def _running(stage: Stage) -> list[Program]:
    return [each for box in stage.world.boxes for each in box.programs if each.is_running]


def _kill(stage: Stage, box: Box, step: Step) -> bool:
    running = _running(stage)
    if running:
        running[step.a % len(running)].send(signal.SIGKILL)
    return bool(running)


def _kill_machine(stage: Stage, box: Box, step: Step) -> bool:
    box.kill_all()
    return True


def _escape(stage: Stage, box: Box, step: Step) -> bool:
    asking = [each for each in _running(stage) if "ask" in each.argv]
    if asking:
        asking[step.a % len(asking)].send(signal.SIGINT)
    return bool(asking)


def _kill_primary(stage: Stage, box: Box, step: Step) -> bool:
    stage.world.primary.kill()
    return True


def _start_primary(stage: Stage, box: Box, step: Step) -> bool:
    if not stage.world.primary.is_running:
        stage.world.primary.start()
    return True


def _kill_copy(stage: Stage, box: Box, step: Step) -> bool:
    stage.world.copy.kill()
    return True


def _start_copy(stage: Stage, box: Box, step: Step) -> bool:
    if not stage.world.copy.is_running:
        stage.world.copy.start()
    return True


def _stall_primary(stage: Stage, box: Box, step: Step) -> bool:
    if stage.world.primary.is_running:
        stage.world.primary.pause()
    return stage.world.primary.is_running


def _resume_primary(stage: Stage, box: Box, step: Step) -> bool:
    if stage.world.primary.is_running:
        stage.world.primary.resume()
    return True


def _network(make: Callable[[Step], Faults]) -> Doer:
    def do(stage: Stage, box: Box, step: Step) -> bool:
        box.proxy.faults = make(step)
        return True

    return do


def _cut(step: Step) -> Faults:
    place = step.a % 4_000
    return Faults(cut_up_after=place) if step.b % 2 else Faults(cut_down_after=place)


def _stall(step: Step) -> Faults:
    return Faults(stall_up=True) if step.b % 2 else Faults(stall_down=True)


def _delay(step: Step) -> Faults:
    return Faults(delay_up_s=step.a % 700 / 1000, delay_down_s=step.b % 700 / 1000)


def _token(stage: Stage, box: Box, step: Step) -> bool:
    box.renew_token(expires_in_s=-3_600)
    return True


def _renew_token(stage: Stage, box: Box, step: Step) -> bool:
    box.renew_token()
    return True


def _clock(stage: Stage, box: Box, step: Step) -> bool:
    box.jump(JUMPS_DAYS[step.a % len(JUMPS_DAYS)] * DAY_MS)
    return True


def _full_disk(stage: Stage, box: Box, step: Step) -> bool:
    """Fill what is left of the disk, to the last byte."""
    if not box.has_disk:
        return False
    box.was_full = True
    with suppress(OSError), (box.disk / "ballast").open("ab", buffering=0) as file:
        for size in (BALLAST_BYTES, 4096, 1):
            with suppress(OSError):
                while file.write(b"x" * size) == size:
                    pass
    return True


def _free_disk(stage: Stage, box: Box, step: Step) -> bool:
    (box.disk / "ballast").unlink(missing_ok=True)
    return True


def _read_only_disk(stage: Stage, box: Box, step: Step) -> bool:
    """The kernel takes the right to write away, as after an error of the disk; then people work."""
    if not box.has_disk:
        return False
    box.kill_all()
    box.was_full = True
    if not box.remount("ro"):
        return False
    programs = [box.start(*argv) for argv in (("history", "list"), ("sync",), ("doctor",))]
    ACTS["ask"](stage, box, step)
    for program in (*programs, stage.acts[-1].program):
        ended = program.end(PATIENCE_S)
        assert ended is not None, f"{program.argv} does not end on a read-only disk"
        assert "Traceback" not in ended.err, ended.err
        assert "unexpected fault" not in ended.err, ended.err
    assert box.remount("rw")
    return True


def _clone(stage: Stage, box: Box, step: Step) -> bool:
    """The image of a machine is started twice, with the same machine id."""
    if len(stage.world.boxes) >= BOXES_MAX:
        return False
    box.kill_all()
    image = stage.world.folder / f"{box.name}.image"
    box.copy_to(image)
    other = stage.world.add()
    other.put_back(image)
    for name in ("IPCOM_CHAT_MACHINE_ID", NEWER):
        if name in box.machine.env:
            other.machine.env[name] = box.machine.env[name]
    other.jump(int(box.clock.read_text()))
    return True


def _restore_disk(stage: Stage, box: Box, step: Step) -> bool:
    """A machine is put back to what its disk was yesterday."""
    folder = stage.world.folder / f"{box.name}.yesterday"
    if box.yesterday is None:
        return False
    box.kill_all()
    box.put_back(folder)
    stage.model.put_back(box.name, box.yesterday)
    return True


def _restore_backup(stage: Stage, box: Box, step: Step) -> bool:
    """A backup of the program is put back by the program, which may be killed meanwhile."""
    folder = stage.world.folder / f"{box.name}.backups"
    found = sorted(folder.glob("replica-*.gz")) if folder.is_dir() else []
    if box.backed_up is None or not found:
        return False
    box.kill_all()
    stage.model.put_back(box.name, box.backed_up)
    stage.begin(box, ["backup", "restore", str(found[-1]), "--yes", "--wait", "2"])
    return True


def _restore_primary(stage: Stage, box: Box, step: Step) -> bool:
    """The primary is put back to an older state by a tool that is not ours."""
    if stage.world.old_primary is None:
        return False
    stage.world.restore_primary()
    stage.model.put_primary_back()
    return True


def _upgrade(stage: Stage, box: Box, step: Step) -> bool:
    """A newer program migrates the replica while older ones have it open."""
    newer(box)
    ACTS["ask"](stage, box, step)
    ACTS["sync"](stage, box, step)
    return True


def _old_replica(stage: Stage, box: Box, step: Step) -> bool:
    """A machine with a replica of an older program joins, and several programs upgrade it."""
    if len(stage.world.boxes) >= BOXES_MAX:
        return False
    other = stage.world.add()
    path = other.machine.file
    path.parent.mkdir(parents=True, mode=0o700)
    steps = migrations("replica")
    connection = connect(path)
    migrate(connection, path, steps[: 1 + step.a % (len(steps) - 1)], now_ms=1)
    _write_old_entries(stage, other, connection)
    connection.close()
    for _each in range(3):
        ACTS["ask"](stage, other, step)
    return True


def _write_old_entries(stage: Stage, box: Box, connection: Connection) -> None:
    at = 1_700_000_000_000
    with connection:
        for number in range(1, OLD_ENTRIES + 1):
            question = stage.model.new(box.name)
            entry_id = f"{at:012x}"[:8] + f"-0000-7000-8000-{number:06}{question.token[2:8]}"
            connection.execute(
                _OLD_ENTRY,
                (entry_id, box.name, "0" * 32, question.token, number, at, at, at, number),
            )
            stage.model.acknowledge(question, at)
        connection.execute(_OLD_COUNT, (OLD_ENTRIES,))


def _upgrade_primary(stage: Stage, box: Box, step: Step) -> bool:
    """The administrator brings the primary to a later schema while machines work."""
    if not stage.world.primary.is_running:
        return False
    with suppress(OSError):
        for sql in _NEWER_PRIMARY:
            stage.world.rows(sql)
    return True


DOERS: dict[str, Doer] = {
    **ACTS,
    "kill": _kill,
    "kill_machine": _kill_machine,
    "kill_primary": _kill_primary,
    "start_primary": _start_primary,
    "kill_copy": _kill_copy,
    "start_copy": _start_copy,
    "stall_primary": _stall_primary,
    "resume_primary": _resume_primary,
    "cut": _network(_cut),
    "refuse": _network(lambda _step: Faults(refuse=True)),
    "stall": _network(_stall),
    "delay": _network(_delay),
    "corrupt": _network(lambda step: Faults(corrupt_down_at=step.a % 1500)),
    "swallow": _network(lambda _step: Faults(swallow=True)),
    "duplicate": _network(lambda _step: Faults(repeat=True)),
    "mend": _network(lambda _step: Faults()),
    "clock": _clock,
    "full_disk": _full_disk,
    "free_disk": _free_disk,
    "read_only_disk": _read_only_disk,
    "clone": _clone,
    "restore_disk": _restore_disk,
    "restore_backup": _restore_backup,
    "restore_primary": _restore_primary,
    "token": _token,
    "renew_token": _renew_token,
    "upgrade": _upgrade,
    "old_replica": _old_replica,
    "upgrade_primary": _upgrade_primary,
    "escape": _escape,
}

"""What the campaign breaks: a primary with a replica of its own, machines, their disks and ways.

Each machine is one OS user with a home of its own on a small disk of its own, a clock of its own,
and a proxy of its own before the primary. Disks are mounted in a private mount namespace, which
ends with the campaign; where that is not allowed, homes are plain folders and faults of disks are
left out.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import apsw

from campaign.programs import CLOCK, NEWER, Program
from tests.support.machine import Machine, rows_of
from tests.support.proxy import Faults, Proxy
from tests.support.sqld import Keys, Sqld

DISK = "48m"
PATIENCE_S = 300.0
"""How long a program may take where nothing is broken, on however busy a machine."""
PRIVATE = "CAMPAIGN_PRIVATE"
"""In the environment: this process has a mount namespace of its own."""
PATIENT = {"TURSO_QUERY_TIMEOUT": str(int(PATIENCE_S * 1000))}
NOT_COPIED = ("*.lock", "*.sync", "socket")


def become_private() -> None:
    """Start this process again in a mount namespace of its own, where that is allowed."""
    if os.environ.get(PRIVATE):
        return
    unshare = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["-r"])]
    probe = [*unshare, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    is_allowed = (
        shutil.which("unshare")
        and not subprocess.run(probe, capture_output=True, check=False).returncode
    )
    if is_allowed:
        os.environ[PRIVATE] = "1"
        command = [*unshare, sys.executable, "-m", "campaign", *sys.argv[1:]]
        os.execvp(unshare[0], command)


class Box:
    """One OS user on one machine: its disk, its way to the primary, its clock, its programs."""

    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.name = name
        self.disk = world.folder / name
        self.disk.mkdir()
        self.has_disk = mount(self.disk)
        self.proxy = Proxy(world.primary.port)
        self.proxy.__enter__()
        self.machine = Machine(world.folder, name, self.proxy.url)
        self.clock = world.folder / f"{name}.clock"
        self.clock.write_text("0")
        self.token = world.folder / f"{name}.token"
        self.machine.env |= {
            "TURSO_AUTH_TOKEN_FILE": str(self.token), "TURSO_QUERY_TIMEOUT": "1500",
            "SYNC_ACTIVE_INTERVAL": "1", "RETRY_INTERVAL": "500", CLOCK: str(self.clock),
            "IPCOM_CHAT_BACKUP_FOLDER": str(world.folder / f"{name}.backups"),
            "IPCOM_CHAT_AI_BASE_URL": world.ai_url, "IPCOM_CHAT_AI_API_KEY": "k",
            "IPCOM_CHAT_ALERTS": "false",
        }  # fmt: skip
        self.renew_token()
        self.programs: list[Program] = []
        self.was_full = False
        """In this round its disk was full: nobody could store how a request ended."""
        self.yesterday: frozenset[str] | None = None
        """The private texts of the copy of yesterday's disk, if there is one."""
        self.backed_up: frozenset[str] | None = None
        """The same for the newest backup of the program."""

    @property
    def data(self) -> Path:
        """The folder of the history."""
        return self.machine.file.parent

    def start(self, *argv: str) -> Program:
        """Start the program."""
        program = Program(argv, self.machine.env, self.world.output())
        self.programs.append(program)
        return program

    def run(self, *argv: str) -> str:
        """Run the program to its end, which must be a good one; return what it said.

        Nothing is broken meanwhile, so it may take its time on a busy machine.
        """
        program = Program(argv, self.machine.env | PATIENT, self.world.output())
        ended = program.end(PATIENCE_S)
        assert ended is not None, f"{self.name}: {argv} does not end"
        assert ended.code == 0, f"{self.name}: {argv} ended with {ended.code}: {ended.err}"
        return ended.out

    def seen(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """Return what another process sees in the replica; nothing if there is none yet."""
        if not self.machine.file.exists():
            return []
        try:
            return self.machine.rows(sql, *args)
        except apsw.SQLError:  # whoever was making it was killed before there was a table
            return []

    def kill_all(self) -> None:
        """Kill every program of this machine, as a power cut would."""
        for program in self.programs:
            program.send(signal.SIGKILL)
            program.end(10)
        self.programs = [each for each in self.programs if each.is_running]

    def renew_token(self, *, expires_in_s: float = 86_400.0) -> None:
        """Give the machine another token."""
        new = self.token.with_suffix(".new")
        new.write_text(self.world.keys.token(expires_in_s=expires_in_s))
        new.chmod(0o600)
        new.replace(self.token)

    def jump(self, ms: int) -> None:
        """Move the machine's clock, also under programs that run."""
        new = self.clock.with_suffix(".jump")
        new.write_text(str(int(self.clock.read_text()) + ms))
        new.replace(self.clock)

    def remount(self, option: str) -> bool:
        """Make the disk `ro` or `rw`; return whether that was possible."""
        command = ["mount", "-o", f"remount,{option}", str(self.disk)]
        return not subprocess.run(command, capture_output=True, check=False).returncode

    def copy_to(self, folder: Path) -> None:
        """Copy the disk as a backup of the whole machine does; its programs must have ended."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.disk, folder, ignore=shutil.ignore_patterns(*NOT_COPIED))

    def put_back(self, folder: Path) -> None:
        """Put a copy of the disk in its place; its programs must have ended."""
        for path in self.disk.iterdir():
            shutil.rmtree(path)
        shutil.copytree(folder, self.disk, dirs_exist_ok=True)

    def close(self) -> None:
        """End all of it."""
        self.kill_all()
        self.proxy.__exit__(None, None, None)
        if self.has_disk:
            subprocess.run(["umount", "-l", str(self.disk)], check=False)


def mount(folder: Path) -> bool:
    """Put a small disk there, if this process has mounts of its own."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    is_private = bool(os.environ.get(PRIVATE))
    return is_private and not subprocess.run(command, check=False).returncode


class World:
    """Everything that runs; use as a context manager."""

    def __init__(self, folder: Path, ai_url: str) -> None:
        self.folder = folder
        self.ai_url = ai_url
        self.keys = Keys(folder / "keys")
        self.token = self.keys.token(expires_in_s=86_400)
        self.primary = Sqld(folder / "primary", keys=self.keys, feeds_replicas=True)
        self.copy = Sqld(folder / "copy", keys=self.keys, primary=self.primary)
        self.boxes: list[Box] = []
        self.old_primary: Path | None = None
        self._outputs = 0

    def __enter__(self) -> Self:
        self.primary.__enter__()
        administrator = Machine(
            self.folder, "administrator", self.primary.url, TURSO_AUTH_TOKEN=self.token, **PATIENT
        )
        done = administrator.run("server", "init")
        assert done.code == 0, done.err
        self.copy.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for box in self.boxes:
            box.kill_all()
            if error is not None and box.has_disk:
                # The disks end with this process; what they hold says what went wrong.
                box.copy_to(self.folder / f"{box.name}.found")
            box.close()
        self.copy.kill()
        self.primary.kill()

    def output(self) -> Path:
        """Return a new folder for what a program prints."""
        self._outputs += 1
        return self.folder / "output" / str(self._outputs)

    def add(self) -> Box:
        """Add a machine; every second one reads from the primary's replica."""
        box = Box(self, f"machine-{len(self.boxes)}")
        if len(self.boxes) % 2:
            box.machine.env["TURSO_DATABASE_URL"] = f"{box.proxy.url},{self.copy.url}"
            box.machine.env["TURSO_SYNC_URL"] = self.copy.url
        self.boxes.append(box)
        return box

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the primary, past all proxies."""
        return rows_of(self.primary.url, sql, self.token)

    def heal(self) -> None:
        """Let everything work again."""
        for box in self.boxes:
            box.proxy.faults = Faults()
            (box.disk / "ballast").unlink(missing_ok=True)
            box.renew_token()
        for server in (self.primary, self.copy):
            if server.is_running:
                server.resume()
            else:
                server.start()

    def back_up_primary(self) -> None:
        """Copy the primary's files as a tool that is not ours would."""
        self.old_primary = self.folder / "primary.yesterday"
        shutil.rmtree(self.old_primary, ignore_errors=True)
        self.primary.stop()
        shutil.copytree(self.primary.folder, self.old_primary)
        self.primary.start()

    def restore_primary(self) -> None:
        """Put the older files back; a replica of the later ones would be of another history."""
        assert self.old_primary is not None
        self.copy.kill()
        self.primary.kill()
        for folder in (self.primary.folder, self.copy.folder):
            shutil.rmtree(folder)
        shutil.copytree(self.old_primary, self.primary.folder)
        self.copy.folder.mkdir()
        self.primary.start()
        self.copy.start()


def newer(box: Box) -> None:
    """Upgrade the program on a machine: it knows one more migration."""
    box.machine.env[NEWER] = "1"

"""Atuin, the shell history that is measured beside ours: one machine of its, and its server."""

import os
import re
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from benchmarks.places import held_bytes
from benchmarks.processes import Command
from tests.support.sqld import HOST, free_port

SESSION = "0" * 32
PASSWORD = "not-a-secret"  # of a server that lives for a minute


class Atuin:
    """One machine with Atuin, in a home of its own."""

    def __init__(self, client: Path, home: Path, url: str = "http://127.0.0.1:9") -> None:
        self._client = client
        self._home = home
        settings = home / ".config" / "atuin" / "config.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text(f'sync_address = "{url}"\nauto_sync = false\nupdate_check = false\n')

    def command(self, *arguments: str, may_fail: bool = False) -> Command:
        """Return a call of the program in this home."""
        env = {
            "HOME": str(self._home),
            "PATH": os.environ["PATH"],
            "ATUIN_SESSION": SESSION,
            "HISTFILE": str(self._home / ".bash_history"),
        }
        return Command([self._client, *arguments], env, may_fail)

    def run(self, *arguments: str) -> str:
        """Run a command; return its output.

        Raises:
            RuntimeError: it failed.
        """
        return self.command(*arguments).run()

    def search(self, query: str, *options: str) -> Command:
        """Return a search for text; it fails where nothing is found."""
        fixed = ("--filter-mode", "global", "--limit", "20", "--cmd-only")
        return self.command("search", *fixed, *options, query, may_fail=True)

    def sync(self, entries: int) -> float:
        """Synchronise that many records; return the seconds it took."""
        start = time.perf_counter()
        said = self.run("sync")
        taken = time.perf_counter() - start
        if carried(said) < entries:
            raise RuntimeError(said)
        return taken

    def write_history(self, lines: Iterable[str]) -> None:
        """Put shell commands where `import bash` looks for them."""
        with (self._home / ".bash_history").open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)

    def fill(self, lines: Iterable[str]) -> None:
        """Import shell commands, and put them into the record store."""
        self.write_history(lines)
        self.take_history()

    def take_history(self) -> None:
        """Import what lies there, and put it into the record store."""
        self.run("import", "bash")
        self.run("history", "init-store")

    def held_bytes(self) -> int:
        """Return what its databases take on disk once their logs are taken in."""
        for path in self._home.rglob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return held_bytes(self._home.rglob("*.db*"))


def carried(said: str) -> int:
    """Return how many records `atuin sync` says that it carried."""
    counts: Sequence[tuple[str, str]] = re.findall(r"(\d+)/(\d+) up/down", said)
    return sum(int(number) for pair in counts for number in pair)


@contextmanager
def atuin_server(program: Path, place: Path) -> Iterator[str]:
    """Give Atuin's server on an SQLite database."""
    port = free_port()
    place.mkdir()
    (place / "server.toml").write_text(
        f'host = "{HOST}"\nport = {port}\nopen_registration = true\n'
        f'db_uri = "sqlite://{place}/atuin.db"\n'
    )
    env = {"HOME": str(place), "ATUIN_CONFIG_DIR": str(place), "RUST_LOG": "warn"}
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([program, "server", "start"], env=env, stdout=log, stderr=log)
    try:
        url = f"http://{HOST}:{port}"
        for _attempt in range(200):
            with suppress(urllib.error.URLError):
                urllib.request.urlopen(url, timeout=5).close()
                break
            time.sleep(0.05)
        yield url
    finally:
        process.kill()
        process.wait()

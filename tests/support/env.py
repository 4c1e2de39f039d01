"""An environment in which the program touches nothing of the machine that tests it."""

import os
from pathlib import Path

MACHINE_ID = "test-machine"


def isolated_env(folder: Path) -> dict[str, str]:
    """Return the environment of a fresh user whose home is under `folder`; nothing leads out."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "IPCOM_CHAT_MACHINE_ID": MACHINE_ID,
        # The model is loaded by the tests that are about it, not by every chat.
        "IPCOM_CHAT_SEMANTIC": "false",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "TZ": "UTC",
    }


def data_dir(env: dict[str, str]) -> Path:
    """Return the folder of the replica in such an environment."""
    return Path(env["XDG_DATA_HOME"]) / "ipcom-chat"


def replica(env: dict[str, str]) -> Path:
    """Return the replica in such an environment."""
    return data_dir(env) / "history.db"


def config_file(env: dict[str, str]) -> Path:
    """Return the file of the user's settings in such an environment."""
    return Path(env["XDG_CONFIG_HOME"]) / "ipcom-chat" / "config.toml"


def log_file(env: dict[str, str]) -> Path:
    """Return the log in such an environment."""
    return Path(env["XDG_STATE_HOME"]) / "ipcom-chat" / "ipcom-chat.log"

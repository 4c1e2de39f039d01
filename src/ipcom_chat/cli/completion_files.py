"""The files from which shells load completion by themselves: where they lie, made, taken away.

Invariants: a file that is not ours is neither replaced nor removed; ours are those that hold the
script of this program.

Source: bash-completion (README), fish (`complete`), zsh (zshcompsys).
"""

from collections.abc import Mapping
from pathlib import Path

from ipcom_chat.files import read_regular, replace_text

SHELLS = ("bash", "zsh", "fish")
COMPLETE_VARIABLE = "_IPCOM_CHAT_COMPLETE"
"""What a shell sets when it asks what fits; each script names it."""
FILE_MAX_BYTES = 65_536


def completion_file(shell: str, home: Path, environment: Mapping[str, str]) -> Path:
    """Return from which file a shell loads the completion of this program."""
    match shell:
        case "bash":
            data = _folder(environment, "XDG_DATA_HOME", home / ".local/share")
            return data / "bash-completion/completions/ipcom-chat"
        case "fish":
            config = _folder(environment, "XDG_CONFIG_HOME", home / ".config")
            return config / "fish/completions/ipcom-chat.fish"
        case _:
            return home / ".zfunc/_ipcom-chat"


def _folder(environment: Mapping[str, str], xdg: str, default: Path) -> Path:
    base = environment.get(xdg, "")
    return Path(base) if base.startswith("/") else default


def is_ours(path: Path) -> bool:
    """Return whether a file holds the script of this program."""
    try:
        data, _attributes = read_regular(path, max_bytes=FILE_MAX_BYTES)
    except OSError:
        return False
    return COMPLETE_VARIABLE.encode() in data


def write_completion(path: Path, script: str) -> bool:
    """Write the script; return False if something is there already.

    Raises:
        OSError: it cannot be written.
    """
    if path.exists() or path.is_symlink():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, script, mode=0o600)
    return True

"""Which commands only look: what they print may be told again for a while instead of run again.

Pure, and narrow on purpose: a command counts as read-only only if every part of it is known to be.
Quotes and whatever a shell would expand or redirect make it unknown; programs may be joined by `|`.
"""

from typing import Final

_ANY: Final = frozenset(
    """
    cat cut df du egrep fgrep file free getent grep groups head id iostat journalctl last ls lsblk
    lscpu lsmod lsof lspci lsusb mpstat netstat nl nproc pgrep pidof ps pstree readlink realpath ss
    stat tac tail tr uname uptime vmstat w wc which who whoami zcat zgrep
    """.split()
)
"""Programs that look, whatever they are told, unless `_NEVER` says otherwise."""
_SUBCOMMANDS: Final = {
    "apt": "list show policy search",
    "apt-cache": "show policy search depends rdepends",
    "docker": "ps images info version inspect logs top port diff history",
    "fail2ban-client": "status",
    "git": "status log diff show blame",
    "ip": "a addr address r route l link n neigh neighbour",
    "kubectl": "get describe logs top version",
    "podman": "ps images info version inspect logs top port diff history",
    "systemctl": "status is-active is-enabled is-failed list-units list-timers list-sockets "
                 "list-unit-files list-dependencies show cat",
}  # fmt: skip
"""Programs that look if the first word that is no option is one of these."""
_NEVER: Final = {
    "file": ("-C", "--compile"),
    "git": ("--output", "--ext-diff", "--textconv"),
    "journalctl": ("-f", "--follow", "--flush", "--relinquish-var", "--rotate", "--setup-keys",
                   "--smart-relinquish-var", "--sync", "--update-catalog", "--vacuum"),
    "ss": ("-K", "--kill", "-E", "--events", "-D", "--diag"),
    "docker": ("-f", "--follow"),
    "kubectl": ("-f", "--follow", "-w", "--watch"),
    "podman": ("-f", "--follow"),
    "tail": ("-f", "-F", "--follow"),
    "lsof": ("-r", "+r"),
    "free": ("-s", "--seconds"),
    "netstat": ("-c", "--continuous"),
}  # fmt: skip
"""Options that change something or never end; long ones may be cut short, letters run together."""
_SHOWS: Final = {"ip": ("show", "list", "ls")}
"""What may stand behind the subcommand, or nothing: verbs that change can be cut to a letter."""
_SHELL: Final = frozenset("\"'`$&;<>(){}*?[]\\!~#=\n\r")


def is_read_only(command: str) -> bool:
    """Return whether a command line is known to change nothing."""
    if not command.strip() or _SHELL.intersection(command):
        return False
    return all(_looks(part.split()) for part in command.split("|"))


def _looks(words: list[str]) -> bool:
    if words[:1] == ["sudo"]:
        words = words[1:]
    if not words or any(_changes(words[0], word) for word in words[1:]):
        return False
    if words[0] in _ANY:
        return True
    named = [word for word in words[1:] if not word.startswith("-")]
    if not named or named[0] not in _SUBCOMMANDS.get(words[0], "").split():
        return False
    return len(named) == 1 or named[1] in _SHOWS.get(words[0], named)


def _changes(program: str, word: str) -> bool:
    options = _NEVER.get(program, ())
    if word.startswith("--") and len(word) > 2:
        return any(each.startswith(word) or word.startswith(each) for each in options)
    if word.startswith(("-", "+")):
        return any(len(each) == 2 and each[0] == word[0] and each[1] in word for each in options)
    return False

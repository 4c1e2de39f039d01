"""Which commands only look.

`is_read_only` judges a line: what it prints may be told again for a while instead of run again.
Quotes and whatever a shell would expand or redirect make it unknown; programs may be joined by `|`.
`may_run_unasked` judges the words of one command, and is stricter: it must not show secrets, reach
other machines, or run what a folder's own configuration names.

Pure, and narrow on purpose: a command counts as read-only only if every part of it is known to be.
"""

import re
from collections.abc import Sequence
from typing import Final

from ipcom_chat.domain.secret_paths import names_secret

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
    "apt": ("-o", "-c", "--option", "--config-file"),
    "apt-cache": ("-o", "-c", "--option", "--config-file"),
    "fail2ban-client": ("-s", "-c", "-p", "--socket", "--conf", "--pidfile"),
    "file": ("-C", "--compile"),
    "git": ("--output", "--ext-diff", "--textconv"),
    "journalctl": ("-f", "--follow", "--flush", "--relinquish-var", "--rotate", "--setup-keys",
                   "--smart-relinquish-var", "--sync", "--update-catalog", "--vacuum",
                   "--cursor-file", "-M", "--machine"),
    "ss": ("-K", "--kill", "-E", "--events", "-D", "--diag"),
    "docker": ("-f", "--follow", "-H", "--host", "--config", "--context"),
    "kubectl": ("-f", "--follow", "-w", "--watch", "-s", "--server", "--kubeconfig", "--cluster",
                "--user", "--as", "--raw", "--token"),
    "podman": ("-f", "--follow", "--url", "--connection", "--identity"),
    "systemctl": ("-H", "--host", "-M", "--machine"),
    "tail": ("-f", "-F", "--follow"),
    "lsof": ("-r", "+r", "-D"),
    "free": ("-s", "--seconds"),
    "netstat": ("-c", "--continuous"),
}  # fmt: skip
"""Options that change something or never end; long ones may be cut short, letters run together."""
_MORE: Final = {
    "[": r"", "[[": r"", "arch": r"", "basename": r"", "cksum": r"", "cmp": r"", "column": r"",
    "command": r"(?!-[vV] )", "comm": r"", "date": r"(?:.* )?(?:-\w*s|--s|-f|--f|[^-+])",
    "diff": r"(?:.* )?-\w*r|.*--rec", "dirname": r"", "dmesg": r"(?:.* )?(?:-\w*[cCDEnwW]|--(?!human|level|facility|ctime|kernel))",
    "dpkg": r"(?!-[lLsSpV]\b|--(?:list|status|listfiles|search|print-avail|verify)\b)",
    "dpkg-query": r"(?!-[lLsSWp]\b|--(?:list|status|listfiles|search|show)\b)",
    "echo": r"", "false": r"", "findmnt": r"(?:.* )?(?:-\w*p|--poll)", "fold": r"",
    "hostname": r"(?!-[fIidsAay]$|--(?:fqdn|ip-address|all-ip-addresses|short|domain)$|$)",
    "hostnamectl": r"(?!status$|$)", "locale": r"", "logname": r"", "lsns": r"", "lsipc": r"",
    "md5sum": r"", "mount": r".", "paste": r"", "printf": r"-v", "pwd": r"", "rev": r"",
    "rpm": r"(?!-q)|.*(?:--(?:eval|pipe|define|load|macros|root|dbpath|rcfile)|-E\b| -p|https?:|ftp:)",
    "seq": r"", "sha1sum": r"", "sha256sum": r"", "sha512sum": r"", "sort": r"(?:.* )?(?:-\w*[oST]|--[ocft])",
    "test": r"", "timedatectl": r"(?!(?:status|show)?$)", "true": r"", "tty": r"", "type": r"",
    "uniq": r"(?:.* )?[^-\s]",
}  # fmt: skip
"""More programs that look, unless the words behind them begin with this expression."""
_PRINTS: Final = frozenset(
    """
    cat cmp column comm cut diff egrep fgrep fold grep head nl paste rev sort tac tail tr uniq zcat
    zgrep file
    """.split()
)
"""Programs that print what is in files."""
_ASKED: Final = {
    "docker": r"inspect|diff|history|.*\binspect\b", "podman": r"inspect|.*\binspect\b",
    "egrep": r"(?:.* )?(?:-\w*[rRf]|--[dfr])", "fgrep": r"(?:.* )?(?:-\w*[rRf]|--[dfr])",
    "getent": r"(?!(?:passwd|group|services|protocols|networks)\b)", "git": r"",
    "grep": r"(?:.* )?(?:-\w*[rRf]|--[dfr])", "ip": r"(?:.* )?(?:-b(?!r)|-n)",
    "kubectl": r".*\bsecrets?\b|describe|logs", "last": r".*-\w*[fd]", "lsof": r"(?!.*-\w*n)",
    "ps": r"(?:.* )?(?:[a-zA-Z]*e[a-zA-Z]*(?: |$)|-\w*o.*\benviron)",
    "systemctl": r".*\b(?:show|cat)\b", "w": r"", "who": r".*\S", "zgrep": r"(?:.* )?-\w*[rRf]",
}  # fmt: skip
"""Words behind a program with which it only looks, but not without being asked.

They may show secrets or run what a configuration of the working directory names (all of git), or
ask a name server.
"""
_DEVICES: Final = re.compile(r"(?:^|=)/(?:dev|proc|sys)/(?!null$|(?:cpuinfo|meminfo|loadavg|uptime|version|"
                             r"mounts|swaps|filesystems|mdstat|partitions|diskstats|stat|vmstat|net/dev)$)")  # fmt: skip
_FIND_ACTS: Final = re.compile(r"-(?:exec|ok|delete|fprint|fls|files0-from)")
_SHOWS: Final = {"ip": ("show", "list", "ls")}
"""What may stand behind the subcommand, or nothing: verbs that change can be cut to a letter."""
_SHELL: Final = frozenset("\"'`$&;<>(){}*?[]\\!~#=\n\r")


def is_read_only(command: str) -> bool:
    """Return whether a command line is known to change nothing."""
    if not command.strip() or _SHELL.intersection(command):
        return False
    return all(_looks(part.split()) for part in command.split("|"))


def may_run_unasked(words: Sequence[str]) -> bool:
    """Return whether a command, given as its unquoted words, is known only to look.

    Programs that run others, `sudo` among them, are not looked through.
    """
    if not words or words[0] == "sudo":
        return False
    program, rest = words[0], " ".join(words[1:])
    if program in _ASKED and re.match(_ASKED[program], rest):
        return False
    if program in _PRINTS and any(
        names_secret(each) or _DEVICES.search(each) for each in words[1:]
    ):
        return False
    if program == "find":
        return not any(_FIND_ACTS.match(word) for word in words)
    if program in _MORE:
        return not (_MORE[program] and re.match(_MORE[program], rest, re.DOTALL))
    return _looks(list(words))


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

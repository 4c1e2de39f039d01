"""Options and operands of a command, as most programs read them."""

import posixpath
import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from ipcom_chat.assistant.shell_model import ShellLine, SimpleCommand

UNSEEN: Final = "$"
"""A path that only the running shell knows, or nobody."""
PATH_CHARS_MAX: Final = 4096
FOLDERS_MAX: Final = 8

_HOMES: Final = re.compile(r"^(?:~[\w-]*|\$HOME\b|\$\{HOME\}|/root|/home/[^/]+)(?=/|$)")
_HERE: Final = re.compile(r"^(?:\$PWD\b|\$\{PWD\}|\$\(pwd\)|`pwd`)(?=/|$)")
_TEMPORARY: Final = re.compile(r"^(?:\$\{?TMPDIR\}?|\$\(mktemp[^)]*\))(?=/|$)")
_ALIASES: Final = re.compile(r"^/proc/(?:self|thread-self|\d+)/(?:root|cwd)(?=/|$)")
_ALL: Final = re.compile(r"\*+|\?+|\.\*|\.\?\*|\.\[[^\]]*\]\*?")
"""Globs that mean everything in a folder, or everything hidden."""
_GLOB: Final = re.compile(r"[*?\[]")

SYSTEM_FOLDERS: Final = frozenset(
    """
    / /bin /boot /dev /etc /home /lib /lib32 /lib64 /libx32 /media /mnt /opt /proc /run /sbin /srv
    /sys /usr /usr/bin /usr/lib /usr/lib64 /usr/local /usr/local/bin /usr/sbin /usr/share
    /usr/include /var /var/lib /var/log /var/spool /var/mail /var/www /var/backups /var/lib/dpkg
    /var/lib/rpm /var/lib/apt /var/lib/mysql /var/lib/postgresql /var/lib/docker /var/lib/libvirt
    /var/lib/kubelet /var/lib/etcd /var/lib/systemd /etc/ssh /etc/pam.d /etc/systemd /etc/ssl
    /etc/init.d /etc/default /etc/network /etc/apt /etc/sudoers.d /etc/cron.d /etc/nginx
    /etc/apache2 /etc/mysql /etc/postgresql /etc/kubernetes /boot/grub /boot/efi /usr/lib/systemd
    /lib/systemd /lib/modules /usr/lib/modules /lib/x86_64-linux-gnu /usr/lib/x86_64-linux-gnu
    ~ ~/.ssh ~/.gnupg ~/.config ~/.local ~/.local/share ~/.local/share/ipcom-chat ~/.kube ~/.aws
    ~/.config/ipcom-chat ~/Documents ~/Desktop
    """.split()
)


def rest_of(command: SimpleCommand) -> tuple[str, ...]:
    """Return the words behind the program."""
    return command.words[1:]


def has_option(words: Sequence[str], letters: str, *names: str) -> bool:
    """Return whether an option is given: one of the letters, in any bundle, or a long name.

    Long names may be cut short, as getopt allows, and may have a value.
    """
    for word in words:
        if word == "--":
            return False
        if word.startswith("--"):
            given = word.partition("=")[0]
            if len(given) > 3 and any(name.startswith(given) for name in names):
                return True
        elif word.startswith("-") and any(letter in word[1:] for letter in letters):
            return True
    return False


def operands(command: SimpleCommand) -> list[str]:
    """Return the words that are no options; those only the running shell knows stay as written."""
    found: list[str] = []
    options_end = False
    for word in command.words[1:]:
        if word == "--" and not options_end:
            options_end = True
        elif options_end or word == "-" or not word.startswith("-"):
            found.append(word)
    return found


@lru_cache(maxsize=1024)
def plain_path(path: str) -> str:
    """Return a path as it is meant: home folders as `~`, `..` resolved, a last `/*` taken off."""
    if len(path) > PATH_CHARS_MAX:
        return UNSEEN
    path = _HERE.sub(".", _TEMPORARY.sub("/tmp/x", path))  # noqa: S108 - only compared
    path = _ALIASES.sub("/", path)
    while _HOMES.match(path) and not path.startswith("~/") and path != "~":
        path = _HOMES.sub("~", path)
    if path.startswith(("$", "`", "<(")):
        return UNSEEN
    parts = path.split("/")
    while len(parts) > 1 and (not parts[-1] or _ALL.fullmatch(parts[-1])):
        parts.pop()
    path = posixpath.normpath("/".join(parts) or "/")
    path = "/" + path.lstrip("/") if path.startswith("/") else path
    return "~" if re.fullmatch(r"/(?:home/[^/]+|root)", path) else path


@lru_cache(maxsize=1024)
def is_system_folder(path: str) -> bool:
    """Return whether a path, or what its glob may match, is a folder that the system lives in."""
    path = plain_path(path)
    if path in SYSTEM_FOLDERS:
        return True
    # A brace or a glob in the first part may be any of them.
    return (
        bool(_GLOB.search(path))
        and path.startswith(("/", "~"))
        and any(fnmatchcase(each, path) for each in SYSTEM_FOLDERS)
    )


def resolved(line: ShellLine, path: str) -> list[str]:
    """Return what a path may be: itself, and below every folder that the line changes to."""
    if path.startswith(("/", "~", "$", "`")):
        return [path]
    return [path, *(f"{folder.rstrip('/')}/{path}" for folder in line.folders[:FOLDERS_MAX])]


def text_behind(command: SimpleCommand) -> str:
    """Return the words behind the program, joined by blanks."""
    return " ".join(command.words[1:])

"""Whether a shell line is dangerous, and why: what always asks twice, whatever the rules allow.

A judgement of text: pure, without a look at the machine. It errs to the side of asking, and it is no
sandbox (docs/permissions.md says what it cannot see). What cannot be read is dangerous.
"""

import re
from collections.abc import Iterator
from typing import Final

from ipcom_chat.assistant.danger_files import file_dangers
from ipcom_chat.assistant.danger_kinds import Danger, sentence
from ipcom_chat.assistant.danger_network import network_dangers
from ipcom_chat.assistant.danger_system import system_dangers
from ipcom_chat.assistant.shell_model import ShellLine, SimpleCommand

_LOADS_CODE: Final = frozenset(
    "LD_PRELOAD LD_AUDIT BASH_ENV ENV PERL5OPT PERL5DB RUBYOPT PYTHONSTARTUP "
    "JAVA_TOOL_OPTIONS GCONV_PATH SHELLOPTS BASHOPTS GIT_SSH GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT "
    "HOME PWD OLDPWD CDPATH DYLD_INSERT_LIBRARIES MALLOC_CHECK_ "
    "SUDO_EDITOR".split()
)
_TRACELESS: Final = re.compile(
    r"(?:HISTFILE=(?:/dev/null)?$|HIST(?:FILE)?SIZE=0|HISTIGNORE=|HISTCONTROL=)"
)
_TEMPORARY: Final = re.compile(r"(?:/var)?/tmp\b|[$`]\(?(?:mktemp|dirname)|/run/user/\d|~/|\$HOME/")
_KNOWN: Final = frozenset(
    "sudo su doas ls cd cat rm cp mv ln ssh scp sftp echo printf grep ps kill passwd git exit command "
    "builtin unalias unset export test [ true false which type man less vi vim nano apt dnf yum docker "
    "systemctl curl wget bash sh python python3 id whoami history mount umount find awk sed tar "
    "ifconfig ip ss top df du read exec eval source alias return trap".split()
)


def dangers(line: ShellLine) -> tuple[str, ...]:
    """Return why a line is dangerous, for people; nothing if it is not known to be."""
    return tuple(sentence(each) for each in kinds(line))


def kinds(line: ShellLine) -> tuple[Danger, ...]:
    """Return why a line is dangerous, in the order in which it would happen."""
    found: list[Danger] = [] if line.is_parsed else [Danger.UNPARSED]
    if line.repeats_endlessly or _calls_itself(line):
        found.append(Danger.FORK_BOMB)
    for command in line.commands:
        found += _unknown(command)
        found += file_dangers(command, line)
        found += system_dangers(command, line)
        found += network_dangers(command, line)
        found += _surroundings(command)
    return tuple(dict.fromkeys(found))


def _unknown(command: SimpleCommand) -> Iterator[Danger]:
    if 0 in command.unknown and not command.is_guess:
        yield Danger.UNKNOWN_PROGRAM


def _surroundings(command: SimpleCommand) -> Iterator[Danger]:
    """Dangers of what a command leaves to others: variables, functions, aliases."""
    for each in command.assignments:
        name, _mark, value = each.partition("=")
        if name.rstrip("+") in _LOADS_CODE or (name == "PATH" and _is_foreign_path(value)):
            yield Danger.ENVIRONMENT
        if name == "TMPDIR" and not _TEMPORARY.match(value):
            yield Danger.ENVIRONMENT
        if name == "NODE_OPTIONS" and re.search(r"--(?:require|import|loader)|-r\b", value):
            yield Danger.ENVIRONMENT
        if _TRACELESS.match(each):
            yield Danger.TRACES
    if command.functions and command.functions[-1] in _KNOWN:
        yield Danger.SHADOWED
    for word in command.words[1:] if command.program == "alias" else ():
        name, _mark, value = word.partition("=")
        if name in _KNOWN and value and value.split()[:1] != [name]:
            yield Danger.SHADOWED


def _is_foreign_path(value: str) -> bool:
    """Return whether others could put programs into a folder of the search path."""
    return any(
        not part.startswith(("/", "$", "~")) or re.match(r"/(?:var/)?tmp\b|/dev/shm\b", part)
        for part in value.strip("\"'").split(":")
    )


def _calls_itself(line: ShellLine) -> bool:
    """Return whether a function calls itself, directly or through others."""
    calls: dict[str, set[str]] = {}
    for command in line.commands:
        for name in command.functions:
            calls.setdefault(name, set()).update(command.words[:1])
    return any(name in _reached(name, calls) for name in calls)


def _reached(start: str, calls: dict[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        new = calls.get(waiting.pop(), set()) - reached
        reached |= new
        waiting += new & calls.keys()
    return reached

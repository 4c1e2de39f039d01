"""Programs that run another command which stands in their own arguments.

`inner_of` says what a command runs beside itself: words (`sudo rm x`), or texts that a shell reads
(`bash -c 'rm x'`). It takes one layer off at a time; the parser asks again for what comes out.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final

import msgspec

SHELLS: Final = frozenset("sh bash dash zsh ksh mksh ash rbash fish".split())
INTERPRETERS: Final = frozenset(
    "python python2 python3 perl ruby node nodejs deno bun php lua tclsh osascript pwsh".split()
)
PLACEHOLDER: Final = "$ARGUMENTS"
"""Stands for words that a command gets only while it runs; read as an expansion."""


class Inner(msgspec.Struct, frozen=True, kw_only=True):
    """What one command runs."""

    commands: tuple[tuple[str, ...], ...] = ()
    texts: tuple[str, ...] = ()
    """Shell lines."""
    starts_at: int | None = None
    """Where in the words of the outer command the inner one begins, if it stands there."""


_NOTHING: Final = Inner()
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=")
_VALUED: Final = {
    "sudo": "-u -g -h -p -C -T -r -t -D -R -U --user --group --host --prompt --chdir --chroot "
            "--role --type --close-from --command-timeout --other-user",
    "doas": "-u -C",
    "git": "-C -c --git-dir --work-tree --namespace --exec-path",
    "nice": "-n --adjustment",
    "ionice": "-c -n --class --classdata",
    "timeout": "-s -k --signal --kill-after",
    "stdbuf": "-i -o -e --input --output --error",
    "time": "-f -o --format --output",
    "env": "-u -C --unset --chdir",
    "exec": "-a",
    "chroot": "--userspec --groups",
    "nsenter": "-t --target -S -G",
    "unshare": "-S -G -R -w --root --wd",
    "watch": "-n -q --interval --equexit",
    "xargs": "-I -n -P -L -d -a -E -s --replace --max-args --max-procs --max-lines --delimiter "
             "--arg-file --max-chars",
    "strace": "-o -e -p -s -u -E -a -P -O -S -X -I -b",
    "ltrace": "-o -e -p -s -u -n -a -l -x",
    "flock": "-w -E --timeout --wait --conflict-exit-code",
    "parallel": "-j -I -a -S --jobs --arg-file --sshlogin --colsep --delay --timeout --joblog "
                "--results --retries -N -n -L",
    "ssh": "-p -i -l -o -F -J -L -R -D -b -c -e -m -W -w -E -B -I -O -Q -S",
    "systemd-run": "-p -u -H -M -E --property --unit --description --slice --uid --gid --setenv "
                   "--host --machine --working-directory --on-active --on-calendar",
    "pkexec": "--user",
    "run0": "-u -g -D --user --group --chdir",
    "chpst": "-u -U -e -n -o -p -f -c -t -m -/",
    "runuser": "-u -g -G --user --group --supp-group -s --shell",
    "proot": "-r -b -w -R -S -0",
    "docker": "-u -w -e --user --workdir --env --env-file --detach-keys",
    "podman": "-u -w -e --user --workdir --env --env-file --detach-keys",
}  # fmt: skip
_FLAT: Final = frozenset(
    """
    sudo doas nohup setsid nice ionice stdbuf time env command builtin exec nsenter unshare busybox
    toybox strace ltrace systemd-run pkexec run0 chpst coproc caffeinate unbuffer eatmydata fakeroot
    torsocks proxychains proxychains4 proot firejail catchsegv
    """.split()
)
"""Wrappers whose command follows their options."""
_AFTER: Final = {
    "timeout": 1, "chroot": 1, "taskset": 1, "chrt": 1, "gosu": 1, "su-exec": 1, "setpriv": 0,
    "setarch": 1, "linux64": 0, "linux32": 0, "prlimit": 0, "cgexec": 0, "softlimit": 0,
    "numactl": 0, "cpulimit": 0, "dbus-run-session": 0, "xvfb-run": 0, "ip-netns-exec": 1,
}  # fmt: skip
"""Wrappers with so many words before the command."""
_READ_AS_COMMANDS: Final = frozenset(
    """
    PAGER GIT_PAGER MANPAGER EDITOR VISUAL GIT_EDITOR BROWSER GIT_SSH_COMMAND GIT_EXTERNAL_DIFF
    PROMPT_COMMAND LESSOPEN LESSCLOSE GIT_ASKPASS SSH_ASKPASS SUDO_ASKPASS FCEDIT
    """.split()
)
"""Variables whose value another program runs."""
_TAKES_COMMAND: Final = re.compile(
    r"(?:--to-command|--checkpoint-action=exec|--use-compress-program|--rsh|--rsync-path|--pager|"
    r"--compress-program|--unzip-command|--info-script|--new-volume-script|--upload-pack|"
    r"--receive-pack|--extcmd|--hook|--exec|--init-command|--command|--cmd)=(.+)",
    re.DOTALL,
)
_OPTION_TEXTS: Final = {
    "rsync": ("-e", "--rsh", "--rsync-path"), "tar": ("-I", "-F", "--to-command",
    "--use-compress-program", "--info-script", "--checkpoint-action"), "man": ("-P", "--pager"),
    "script": ("-c", "--command"), "scp": ("-S",), "sftp": ("-S",), "zip": ("-TT",),
    "tcpdump": ("-z",), "su": ("-c", "--command", "--session-command"),
    "runuser": ("-c", "--command", "--session-command"), "flock": ("-c", "--command"),
    "entr": ("-s",), "socat": (), "ncat": ("-c", "--sh-exec", "-e", "--exec"),
    "nc": ("-c", "-e"), "sort": ("--compress-program",), "git": (), "split": ("--filter",),
    "unshare": (), "vim": (), "tmux": (), "screen": (), "watchexec": (),
}  # fmt: skip
"""Options whose value a shell reads."""


def program_of(word: str) -> str:
    """Return the name of a program without its folder."""
    return word.rsplit("/", 1)[-1] or word


def inner_of(words: Sequence[str]) -> Inner:
    """Return what a command runs beside itself."""
    if not words:
        return _NOTHING
    program = program_of(words[0])
    if program in _OWN:
        return _OWN[program](words)
    if program in SHELLS:
        return _shell(words)
    if program in _FLAT or program in _AFTER:
        return _following(words, _AFTER.get(program, 0))
    return Inner(texts=_option_texts(program, words))


def assigned_texts(assignments: Sequence[str]) -> tuple[str, ...]:
    """Return the values of assignments that another program reads as a command."""
    pairs = [each.partition("=") for each in assignments]
    return tuple(v for name, _mark, v in pairs if name.rstrip("+") in _READ_AS_COMMANDS and v)


def after_options(words: Sequence[str], program: str) -> int:
    """Return where the first word stands that is neither an option nor the value of one."""
    valued = _VALUED.get(program, "").split()
    place = 1
    while place < len(words):
        word = words[place]
        if word == "--":
            return place + 1
        if not word.startswith("-") or word == "-":
            break
        place += 2 if word in valued else 1
    return place


def _following(words: Sequence[str], skipped: int) -> Inner:
    program = program_of(words[0])
    if program == "command" and any(word in {"-v", "-V"} for word in words[1:2]):
        return _NOTHING
    texts = _option_texts(program, words)
    start = after_options(words, program) + skipped
    while program in {"env", "sudo", "doas", "time"} and start < len(words):
        if not _ASSIGNMENT.match(words[start]) and words[start] != "!":
            break
        start += 1
    if start >= len(words):
        return Inner(texts=texts)
    return Inner(commands=(tuple(words[start:]),), texts=texts, starts_at=start)


def _option_texts(program: str, words: Sequence[str]) -> tuple[str, ...]:
    options = _OPTION_TEXTS.get(program, ())
    texts = [after for word, after in pairwise(words) if word in options]
    texts += [found[1] for word in words[1:] if (found := _TAKES_COMMAND.match(word))]
    return tuple(text.removeprefix("exec=") for text in texts)


def _shell(words: Sequence[str]) -> Inner:
    """`bash -c TEXT`, with the option in any bundle (`-lc`, `-xec`)."""
    for place, word in enumerate(words[1:], 1):
        if not word.startswith(("-", "+")) or word == "--":
            break
        if word == "--command" or (not word.startswith("--") and "c" in word):
            rest = [each for each in words[place + 1 :] if not each.startswith("-")]
            return Inner(texts=tuple(rest[:1]))
    return _NOTHING


def _joined(words: Sequence[str]) -> Inner:
    rest = words[1:]
    while rest and rest[0] == "--":
        rest = rest[1:]
    return Inner(texts=(" ".join(rest),)) if rest else _NOTHING


def _trap(words: Sequence[str]) -> Inner:
    rest = [word for word in words[1:] if not word.startswith("-")]
    return Inner(texts=tuple(rest[:1]))


def _env(words: Sequence[str]) -> Inner:
    for place, word in enumerate(words[1:], 1):
        if word in {"-S", "--split-string"} and place + 1 < len(words):
            return Inner(texts=(" ".join(words[place + 1 :]),))
        found = re.match(r"(?:-[v0i]*S|--split-string=)(.+)", word, re.DOTALL)
        if found:
            return Inner(texts=(" ".join([found[1], *words[place + 1 :]]),))
    return _following(words, 0)


def _su(words: Sequence[str]) -> Inner:
    texts = list(_option_texts(program_of(words[0]), words))
    texts += [word[2:] for word in words[1:] if re.match(r"-c.", word)]
    if program_of(words[0]) == "runuser" and "-u" in words and not texts:
        return _following(words, 0)
    return Inner(texts=tuple(texts))


def _watch(words: Sequence[str]) -> Inner:
    start = after_options(words, "watch")
    return Inner(texts=(" ".join(words[start:]),)) if start < len(words) else _NOTHING


def _ssh(words: Sequence[str]) -> Inner:
    start = after_options(words, "ssh") + 1
    # Options may stand behind the host, too.
    while start < len(words) and words[start].startswith("-"):
        start += 2 if words[start] in _VALUED["ssh"].split() else 1
    texts = [
        found[1].strip("\"'")
        for word in words[1:]
        if (
            found := re.match(
                r"(?:-o)?\s*(?:Proxy|Local|Known\w+)Command[= ](.+)", word, re.IGNORECASE
            )
        )
    ]
    remote = " ".join(words[start:])
    return Inner(texts=(*texts, *([remote] if remote else [])))


def _xargs(words: Sequence[str]) -> Inner:
    start = after_options(words, "xargs")
    inner = (*words[start:], PLACEHOLDER) if start < len(words) else ()
    return Inner(commands=(inner,), starts_at=start) if inner else _NOTHING


def _parallel(words: Sequence[str]) -> Inner:
    start = after_options(words, "parallel")
    rest = list(words[start:])
    marks = [place for place, word in enumerate(rest) if word.startswith(":::")]
    inputs = rest[marks[0] + 1 :] if marks else []
    command = rest[: marks[0]] if marks else rest
    if not command:
        return Inner(texts=tuple(inputs))
    given = inputs or [PLACEHOLDER]
    line = " ".join(command)
    lines = [line.replace("{}", each) if "{}" in line else f"{line} {each}" for each in given]
    return Inner(texts=tuple(lines[:64]))


def _find(words: Sequence[str]) -> Inner:
    commands: list[tuple[str, ...]] = []
    current: list[str] | None = None
    for word in words[1:]:
        if current is None:
            if word in {"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec"}:
                current = []
        elif word in {";", "+", "\\;"}:
            commands.append(tuple(current))
            current = None
        else:
            current.append(word)
    commands += [tuple(current)] if current else []
    roots = find_roots(words)
    return Inner(commands=tuple(_placed(each, roots) for each in commands if each))


def find_roots(words: Sequence[str]) -> tuple[str, ...]:
    """Return where `find` begins."""
    roots: list[str] = []
    for word in words[1:]:
        if word in {"-H", "-L", "-P"} or word.startswith("-O"):
            continue
        if word.startswith(("-", "(", "!")):
            break
        roots.append(word)
    return tuple(roots) or (".",)


def _placed(command: tuple[str, ...], roots: tuple[str, ...]) -> tuple[str, ...]:
    """Return a command of `find` with what it will be given: something below the roots."""
    below = [f"{root.rstrip('/')}/?" for root in roots]
    placed: list[str] = []
    for word in command:
        placed += below if word == "{}" else [word.replace("{}", below[0])]
    return tuple(placed)


def _container(words: Sequence[str]) -> Inner:
    if len(words) < 3 or words[1] != "exec":
        return _NOTHING
    start = 1 + after_options(words[1:], program_of(words[0])) + 1
    return _from(words, start)


def _kubectl(words: Sequence[str]) -> Inner:
    return _from(words, words.index("--") + 1) if "--" in words else _NOTHING


def _ip(words: Sequence[str]) -> Inner:
    if list(words[1:3]) == ["netns", "exec"]:
        return _from(words, 4)
    return _NOTHING


def _flock(words: Sequence[str]) -> Inner:
    texts = _option_texts("flock", words)
    return Inner(texts=texts) if texts else _following(words, 1)


def _from(words: Sequence[str], start: int) -> Inner:
    if start >= len(words):
        return _NOTHING
    return Inner(commands=(tuple(words[start:]),), starts_at=start)


def _git(words: Sequence[str]) -> Inner:
    texts: list[str] = []
    for word, after in pairwise(words):
        value = after.partition("=")[2]
        if word in {"-c", "--config"} and value:
            texts.append(value.removeprefix("!"))
        elif word in {"--exec", "-x", "bisect"} and after != "run":
            texts.append(after)
    texts += [word[1:] for word in words[1:] if word.startswith("!")]
    if list(words[1:3]) == ["bisect", "run"]:
        texts.append(" ".join(words[3:]))
    return Inner(texts=tuple(text for text in texts if " " in text))


def _socat(words: Sequence[str]) -> Inner:
    found = [
        re.match(r"(?:exec|system):[\"']?([^,\"']+)", word, re.IGNORECASE) for word in words[1:]
    ]
    return Inner(texts=tuple(each[1] for each in found if each))


def _alias(words: Sequence[str]) -> Inner:
    return Inner(texts=tuple(word.partition("=")[2] for word in words[1:] if "=" in word))


def _terminal(words: Sequence[str]) -> Inner:
    """`tmux new -d 'rm x'`, `screen -dm rm x`: words with a blank are lines of a shell."""
    texts = [word for word in words[1:] if " " in word]
    rest = [word for word in words[1:] if not word.startswith("-")]
    return Inner(texts=(*texts, " ".join(rest[1:])) if rest[1:] else tuple(texts))


_OWN: Final[dict[str, Callable[[Sequence[str]], Inner]]] = {
    "eval": _joined, "trap": _trap, "env": _env, "su": _su, "runuser": _su, "watch": _watch,
    "ssh": _ssh, "autossh": _ssh, "xargs": _xargs, "parallel": _parallel, "find": _find,
    "gfind": _find, "fd": _find, "fdfind": _find, "docker": _container, "podman": _container,
    "kubectl": _kubectl, "lxc": _kubectl, "oc": _kubectl, "ip": _ip, "flock": _flock, "git": _git,
    "socat": _socat, "alias": _alias, "tmux": _terminal, "screen": _terminal,
}  # fmt: skip

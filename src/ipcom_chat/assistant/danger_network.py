"""Dangers that come from, or go to, other machines: foreign code, theft, shells for strangers."""

import re
from collections.abc import Iterator
from typing import Final

from ipcom_chat.assistant.danger_kinds import Danger
from ipcom_chat.assistant.shell_code import CODE_CHARS_MAX, code_of, is_code_option, is_interpreter
from ipcom_chat.assistant.shell_model import (
    ShellLine,
    SimpleCommand,
    printed,
    reads_commands,
    sources_of,
)
from ipcom_chat.assistant.shell_options import operands, text_behind
from ipcom_chat.assistant.shell_wrappers import SHELLS, after_options, inner_of
from ipcom_chat.domain.secret_paths import names_history, names_secret

_DOWNLOADERS: Final = frozenset(
    "curl wget wget2 fetch aria2c http https xh lynx links w3m lwp-request GET nc ncat netcat socat "
    "ftp tftp scp sftp rsync telnet dig host nslookup gsutil aws".split()
)
_SENDERS: Final = frozenset(
    "curl wget wget2 http https xh nc ncat netcat socat telnet ftp tftp lftp mail mailx mutt sendmail "
    "msmtp swaks rclone gsutil s3cmd mc restic logger dig host nslookup ping gh transfer croc wormhole "
    "magic-wormhole sshpass ssh scp sftp rsync openssl aws gcloud az kubectl docker git smbclient "
    "xclip pastebinit nc.traditional nc.openbsd lynx".split()
)
_READERS: Final = frozenset(
    "cat less more head tail tac nl grep egrep fgrep rg ag awk gawk sed base64 base32 xxd od hexdump "
    "strings cut sort uniq rev paste diff cmp comm tee cp tar zip gzip bzip2 xz zstd 7z cpio dd gpg "
    "openssl bat batcat view vim vi nano emacs xxencode uuencode zcat bzcat getent jq yq install mv "
    "source . look fold fmt pr expand column ed ex readarray mapfile python3 python perl ruby".split()
)
_OWN_KEY: Final = re.compile(
    r"(?:^|\s)(?:-i|--key|--cert|-E|--cacert|--capath|--netrc-file|--identity|--private-key|"
    r"--certificate|--ca-certificate|--kubeconfig|--env-file|--key-file)[ =]\S+"
)
_CHANNEL: Final = re.compile(r"/dev/(?:tcp|udp)/")
_NC_RUNS: Final = re.compile(r"(?:^|\s)-\w*[ec](?:\s|$)|--(?:exec|sh-exec|lua-exec)")
_RISKY_CODE: Final = re.compile(
    r"""
      \bos\.fork\b | \bfork\s*(?:\(|while|;|\})? \s*(?:while|until|unless) | \bfork\s+while\b
    | \brmtree\b | \bremove_tree\b | \brm_rf\b | \brmSync\b | \brmdirSync\b | \bunlink\s*(?:<|glob)
    | \bpty\.spawn\b | \bdup2\b | \bfsockopen\b | \bsocket\b.*\b(?:exec|subprocess|system|spawn|sh\b)
    | \burlopen\b.*\bexec | \bexec\b.*\b(?:urlopen|requests|b64|base64|decode|fromhex|compile|read)
    | \bexec\s*\( | \beval\s*\(?\s*(?:base64|`|\$|gzinflate|str_rot13|\w*decode|compile|\w+\() | \b__import__\b
    | \bgetattr\s*\(\s*(?:os|subprocess|__builtins__) | \bchr\s*\(.*\bchr\s*\( | \bfromCharCode\b
    | \b(?:system|popen|execvp?e?|spawn\w*|shell_exec|passthru|Popen|check_output|run|call)\s*\(\s*
      (?!["'\[]|r?["'])[\w$@]
    | \b(?:os\.kill|kill)\b[^;]*-1\b | open\s*\(?\s*["'](?:[+>]*\s*)?/(?:dev/[shvn]|etc/|boot|proc/sysrq)[^)]*["']\s*,?\s*["']?[wa>]?
    | \b(?:Net|TCPSocket|IO::Socket|Socket)\b.*\b(?:exec|dup|sh)\b | \bos\.(?:remove|unlink|chmod|chown|setuid)\b
    | \bshutil\.(?:move|chown)\b | \bctypes\b | \bmarshal\b | \bpickle\.loads?\b | \bsetuid\b
    """,
    re.VERBOSE | re.DOTALL,
)
_AWK_RUNS: Final = re.compile(r'\bsystem\s*\(|\|&?\s*getline|\|&?\s*""|/inet/')
_READABLE: Final = frozenset({"echo", "printf"})
_FILTERS: Final = frozenset({"cat", "tee"})


def network_dangers(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """Yield the dangers from and to other machines."""
    yield from _foreign_code(command, line)
    yield from _stored_code(command, line)
    yield from _code(command)
    yield from _channels(command)
    yield from _secrets(command, line)


def _foreign_code(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """What a shell or an interpreter gets from another command."""
    if command.is_guess or not (_runs_input(command) or _runs_output(command)):
        return
    sources = sources_of(command, line)
    # The command that holds this one (`sudo sh`) is fed the same and prints nothing itself.
    opaque = [each for each in sources if not _is_plain(each) and not inner_of(each.words).commands]
    if any(each.program in _DOWNLOADERS for each in opaque):
        yield Danger.DOWNLOADED
    elif command.program == "crontab":
        return
    elif opaque or any(0 in each.unknown for each in sources):
        yield Danger.PIPED
    else:
        code = "\n".join(text for each in sources for text in printed(each.words or ("",)))
        if is_interpreter(command.program) and _RISKY_CODE.search(code):
            yield Danger.CODE


def _runs_input(command: SimpleCommand) -> bool:
    """Return whether it runs what comes on its standard input."""
    if reads_commands(command):
        return command.program != "crontab" or "-l" not in command.words
    if not is_interpreter(command.program):
        return False
    rest = command.words[1:]
    named = [word for word in rest if not word.startswith("-")]
    if any(re.match(r"-\w*[cemrnp]|--eval|--version", word) for word in rest):
        return False
    return not named or named[0] in {"/dev/stdin", "/dev/fd/0"}


def _runs_output(command: SimpleCommand) -> bool:
    """Return whether it runs what a substitution in its own words gives."""
    is_runner = command.program in {*SHELLS, "source", ".", "eval"}
    if not (is_runner or is_interpreter(command.program)):
        return False
    named = [n for n, word in enumerate(command.words) if n and not word.startswith("-")]
    places = named if command.program == "eval" else named[:1]
    return any(
        n in command.unknown and re.fullmatch(r"(?:<\(|\$\(|`).*[)`]", command.words[n], re.DOTALL)
        for n in places
    )


def _is_plain(command: SimpleCommand) -> bool:
    """Return whether what a command prints is known from its words."""
    if not command.words and not command.redirects:
        return True
    if command.program in _FILTERS and any(
        each.operator in {"<<", "<<<"} for each in command.redirects
    ):
        return len(operands(command)) == 0
    if command.program not in _READABLE or command.unknown:
        return False
    return not re.search(r"\\[^n]|%[^s]", " ".join(command.words[1:]))


def _stored_code(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """A file that the same line downloads and runs."""
    is_path = "/" in "".join(command.words[:1])
    runs = command.program in {"chmod", "source", ".", *SHELLS} or is_interpreter(command.program)
    if not (is_path or runs):
        return
    names = {name.rsplit("/", 1)[-1] for name in _downloaded(line) if name}
    if any(word.rsplit("/", 1)[-1] in names for word in command.words):
        yield Danger.DOWNLOADED


def _downloaded(line: ShellLine) -> Iterator[str]:
    for command in line.commands:
        if command.program not in {"curl", "wget", "wget2", "aria2c", "scp", "fetch", "tee"}:
            continue
        if command.program == "tee" and not any(
            each.program in {"curl", "wget"} for each in sources_of(command, line)
        ):
            continue
        yield from (each.target for each in command.redirects if each.operator in {">", ">>", ">|"})
        yield from (word for word in command.words[1:] if not word.startswith("-"))


def _code(command: SimpleCommand) -> Iterator[Danger]:
    program = command.program
    code = "\n".join(code_of(command.words))
    if len(code) > CODE_CHARS_MAX:
        yield Danger.CODE
    elif is_interpreter(program):
        # Code from a variable or a substitution is seen only while it runs.
        hidden = any(
            command.words[n].startswith(("$", "`")) and is_code_option(command.words[n - 1])
            for n in command.unknown
        )
        if hidden or _RISKY_CODE.search(code):
            yield Danger.CODE
    elif (
        (program in {"awk", "gawk", "mawk", "nawk"} and _awk_runs(command))
        or (
            program in {"sed", "gsed"}
            and re.search(
                r"(?:^|[;\n}\d/$])e(?:\s|$)|/[gpiImM\d]{0,8}e[gpiImM\d]{0,8}(?:$|[;\n}])|w\s*/(?:etc|dev)/(?!std)",
                code,
            )
        )
        or (program == "printf" and "-v" in command.words and "$(" in text_behind(command))
    ):
        yield Danger.CODE


def _awk_runs(command: SimpleCommand) -> bool:
    code = "\n".join(word for word in command.words[1:] if not word.startswith("-"))
    return _AWK_RUNS.search(re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)) is not None


def _channels(command: SimpleCommand) -> Iterator[Danger]:
    if any(_CHANNEL.search(each.target) for each in command.redirects):
        yield Danger.REVERSE_SHELL
    text = text_behind(command)
    if command.program in {"nc", "ncat", "netcat", "nc.traditional"} and _NC_RUNS.search(text):
        yield Danger.REVERSE_SHELL
    if command.program == "socat" and re.search(r"(?i)\b(?:exec|system|shell):|pty", text):
        yield Danger.REVERSE_SHELL
    if command.program in {*SHELLS, "exec"} and "/dev/tcp/" in text:
        yield Danger.REVERSE_SHELL
    options = " ".join(command.words[1 : after_options(command.words, "ssh")])
    if command.program in {"ssh", "autossh"} and re.search(r"(?:^|\s)-[a-zA-Z]*R", options):
        yield Danger.REVERSE_SHELL
    if command.program in {
        "ngrok",
        "cloudflared",
        "chisel",
        "localtunnel",
        "bore",
        "gsocket",
        "gs-netcat",
    }:
        yield Danger.REVERSE_SHELL


def _secrets(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    own = _touched(command)
    if command.program in _SENDERS:
        reached = [own, *(_touched(each) for each in sources_of(command, line))]
        listens = any(_tells_history(each) for each in sources_of(command, line))
        if listens or any(names_secret(text) or names_history(text) for text in reached):
            yield Danger.THEFT
            return
        if any(_tells_environment(each) for each in sources_of(command, line)):
            yield Danger.THEFT
            return
    if (
        (command.program in _READERS and names_secret(own))
        or (command.program == "getent" and re.search(r"\bg?shadow\b", own))
        or any(each.operator == "<" and names_secret(each.target) for each in command.redirects)
    ):
        yield Danger.SECRET


def _touched(command: SimpleCommand) -> str:
    """Return the words of a command that may be files it reads, without keys it uses itself."""
    words = " ".join(word for word in command.words[1:])
    if command.program in {
        "ssh",
        "scp",
        "sftp",
        "rsync",
        "curl",
        "wget",
        "openssl",
        "kubectl",
        "docker",
        "ansible",
    }:
        words = _OWN_KEY.sub(" ", words)
    files = [each.target for each in command.redirects if each.operator in {"<", "<>", "<<<"}]
    return " ".join([words, *files])


def _tells_history(command: SimpleCommand) -> bool:
    return command.program == "history" or (command.program == "fc" and "-l" in command.words)


def _tells_environment(command: SimpleCommand) -> bool:
    if command.program == "ipcom-chat":
        return True
    return command.program in {"env", "printenv", "set", "export"} and len(command.words) == 1

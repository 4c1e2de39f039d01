"""Dangers to files, folders, disks, and who may use them."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ipcom_chat.assistant.danger_kinds import Danger
from ipcom_chat.assistant.shell_model import ShellLine, SimpleCommand, sources_of
from ipcom_chat.assistant.shell_options import (
    UNSEEN,
    has_option,
    is_system_folder,
    operands,
    plain_path,
    resolved,
    text_behind,
)
from ipcom_chat.assistant.shell_wrappers import find_roots, program_of
from ipcom_chat.domain.secret_paths import names_history

DEVICE: Final = re.compile(
    r"^/dev/(?:[shvx]v?d[a-z*?\[]|nvme|mmcblk|md\d|md/|dm-|mapper/|disk/|loop\d|sr\d|st\d|nbd|zd\d|ram\d|"
    r"mem\b|kmem\b|port\b|mtd|root\b|[*?\[]|s[*?\[]|vg|block/|pmem|input/|watchdog)"
)
KEY_FILE: Final = re.compile(
    r"^(?:/etc/(?:passwd|shadow|group|gshadow|sudoers|fstab|crypttab|inittab|securetty|shells|login\.defs|"
    r"nsswitch\.conf|ld\.so\.(?:preload|conf)|environment|profile|bash\.bashrc|bashrc|zshenv|rc\.local|"
    r"crontab|modules|sysctl\.conf|hosts\.(?:allow|deny)|machine-id)-?$"
    r"|/etc/(?:sudoers\.d|pam\.d|polkit-1|profile\.d|ld\.so\.conf\.d|security|cron\.\w+|init\.d|"
    r"update-motd\.d|apt/trusted\.gpg\.d|ssh|grub\.d|modprobe\.d|udev/rules\.d|ipcom-chat)/."
    r"|/etc/(?:passwd|shadow|sudoers)[*?\[]|/etc/default/grub"
    r"|/boot/.|/(?:usr/)?s?bin/.|/(?:usr/)?lib(?:32|64)?/.*(?:\.so|/systemd/)|/lib/modules/"
    r"|/var/spool/cron|/usr/share/polkit-1/."
    r"|/proc/(?:sysrq-trigger|\d+/mem|self/mem|sys/kernel/(?:core_pattern|modprobe|panic|sysrq|kexec))"
    r"|/sys/(?:power/|firmware/|block/.*/device/delete|bus/.*/(?:un)?bind|bus/pci/.*/remove|kernel/debug)"
    r"|~/\.(?:ssh/(?:authorized_keys2?|config|rc)|bashrc|bash_profile|bash_login|profile|bash_logout|"
    r"zshrc|zshenv|zprofile|zlogin|xprofile|xinitrc|pam_environment|rhosts|forward|gitconfig|"
    r"config/(?:autostart|systemd|fish|environment\.d|ipcom-chat)\b))"
)
LOG: Final = re.compile(
    r"^/var/log(?:$|/(?:\*|syslog|messages|auth\.log|secure|kern\.log|wtmp|btmp|lastlog|faillog|dmesg|"
    r"cron|daemon\.log|maillog|audit|journal|sudo\S*|[^/]*\*)(?:$|[/*.]?\*?$|/.*))"
    r"|^/(?:var/)?run/(?:utmp|log/journal)|^/var/run/utmp"
)
_DESTINATION_LAST: Final = frozenset("cp mv ln install rsync scp gcp".split())
_ALL_WRITTEN: Final = frozenset(
    "tee sponge truncate shred rm unlink gio trash chattr ed ex vi vim nvim nano pico emacs patch "
    "fallocate dd mknod chown chmod chgrp setfacl bcwipe srm wipe".split()
)
_EDITORS_IN_PLACE: Final = frozenset("sed gsed perl ruby awk gawk sponge crudini augtool".split())
FINDERS: Final = frozenset("find gfind fd fdfind".split())
_PASS_ON: Final = frozenset("xargs sudo head tail sort doas".split())
_REMOVERS: Final = frozenset("rm shred unlink srm truncate".split())
_BY_NAME: Final = frozenset("-name -iname -path -ipath -regex -wholename".split())
_UPWARDS: Final = re.compile(r"\.|(?:\.\./)*\.\.")
_OPENS: Final = re.compile(
    r"0?[0-7]?[0-7][0-7][2367]|0?[0-7]?0[0-7]{2}|[ugoa]*[oa][ugoa]*[+=]\S*w\S*|\+w"
)
"""Modes that let everybody write, or leave nothing even to the owner."""
_WRITING: Final = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>"})


def file_dangers(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """Yield the dangers to files."""
    for path in written_paths(command):
        for each in resolved(line, path):
            yield from _written(command, each)
    check = _CHECKS.get(command.program)
    if check is not None:
        yield from check(command, line)
    if command.program.startswith(("mkfs", "mke2fs", "mkntfs")) and not _asks_help(command):
        yield Danger.FORMAT


def written_paths(command: SimpleCommand) -> Iterator[str]:
    """Yield the files that a command writes, removes or gives away."""
    for each in command.redirects:
        if each.operator in _WRITING:
            yield each.target
    found = operands(command)
    if command.program in _ALL_WRITTEN:
        yield from found
    elif command.program in _DESTINATION_LAST:
        yield from found[-1:]
        yield from _targets(command)
        yield from found[:-1] if command.program == "mv" else ()
    elif command.program in _EDITORS_IN_PLACE and has_option(command.words[1:], "i", "--in-place"):
        yield from found
    elif command.program in {"curl", "wget", "tar", "unzip", "sort", "git", "cpio", "7z"}:
        yield from _targets(command)


def _targets(command: SimpleCommand) -> Iterator[str]:
    words = command.words[1:]
    for word, after in zip(words, (*words[1:], ""), strict=False):
        if re.fullmatch(r"-[A-Za-z]*[otTCdOP]|--(?:output|output-document|target-directory|"
                        r"directory|output-dir|directory-prefix)", word):  # fmt: skip
            yield after
        found = re.match(r"(?:--[\w-]+=|-[otTCdOP])([/~$].*)", word)
        if found:
            yield found[1]


def _written(command: SimpleCommand, path: str) -> Iterator[Danger]:
    plain = plain_path(path)
    if DEVICE.match(plain):
        yield Danger.DEVICE
    elif KEY_FILE.match(plain) and not plain.endswith(("/known_hosts", ".pub")):
        yield Danger.SYSTEM_FILE
    elif names_history(path) or (LOG.match(plain) and not _appends(command, path)):
        yield Danger.TRACES


def _appends(command: SimpleCommand, path: str) -> bool:
    return any(each.operator in {">>", "&>>"} and each.target == path for each in command.redirects)


def _asks_help(command: SimpleCommand) -> bool:
    return any(word in {"--help", "--version", "-V"} for word in command.words[1:])


def _rm(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    words = command.words[1:]
    if "--no-preserve-root" in words:
        yield Danger.DELETE_SYSTEM
    paths = operands(command)
    if command.inside is not None and line.commands[command.inside].program in FINDERS:
        # What `find` puts in is judged with it.
        paths = [each for each in paths if not each.endswith("/?")]
    if any(is_system_folder(each) for path in paths for each in resolved(line, path)):
        yield Danger.DELETE_SYSTEM
    is_recursive = has_option(words, "rR", "--recursive") or command.program in {"srm", "gio"}
    if is_recursive and any(map(_is_unseen, paths)) and not is_found(command, line):
        yield Danger.DELETE_UNSEEN


def _is_unseen(path: str) -> bool:
    plain = plain_path(path)
    return plain == UNSEEN or path in {"*", ".*", "./*"} or bool(_UPWARDS.fullmatch(plain))


def is_found(command: SimpleCommand, line: ShellLine) -> bool:
    """Return whether all that a command gets are names that a narrow `find` found."""
    sources = sources_of(command, line)
    finds = [each for each in sources if each.program in FINDERS]
    others = {each.program for each in sources} - FINDERS - _PASS_ON
    return bool(finds) and not others and all(map(_is_modest, finds))


def _is_modest(find: SimpleCommand) -> bool:
    roots = find_roots(find.words)
    seen = all(plain_path(each) != UNSEEN and not is_system_folder(each) for each in roots)
    return (
        seen
        and _is_narrow(find)
        and not any("print" in word and word not in {"-print", "-print0"} for word in find.words)
    )


def _is_narrow(find: SimpleCommand) -> bool:
    """Return whether `find` looks for names, and for nothing else beside them."""
    words = find.words
    names = sum(
        1 for before, test, value in zip(words, words[1:], words[2:], strict=False)
        if test in _BY_NAME and before not in {"!", "-not"} and re.search(r"\w{2}|\.\w", value)
    )  # fmt: skip
    others = sum(1 for word in words if word in {"-o", "-or", ","})
    return names > others


def _find(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    words = command.words
    programs = {
        program_of(word) for before, word in pairwise(words) if before.startswith(("-exec", "-ok"))
    }
    removes = "-delete" in words or bool(programs & _REMOVERS)
    changes = bool(programs & {"chmod", "chown", "chgrp", "mv", "setfacl"})
    roots = [each for root in find_roots(words) for each in resolved(line, root)]
    is_mild = _is_narrow(command) and all(map(_is_mild, roots))
    if (removes or changes) and not is_mild and any(map(is_system_folder, roots)):
        yield Danger.DELETE_SYSTEM if removes else Danger.MODES
    if removes and not _is_narrow(command) and any(plain_path(each) == UNSEEN for each in roots):
        yield Danger.DELETE_UNSEEN
    for word, path in pairwise(words):
        if word.startswith(("-fprint", "-fls")):
            yield from _written(command, path)


def _is_mild(path: str) -> bool:
    return plain_path(path).startswith(("~", "/var/log", "/var/www", "/srv", "/opt", "/mnt", "/home",
                                        "/media", "/var/spool", "/var/backups"))  # fmt: skip


def _dd(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    for word in command.words[1:]:
        if not word.startswith("of="):
            continue
        path = plain_path(word[3:])
        if DEVICE.match(path) or path == UNSEEN:
            yield Danger.DEVICE
        elif KEY_FILE.match(path):
            yield Danger.SYSTEM_FILE


def _modes(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    words, found = command.words[1:], operands(command)
    paths = [each for path in found[1:] for each in resolved(line, path)]
    # `chmod -R -w /`: a mode may look like an option; then the path comes first.
    paths += [each for each in found[:1] if each.startswith(("/", "~"))]
    mode = found[0] if found and command.program == "chmod" else ""
    if mode and _sets_id(words, mode):
        yield Danger.SETUID
    opens = bool(_OPENS.fullmatch(mode))
    is_recursive = has_option(words, "R", "--recursive")
    if any(_is_too_wide(path, opens=opens, is_recursive=is_recursive) for path in paths):
        yield Danger.MODES


def _is_too_wide(path: str, *, opens: bool, is_recursive: bool) -> bool:
    plain = plain_path(path)
    if path.endswith("/?"):
        return False  # judged with `find`
    if is_system_folder(path) and plain not in {"~", "/var/www", "/srv", "/opt", "/mnt"}:
        return is_recursive or opens or plain in {"/", "/etc"}
    return opens and ((is_recursive and plain in {UNSEEN, "~"}) or bool(KEY_FILE.match(plain)))


def _sets_id(words: tuple[str, ...], mode: str) -> bool:
    is_octal = re.fullmatch(r"[0-7]*[4-7][0-7]{3}", mode)
    return bool(is_octal) or any(
        re.fullmatch(r"(?:.*,)?[oa]*(?:u[ugoa]*)?[+=]\w*s\w*(?:,.*)?", w) for w in words
    )


def _mv(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    found = operands(command)
    if found and found[-1] in {"/dev/null", "/dev/zero"}:
        yield Danger.DELETE_SYSTEM
    for path in found[:-1]:
        if any(is_system_folder(each) for each in resolved(line, path)):
            yield Danger.DELETE_SYSTEM


def _copies(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    words = command.words[1:]
    found = operands(command)
    deletes = command.program == "rsync" and any(word.startswith("--del") for word in words)
    if deletes and found and (is_system_folder(found[-1]) or plain_path(found[-1]) == UNSEEN):
        yield Danger.DELETE_SYSTEM
    if command.program == "ln" and found[:1] == ["/dev/null"] and len(found) > 1:
        yield from _written(command, found[-1])
    if (
        command.program in {"cp", "rsync"}
        and found
        and plain_path(found[-1]) in {"/", "/etc", "/usr"}
    ):
        yield Danger.SYSTEM_FILE


def _unpacks(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    first = command.words[1] if len(command.words) > 1 else ""
    if command.program == "tar":
        extracts = "x" in first.split("=")[0] and not first.startswith("--")
        extracts = extracts or has_option(command.words[1:], "x", "--extract", "--get")
        if not extracts and not has_option(command.words[1:], "", "--remove-files"):
            return
    if command.program == "cpio" and not has_option(command.words[1:], "i", "--extract"):
        return
    if any(is_system_folder(path) and not plain_path(path).startswith(("/opt", "/srv", "/usr/local",
           "~", "/var/www", "/mnt", "/media", "/home")) for path in _targets(command)):  # fmt: skip
        yield Danger.SYSTEM_FILE
    if has_option(command.words[1:], "P", "--absolute-names") and command.program == "tar":
        yield Danger.SYSTEM_FILE


_LOOKS: Final = {
    "fdisk": r"(?:^|\s)(?:-\w*l|--list|-x)", "sfdisk": r"(?:^|\s)(?:-l|-d|-J|-F|-V|--list|--dump|--json|--verify)",
    "gdisk": r"(?:^|\s)-l", "sgdisk": r"^(?:-p|-i\s*\d+|-v|--print|--info=\d+|-O)\b(?!.*\s-[a-hj-oq-zZ])",
    "cfdisk": r"^$", "parted": r"(?:^|\s)(?:print|-l|--list|unit \S+ print)(?!.*\b(?:mk|rm|resize|set))",
    "cgdisk": r"^$",
}  # fmt: skip
_ERASES: Final = {
    "wipefs": r"(?:^|\s)(?:-\w*[ao]|--all|--offset|--force)", "blkdiscard": r"", "blkzone": r"reset",
    "lvremove": r"", "vgremove": r"", "pvremove": r"", "lvreduce": r"", "vgreduce": r"",
    "mkswap": r"", "bcwipe": r"", "scrub": r"", "nwipe": r"", "dban": r"", "partx": r"-d|--delete",
    "zpool": r"\b(?:destroy|labelclear|create -f|remove|split)\b", "zfs": r"\b(?:destroy|rollback)\b",
    "btrfs": r"(?:subvolume|su\w*) (?:d|del)|device (?:remove|delete)", "mdadm": r"--zero-superblock|--stop|-S\b|--remove|--fail",
    "cryptsetup": r"(?i)\b(?:luksformat|erase|lukserase|luksremovekey|lukskillslot|luksheaderrestore|reencrypt|format)\b",
    "hdparm": r"--(?:security-erase|security-set|trim|write-sector|make-bad|dco|sanitize|user-master)|--yes-i",
    "nvme": r"\b(?:format|sanitize|delete-ns|write|write-zeroes|dsm)\b", "badblocks": r"(?:^|\s)-\w*[wn]",
    "sg_format": r"", "sg_sanitize": r"", "sg_unmap": r"", "dmsetup": r"\b(?:remove|wipe_table|clear)\b",
    "ddrescue": r"/dev/\S+\s+/dev/", "efibootmgr": r"(?:^|\s)-\w*[BbDO]", "grub-install": r"", "flashrom": r"-w|-E",
    "tune2fs": r"-O|-U", "resize2fs": r"-M", "debugfs": r"-w", "xfs_repair": r"-L", "swapoff": r"-a|--all",
    "umount": r"(?:^|\s)(?:-\w*a\b|--all|/(?:usr|var|home|boot)?\s*$)", "mount": r"remount\S*\bro\b\S*\s+/(?:\s|$)|--(?:bind|move)\s\S+\s/(?:etc|usr|bin|lib)",
    "diskutil": r"(?i)erase|partition", "diskpart": r"",
}  # fmt: skip


def _disks(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    text = text_behind(command)
    looks = _LOOKS.get(command.program)
    if _asks_help(command):
        return
    if looks is not None and not re.search(looks, text):
        yield Danger.FORMAT
    erases = _ERASES.get(command.program)
    if erases is not None and re.search(erases, text):
        yield Danger.FORMAT


def _shred(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    if not _asks_help(command) and operands(command):
        yield Danger.ERASE


_CHECKS: Final = {
    "rm": _rm, "srm": _rm, "rmdir": _rm, "unlink": _rm, "gio": _rm, "find": _find, "gfind": _find,
    "fd": _find, "fdfind": _find, "dd": _dd, "dcfldd": _dd, "chmod": _modes, "chown": _modes,
    "chgrp": _modes, "chattr": _modes, "setfacl": _modes, "mv": _mv, "cp": _copies, "ln": _copies,
    "rsync": _copies, "tar": _unpacks, "bsdtar": _unpacks, "unzip": _unpacks, "cpio": _unpacks,
    "7z": _unpacks, "shred": _shred, **dict.fromkeys({**_LOOKS, **_ERASES}, _disks),
}  # fmt: skip

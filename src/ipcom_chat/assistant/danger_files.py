"""Dangers to files, folders, disks, and who may use them."""

import re
from collections.abc import Iterator
from typing import Final

from ipcom_chat.assistant.danger_kinds import Danger
from ipcom_chat.assistant.shell_lines import ShellLine, SimpleCommand
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
    r"|/boot/.|/(?:usr/)?(?:local/)?s?bin/.|/(?:usr/)?lib(?:32|64)?/.*(?:\.so|/systemd/)|/lib/modules/"
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
    "fallocate dd touch split mknod chown chmod chgrp setfacl bcwipe srm wipe".split()
)
_EDITORS_IN_PLACE: Final = frozenset("sed gsed perl ruby awk gawk sponge crudini augtool".split())
_WRITING: Final = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>"})


def file_dangers(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """Yield the dangers to files."""
    for path in written_paths(command):
        for each in resolved(command, line, path):
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
    is_recursive = has_option(words, "rR", "--recursive") or command.program in {"srm", "gio"}
    if "--no-preserve-root" in words:
        yield Danger.DELETE_SYSTEM
    if not is_recursive:
        if any(plain_path(each) == "/" or is_system_folder(each) for each in operands(command)):
            yield Danger.DELETE_SYSTEM
        return
    for path in operands(command):
        for each in resolved(command, line, path):
            if is_system_folder(each):
                yield Danger.DELETE_SYSTEM
        plain = plain_path(path)
        if path.startswith("./") and path.endswith("/?"):
            continue  # what `find` was told to look for
        if plain == UNSEEN or path in {"*", ".*", "./*"} or re.fullmatch(r"\.|(?:\.\./)*\.\.", plain):
            yield Danger.DELETE_UNSEEN


def _find(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    words = command.words
    removes = "-delete" in words or any(
        program_of(word) in {"rm", "shred", "unlink", "srm", "truncate", "chmod", "chown", "mv"}
        for before, word in zip(words, words[1:], strict=False)
        if before.startswith(("-exec", "-ok"))
    )
    writes = any(word.startswith(("-fprint", "-fls")) for word in words)
    pairs = zip(words, words[1:], strict=False)
    is_narrow = any(
        name in {"-name", "-iname", "-path", "-ipath", "-regex", "-wholename"}
        and re.search(r"\w{2}", value)
        for name, value in pairs
    )
    for root in find_roots(words) if removes else ():
        for each in resolved(command, line, root):
            if plain_path(each) == UNSEEN:
                yield Danger.DELETE_UNSEEN
            elif is_system_folder(each) and not (is_narrow and _is_mild(each)):
                yield Danger.DELETE_SYSTEM
    if writes and KEY_FILE.search(" ".join(plain_path(word) for word in words)):
        yield Danger.SYSTEM_FILE


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
    words = command.words[1:]
    found = operands(command)
    paths = [each for path in found[1:] for each in resolved(command, line, path)]
    # `chmod -R a+w /`: a mode may look like an option (`-w`); then the path comes first.
    paths += [each for each in found[:1] if each.startswith(("/", "~", "$"))]
    is_recursive = has_option(words, "R", "--recursive")
    mode = found[0] if found else ""
    if command.program == "chmod" and _sets_id(words, mode):
        yield Danger.SETUID
    opens = re.fullmatch(r"0?[0-7]?[0-7][0-7][2367]|0?[0-7]?0[0-7]{2}|[ugoa]*[oa][ugoa]*[+=]\S*w\S*|\+w", mode)
    for path in paths:
        if is_system_folder(path) and (is_recursive or opens or plain_path(path) in {"/", "/etc"}):
            yield Danger.MODES
        elif is_recursive and plain_path(path) == UNSEEN:
            yield Danger.MODES
        elif KEY_FILE.match(plain_path(path)) and command.program == "chmod" and opens:
            yield Danger.MODES


def _sets_id(words: tuple[str, ...], mode: str) -> bool:
    is_octal = re.fullmatch(r"[0-7]*[2-7][0-7]{3}", mode)
    return bool(is_octal) or any(re.fullmatch(r"[ugoa]*[+=]\w*s\w*(?:,.*)?", w) for w in words)


def _mv(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    found = operands(command)
    if found and found[-1] in {"/dev/null", "/dev/zero"}:
        yield Danger.DELETE_SYSTEM
    for path in found[:-1]:
        if any(is_system_folder(each) for each in resolved(command, line, path)):
            yield Danger.DELETE_SYSTEM


def _copies(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    words = command.words[1:]
    found = operands(command)
    if command.program == "rsync" and any(w.startswith(("--delete", "--del")) for w in words):
        if found and (is_system_folder(found[-1]) or plain_path(found[-1]) == UNSEEN):
            yield Danger.DELETE_SYSTEM
    if command.program == "ln" and found[:1] == ["/dev/null"] and len(found) > 1:
        yield from _written(command, found[-1])
    if command.program in {"cp", "rsync"} and found and plain_path(found[-1]) in {"/", "/etc", "/usr"}:
        yield Danger.SYSTEM_FILE


def _unpacks(command: SimpleCommand, _line: ShellLine) -> Iterator[Danger]:
    first = command.words[1] if len(command.words) > 1 else ""
    if command.program == "tar":
        extracts = "x" in first.split("=")[0] and not first.startswith("--")
        extracts = extracts or has_option(command.words[1:], "x", "--extract", "--get")
        if not extracts and not has_option(command.words[1:], "", "--remove-files"):
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
    "umount": r"(?:^|\s)(?:-\w*a\b|--all|/(?:usr|var|home|boot)?\s*$)", "mount": r"remount\S*\s+/(?:\s|$)|--(?:bind|move)\s\S+\s/(?:etc|usr|bin|lib)",
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
        yield Danger.DELETE_UNSEEN if command.unknown else Danger.DELETE_SYSTEM


_CHECKS: Final = {
    "rm": _rm, "srm": _rm, "rmdir": _rm, "unlink": _rm, "gio": _rm, "find": _find, "gfind": _find,
    "fd": _find, "fdfind": _find, "dd": _dd, "dcfldd": _dd, "chmod": _modes, "chown": _modes,
    "chgrp": _modes, "chattr": _modes, "setfacl": _modes, "mv": _mv, "cp": _copies, "ln": _copies,
    "rsync": _copies, "tar": _unpacks, "bsdtar": _unpacks, "unzip": _unpacks, "cpio": _unpacks,
    "7z": _unpacks, "shred": _shred, **dict.fromkeys({**_LOOKS, **_ERASES}, _disks),
}  # fmt: skip

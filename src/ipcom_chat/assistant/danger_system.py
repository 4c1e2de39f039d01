"""Dangers to what runs: the machine, its network, services, accounts, packages, data.

Most are a program and a pattern over its arguments, joined by blanks.
"""

import re
from collections.abc import Iterator
from typing import Final

from ipcom_chat.assistant.danger_kinds import Danger
from ipcom_chat.assistant.shell_model import ShellLine, SimpleCommand, printed
from ipcom_chat.assistant.shell_wrappers import after_options

_SERVICES: Final = (
    r"(?:ssh|sshd|openssh-server|dropbear|network\S*|networking|systemd-\S+|NetworkManager\S*|wicked|dbus\S*|"
    r"firewalld|ufw|nftables|iptables|auditd|fail2ban|crowdsec|apparmor|polkit|getty\S*|multi-user\S*|"
    r"\*|wpa_supplicant|dhcpcd|connman|netplan\S*|chronyd?|cron|rsyslog|wg-quick\S*|openvpn\S*|tailscaled)"
    r"(?:\.(?:service|socket|target))?(?:\s|$)"
)
_ESSENTIAL: Final = (
    r"(?:^|\s)(?:libc6|libc-bin|glibc\S*|systemd\S*|dpkg|apt|bash|dash|coreutils|base-files|base-passwd|"
    r"linux-image\S*|linux-generic|kernel\S*|openssh-server|sudo|grub\S*|init|login|passwd|util-linux|"
    r"python3(?:-minimal)?|perl-base|network-manager|NetworkManager|netplan\.io|ifupdown|rpm|dnf|yum|zypper|"
    r"filesystem|setup|shadow\S*|libstdc\+\+6|libgcc\S*|zlib1g|e2fsprogs|mount|tar|gzip|hostname|udev|"
    r"initramfs-tools|busybox|musl|alpine-base|pacman|[*?]\S*|\.\*|\^\S*)(?:\s|$)"
)
_SQL: Final = (
    r"(?i)\bdrop\s+(?:database|schema|table|user|role|index|view|tablespace|owned)\b|"
    r"\btruncate\s+(?:table\s+)?[\w\"`.]+|\bdelete\s+from\s+[\w\"`.]+\s*(?:;|$|[\"'])|"
    r"\bupdate\s+[\w\"`.]+\s+set\b(?!.*\bwhere\b)|\b(?:flushall|flushdb)\b|\bdropdatabase\b|\.drop\(|"
    r"\bdeletemany\(\s*\{\s*\}|\bremove\(\s*\{\s*\}\s*\)|\bshutdown\b|\bconfig\s+set\s+(?:dir|dbfilename)|"
    r"\bcopy\b.*\b(?:to|from)\s+program\b|\binto\s+(?:outfile|dumpfile)\b|\bgrant\s+all\b|\balter\s+user\b|"
    r"\bdebug\s+segfault\b|\bset\s+password\b|\bvacuum\s+into\b"
)
_DATABASES: Final = (
    "mysql mariadb psql sqlite3 mongo mongosh redis-cli valkey-cli keydb-cli clickhouse-client cqlsh "
    "sqlplus sqlcmd isql influx cockroach duckdb usql pgcli mycli"
)

_Rule = tuple[str, str, Danger]
_TABLE: Final[tuple[_Rule, ...]] = (
    ("reboot halt poweroff pm-suspend pm-hibernate rtcwake kexec", r"^(?!.*--?(?:help|version)\b)", Danger.SHUTDOWN),
    ("shutdown", r"^(?!.*(?:^|\s)(?:-c|--help|--show)\b)", Danger.SHUTDOWN),
    ("init telinit", r"^\s*[0-6sSuUqQ]\b", Danger.SHUTDOWN),
    ("systemctl", r"^(?:-\S+\s+)*(?:poweroff|reboot|halt|kexec|soft-reboot|suspend\S*|hibernate|hybrid-sleep|rescue|"
                  r"emergency|default|exit|switch-root|isolate)\b|\b(?:start|isolate)\s.*\b(?:poweroff|reboot|halt|kexec|"
                  r"rescue|emergency|ctrl-alt-del|shutdown|runlevel[0-6])\b", Danger.SHUTDOWN),
    ("loginctl", r"\b(?:poweroff|reboot|halt|suspend|hibernate)\b", Danger.SHUTDOWN),
    ("loginctl", r"\b(?:kill|terminate)-(?:user|session|seat)\b", Danger.KILL),
    ("busctl dbus-send gdbus qdbus", r"(?i)(?:poweroff|reboot|halt|suspend|hibernate)", Danger.SHUTDOWN),
    ("ipmitool ipmi-power", r"\b(?:power|chassis)\b.*\b(?:off|cycle|reset|soft|down)\b|--(?:off|cycle|reset)", Danger.SHUTDOWN),
    ("xe virsh qm pct vboxmanage VBoxManage", r"\b(?:destroy|undefine|shutdown|reboot|reset|stop|poweroff|unregistervm|"
                                              r"vol-delete|pool-destroy|host-\w+|vm-destroy)\b", Danger.RESOURCES),
    ("killall5", r"", Danger.KILL),
    ("pkill killall skill slay", r"(?:^|\s)(?:-u|-U|-G|--user|--euid|--uid)(?=[\s=]|$)|(?:^|\s)-v\b|--inverse|"
        r"(?:^|\s)(?:sshd?|systemd\S*|init|dbus-\S+|NetworkManager|bash|sh|zsh|Xorg|gnome-shell|dockerd|containerd|kubelet)(?:\s|$)", Danger.KILL),
    ("fuser", r"-\w*(?:k\w*m|m\w*k)", Danger.KILL),
    ("iptables ip6tables iptables-legacy iptables-nft", r"(?:^|\s)-\w*[FX]|--(?:flush|delete-chain)|-P\s|--policy|"
        r"-I\s+INPUT\b.*-j\s+DROP|-A\s+INPUT\b(?!.*(?:--?dport|-s\s|-p\s)).*-j\s+(?:DROP|REJECT)", Danger.PROTECTION),
    ("iptables-restore ip6tables-restore", r"", Danger.PROTECTION),
    ("nft", r"\b(?:flush|delete|reset|destroy)\b|(?:^|\s)-f", Danger.PROTECTION),
    ("ufw", r"\b(?:disable|reset|default\s+(?:allow|deny|reject))\b|\bdeny\s+(?:22|ssh)\b|--force", Danger.PROTECTION),
    ("firewall-cmd", r"--panic-on|--complete-reload|--remove-service=ssh|--set-default-zone=(?:trusted|drop|block)|--reset", Danger.PROTECTION),
    ("setenforce", r"^(?:0|permissive|Permissive)", Danger.PROTECTION),
    ("aa-teardown aa-disable aa-complain", r"", Danger.PROTECTION),
    ("auditctl", r"(?:^|\s)-(?:D|e\s*0|d|W)", Danger.PROTECTION),
    ("fail2ban-client", r"\b(?:stop|unban\s+--all)\b", Danger.PROTECTION),
    ("ip", r"^(?:-\w+\s+)*l\w*\s+(?:s\w*\s.*\bdown\b|d\w*\s)|\b(?:addr\w*|a|address)\s+(?:flush|del\w*|d|f)\b|"
           r"\b(?:r|ro|rou\w*)\s+(?:flush|f|fl\w*|del\w*|d|replace|change)\b|\bnetns\s+del|\brule\s+flush|^(?:-\w+\s+)*-b(?:a\w*)?\s", Danger.NETWORK),
    ("ifconfig", r"\bdown\b|\s0\.0\.0\.0\b", Danger.NETWORK),
    ("ifdown", r"", Danger.NETWORK),
    ("route", r"\b(?:del|flush)\b", Danger.NETWORK),
    ("nmcli", r"\b(?:net\w*|n)\s+off\b|\b(?:con\w*|c)\s+(?:down|del\w*|d)\b|\b(?:dev\w*|d)\s+(?:dis\w*|del\w*)\b|\br\w*\s+\S+\s+off\b", Danger.NETWORK),
    ("rfkill", r"\bblock\b", Danger.NETWORK),
    ("netplan", r"\bapply\b", Danger.NETWORK),
    ("resolvectl tailscale wg-quick", r"\b(?:down|logout|revert)\b", Danger.NETWORK),
    ("systemctl", r"\b(?:stop|disable|mask|kill|freeze)\b.*?\s" + _SERVICES, Danger.SERVICE),
    ("service rc-service invoke-rc.d", r"^\s*" + _SERVICES + r".*\b(?:stop|kill)\b", Danger.SERVICE),
    ("chkconfig update-rc.d rc-update", r"\b(?:off|remove|disable|del|delete)\b", Danger.SERVICE),
    ("userdel deluser groupdel delgroup vipw vigr chsh chfn newusers chpasswd chgpasswd pwconv pwunconv", r"^(?!.*--help\b)", Danger.ACCOUNTS),
    ("visudo", r"^(?!\s*-\w*c)", Danger.ACCOUNTS),
    ("passwd", r"^(?!\s*(?:-S|--status)(?:\s|$))", Danger.ACCOUNTS),
    ("usermod", r"(?:^|\s)(?:-\w*[pousLegGd]|--(?:password|non-unique|uid|shell|lock|expiredate|gid|groups|home))", Danger.ACCOUNTS),
    ("useradd adduser", r"(?:^|\s)-\w*o|--non-unique|(?:^|\s)(?:-u|--uid)[ =]?0\b|\b(?:sudo|wheel|root|docker|admin|adm|lxd|disk|shadow)\b", Danger.ACCOUNTS),
    ("gpasswd groupmems", r"\b(?:sudo|wheel|root|docker|admin|lxd|disk|shadow)\b|-\w*[dMA]", Danger.ACCOUNTS),
    ("chage faillock pam_tally2 pam-auth-update authselect", r"^(?!\s*-l)", Danger.ACCOUNTS),
    ("net", r"\buser\b.*(?:/add|/delete|/del)", Danger.ACCOUNTS),
    ("crontab", r"(?:^|\s)-\w*r|(?:^|\s)-(?:\s|$)|^(?:\s*-u\s*\S+)?\s*[^-\s]\S*\s*$", Danger.JOBS),
    ("atrm", r"", Danger.JOBS),
    ("history", r"(?:^|\s)-\w*[cd]", Danger.TRACES),
    ("fc", r"-p", Danger.TRACES),
    ("set shopt", r"\+o\s+history|-u\s+(?:-o\s+)?hist|-u\s*-o\s*history", Danger.TRACES),
    ("unset", r"\b(?:HISTFILE|HISTSIZE|HISTFILESIZE|PROMPT_COMMAND)\b", Danger.TRACES),
    ("journalctl", r"--vacuum-(?:time[= ]\d{1,4}(?:s|sec|m|min|ms)?(?:\s|$)|size[= ]\d+[KB]?(?:\s|$)|files[= ][01](?:\s|$))", Danger.TRACES),
    ("wevtutil", r"\bcl\b", Danger.TRACES),
    ("docker podman nerdctl", r"--privileged|(?:^|\s)(?:-v|--volume)[= ]?['\"]?/(?:etc|root|var|usr|boot|home|proc|sys|dev|run/\S*|var/run/\S*)?/?:|"
        r"(?:source|src)=/(?:etc|root|var|usr|boot|home|proc|sys|dev)?/?,|docker\.sock|--pid[= ]host|--userns[= ]host|--cap-add[= ](?:ALL|SYS_\w+)|"
        r"--security-opt[= ]\S*unconfined|--device[= ]/dev/(?:sd|nvme|mem|vd)", Danger.CONTAINER_HOST),
    ("docker podman nerdctl", r"\b(?:system|volume|image|network|container|builder)\s+(?:prune|reset)\b|\bvolume\s+rm\b|\brm\s+.*-\w*v|"
        r"\bswarm\s+leave\b|\b(?:service|stack|secret|config|network)\s+rm\b|\bcompose\b.*\bdown\b.*(?:-v\b|--volumes|--rmi)|\b(?:stop|rm|rmi|kill)\b.*(?:\$|`)", Danger.RESOURCES),
    ("docker-compose", r"\bdown\b.*(?:-v\b|--volumes|--rmi)|\brm\b.*-\w*[fsv]", Danger.RESOURCES),
    ("kubectl oc k3s", r"\b(?:delete|drain|cordon|replace\s+--force|taint)\b|\bscale\b.*--replicas[= ]0\b|\bpatch\b.*finalizers", Danger.RESOURCES),
    ("kubeadm", r"\breset\b", Danger.RESOURCES),
    ("helm", r"\b(?:uninstall|delete|del|un)\b", Danger.RESOURCES),
    ("terraform tofu terragrunt pulumi cdk", r"\b(?:destroy|apply\s.*-auto-approve|state\s+rm|force-unlock|taint|run-all)\b|\bup\s.*(?:-y|--yes)", Danger.RESOURCES),
    ("aws", r"\b(?:rb|terminate-\S+|delete-\S+|deregister-\S+|stop-instances|remove-\S+)\b|\bs3\s+rm\b.*--recursive|\bs3\s+sync\b.*--delete|\bcreate-access-key\b|\bput-\S*policy\b|\battach-\S*policy\b", Danger.RESOURCES),
    ("gcloud gsutil az doctl hcloud linode-cli flyctl heroku", r"\b(?:delete|destroy|rm\s+-\w*r|rb|purge|apps:destroy|pg:reset|delete-\S+)\b", Danger.RESOURCES),
    ("ansible ansible-playbook", r"(?:^|\s)all\b.*(?:-m\s*(?:shell|command|raw)|-a)|-m\s*(?:shell|raw)\b.*\brm\b", Danger.RESOURCES),
    ("etcdctl", r"\bdel\b|--prefix|defrag|snapshot restore", Danger.RESOURCES),
    ("git", r"^clean\b(?!.*(?:-\w*n|--dry-run)).*(?:-\w*[fdxX]|--force)|^reset\b.*--(?:hard|merge|keep)\b|"
        r"^push\b.*(?:\s-\w*[fd]\w*(?:\s|$)|--force|--mirror|--delete|--prune|\s\+\S|\s:\S)|"
        r"^(?:checkout|restore)\b.*(?:\s\.(?:\s|$)|\s--\s|-\w*f\b|--force|--worktree|\s:/)|"
        r"^branch\b.*(?:\s-\w*D|--delete --force)|^filter-(?:branch|repo)\b|^reflog\s+(?:expire|delete)\b|"
        r"^stash\s+(?:drop|clear)\b|^update-ref\s+-d|^gc\b.*--prune[= ]?(?:now|all)|^worktree\s+remove\b.*-\w*f|"
        r"^switch\b.*(?:--discard|\s-f|--force)|^read-tree\b.*--reset|^rm\b.*-\w*r\w*\s.*(?:\s\.(?:\s|$)|\*)|"
        r"(?i:^config\b.*(?:core\.(?:pager|fsmonitor|hookspath|sshcommand|editor)|alias\.|\.(?:textconv|clean|smudge))\S*\s+\S)", Danger.GIT),
    ("gh glab", r"\b(?:repo|release|secret|variable|run|gist|project)\s+delete\b|\brepo\s+(?:archive|transfer)\b", Danger.GIT),
    (_DATABASES, _SQL, Danger.DATABASE),
    ("dropdb dropuser pg_dropcluster pg_resetwal", r"", Danger.DATABASE),
    ("mysqladmin mariadb-admin", r"\b(?:drop|shutdown|password)\b", Danger.DATABASE),
    ("pg_restore", r"-\w*c|--clean", Danger.DATABASE),
    ("pg_ctl pg_ctlcluster", r"\bstop\b.*immediate|\bpromote\b", Danger.DATABASE),
    ("rabbitmqctl", r"\b(?:reset|force_reset|delete_\S+|purge_queue|stop)\b", Danger.DATABASE),
    ("curl wget http https xh", r"(?:-X\s*|--request[= ]|^|\s)DELETE\b.*(?:9200|_all|/\*)|_delete_by_query", Danger.DATABASE),
    ("apt apt-get aptitude dpkg dnf yum zypper pacman apk rpm microdnf emerge pkg",
        r"(?:(?:^|\s)(?:remove|purge|erase|del|autoremove|autopurge|delete)\b|(?:^|\s)(?:-P|-r|-e|-R\w*|--purge|--remove|--erase|-C)(?=\s)).*" + _ESSENTIAL, Danger.PACKAGES),
    ("apt apt-get aptitude", r"--allow-(?:remove-essential|unauthenticated|downgrades|change-held-packages)|--force-yes|(?i:Pre-Invoke|Post-Invoke|Dir::Bin)|AllowUnauthenticated", Danger.PACKAGES),
    ("dpkg", r"--force-?\S*|--clear-selections", Danger.PACKAGES),
    ("dpkg-divert dpkg-statoverride update-alternatives alternatives", r"--(?:divert|rename|remove-all|force|add|set)\b(?=.*(?:/bin/|sudo|\bsh\b|bash|--force))", Danger.PACKAGES),
    ("rpm", r"--nodeps|--force|--replacefiles|--rebuilddb", Danger.PACKAGES),
    ("dnf yum zypper", r"--no-?gpg-?checks?|--nogpgcheck|\bdistro-sync\b|--allowerasing", Danger.PACKAGES),
    ("pacman", r"(?:^|\s)-R\w*(?:dd|c)|--overwrite|--nodeps|-Sy*f", Danger.PACKAGES),
    ("do-release-upgrade", r"", Danger.PACKAGES),
    ("insmod rmmod kmod kpatch livepatch", r"^(?!\s*list\b)", Danger.KERNEL),
    ("modprobe", r"(?:^|\s)-\w*r|--remove|--force|-f\b", Danger.KERNEL),
    ("sysctl", r"(?:kernel\.(?!hostname|pid_max|threads-max)\S+|vm\.(?:panic_on_oom|overcommit_memory|mmap_min_addr)|fs\.(?:suid_dumpable|protected_\S+)|net\.ipv4\.icmp_echo_ignore_all)\s*=\s*\S", Danger.KERNEL),
    ("bpftool", r"\b(?:load|attach|detach)\b", Danger.KERNEL),
    ("setcap", r"^(?!.*(?:-r|--help)\b)", Danger.SETUID),
    ("hash", r"(?:^|\s)-p", Danger.SHADOWED),
    ("enable", r"(?:^|\s)-[nfd]", Danger.SHADOWED),
    ("install", r"(?:-m|--mode)[= ]?[ugo0]*[+=]?\S*(?:s\b|[24-7]\d{3}\b)", Danger.SETUID),
    ("update-ca-certificates trust", r"\banchor\b|--fresh", Danger.PROTECTION),
)  # fmt: skip

_RULES: Final[dict[str, list[tuple[re.Pattern[str], Danger]]]] = {}
for _programs, _pattern, _danger in _TABLE:
    for _program in _programs.split():
        _RULES.setdefault(_program, []).append((re.compile(_pattern, re.DOTALL), _danger))


def system_dangers(command: SimpleCommand, line: ShellLine) -> Iterator[Danger]:
    """Yield the dangers to what runs."""
    text = _arguments(command)
    for pattern, danger in _RULES.get(command.program, ()):
        if pattern.search(text):
            yield danger
    if command.program == "kill" and _kills_all(command.words[1:]):
        yield Danger.KILL
    if command.program in {"pkill", "killall"} and not _names_some(command.words[1:]):
        yield Danger.KILL
    if command.program in _DATABASES.split() and re.search(_SQL, _given(command, line)):
        yield Danger.DATABASE
    if re.match(
        r"/etc/init\.d/" + _SERVICES.replace(r"(?:\s|$)", "$"),
        command.words[0] if command.words else "",
    ):
        yield Danger.SERVICE


def _arguments(command: SimpleCommand) -> str:
    """Return the words behind the program; for git those that begin with the verb."""
    start = after_options(command.words, "git") if command.program == "git" else 1
    return " ".join(command.words[start:])


def _kills_all(words: tuple[str, ...]) -> bool:
    rest = list(words)
    if rest and re.fullmatch(r"-(?:s|n|-signal)", rest[0]):
        rest = rest[2:]
    elif rest[:1] == ["-0"]:
        return False
    elif rest and rest[0] != "--" and rest[0].startswith("-") and len(rest) > 1:
        rest = rest[1:]
    return any(word in {"-1", "1", "0", "-0"} for word in rest if word != "--")


def _names_some(words: tuple[str, ...]) -> bool:
    """Return whether a pattern of `pkill` is narrower than everything."""
    names = [word for word in words if not word.startswith("-")]
    return any(len(re.findall(r"\w", name)) >= 2 for name in names) or any(
        word in {"-l", "--list", "--help", "-V"} for word in words
    )


def _given(command: SimpleCommand, line: ShellLine) -> str:
    """Return what a command gets on its standard input, as far as it stands in the line."""
    texts = [each.target for each in command.redirects if each.operator in {"<<", "<<<"}]
    for index in command.inputs:
        source = line.commands[index]
        if source.program in {"echo", "printf"}:
            texts += printed(source.words)
        texts += [each.target for each in source.redirects if each.operator in {"<<", "<<<"}]
    return "\n".join(texts)

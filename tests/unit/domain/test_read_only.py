"""Which commands only look: rather one too few than one too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.read_only import is_read_only, may_run_unasked


@pytest.mark.parametrize(
    "command",
    [
        "df -h", "  ss -tulpn ", "sudo ss -tulpn", "ps aux | grep nginx | head -20", "uptime",
        "systemctl status nginx", "systemctl --failed list-units", "journalctl -u nginx -n 50",
        "ip a", "ip -br addr show", "ip route list", "docker ps -a", "git log --oneline",
        "kubectl get pods -A", "cat /etc/hosts", "tail -n 20 /var/log/syslog",
        "apt list --upgradable", "file -b /bin/ls", "fail2ban-client status sshd", "lsof -i :80",
    ],
)  # fmt: skip
def test_these_only_look(command: str) -> None:
    assert is_read_only(command)


@pytest.mark.parametrize(
    "command",
    [
        "", " ", "|", "df |", "sudo", "sudo -u root df", "rm x", "systemctl",
        "systemctl restart nginx", "ip link set eth0 down", "ip link s eth0 down", "ip",
        "ip a f dev eth0", "ip a d 10.0.0.1", "ip -f inet a", "journalctl --vacuum-size 1G",
        "journalctl --vac 1G", "journalctl --rot", "journalctl -f", "journalctl -fu nginx",
        "tail -f x", "tail -5f x", "tail --foll x",
        "ss -K", "ss -tK", "ss --kil", "file -bC -m x", "git diff --output x", "git commit",
        "git -C x status", "docker rm x", "docker logs -f x", "kubectl get pods -w", "lsof +r",
        "df > x", "df; rm x", "df && rm x", "df & rm x", "df $(rm x)", "df `rm x`", "df\nrm x",
        "cat <x", "echo x", "find . -delete", "sort -o x y", "date -s 1", "FOO=1 df", "ls *",
        "ls | tee x", "ls ~", "crontab -r", "hostname x", "free -s 1", "netstat -c",
    ],
)  # fmt: skip
def test_these_may_do_more(command: str) -> None:
    assert not is_read_only(command)


@given(st.text(), st.sampled_from([";", "&", ">", "<", "$", "`", "\n", "(", "{"]), st.text())
def test_nothing_that_a_shell_acts_on_is_read_only(before: str, mark: str, after: str) -> None:
    assert not is_read_only(f"{before}{mark}{after}")


@given(st.text())
def test_any_text_can_be_asked_about(text: str) -> None:
    assert is_read_only(text) in {True, False}


@pytest.mark.parametrize(
    "command",
    [
        "df -h",
        "cat /etc/hosts",
        "grep -i error /var/log/syslog",
        "find . -name x -type f",
        "find / -perm -4000",
        "sort -rn x",
        "uniq -c",
        "date",
        "date +%s",
        "date -u",
        "hostname",
        "hostname -f",
        "echo rm -rf /",
        "printf %s x",
        "pwd",
        "ps aux",
        "ps -ef",
        "ps -eo pid",
        "ip -br addr",
        "getent passwd ana",
        "dpkg -l",
        "rpm -qa",
        "command -v git",
        "test -f x",
        "[ -f x ]",
        "dmesg --level=err",
        "kubectl get pods",
        "docker ps",
        "last -n 5",
        "mount",
        "systemctl status nginx",
        "journalctl -u nginx",
        "timedatectl",
        "cat /proc/cpuinfo",
        "ls ~/.ssh",
        "stat /etc/shadow",
        "lsof -n",
        "who",
        "diff a b",
        "head -n 1 .env.example",
    ],
)
def test_these_may_run_unasked(command: str) -> None:
    assert may_run_unasked(command.split())


@pytest.mark.parametrize(
    "command",
    [
        "",
        "sudo df",
        "rm x",
        "find . -delete",
        "find . -exec ls ;",
        "find . -ok ls ;",
        "find . -fprintf x y",
        "find . -fls x",
        "sed -i s/a/b/ x",
        "awk 1",
        "sort -o x y",
        "sort --output=x y",
        "sort -uo x y",
        "sort --compress-program=x y",
        "uniq a b",
        "date -s 1",
        "date 01010000",
        "hostname x",
        "printf -v x y",
        "git status",
        "git -c core.pager=x log",
        "git diff",
        "less x",
        "man ls",
        "env ls",
        "xargs ls",
        "tar tf x",
        "journalctl --vacuum-size=1",
        "journalctl --cursor-file=x",
        "grep -r x .",
        "grep -Ri x /",
        "grep --recursive x",
        "grep -f x y",
        "diff -r a b",
        "cat /etc/shadow",
        "head ~/.ssh/id_rsa",
        "tail .env",
        "cat ./.env.local",
        "grep x --file=/etc/shadow",
        "cat ~/.aws/credentials",
        "cat ~/.config/ipcom-chat/config.toml",
        "cat ../ipcom-chat/token",
        "cat server.pem",
        "tac /proc/self/environ",
        "cat /dev/sda",
        "getent shadow",
        "getent hosts x.example",
        "ps auxe",
        "ps e",
        "ps eww",
        "ip -b x",
        "ip -n x a",
        "ip -batch a",
        "apt list -oDir::Bin::dpkg=/tmp/x",
        "apt -c x list",
        "docker inspect x",
        "docker -H tcp://x ps",
        "docker --host=x ps",
        "kubectl get secrets",
        "kubectl describe pod x",
        "kubectl get pods --kubeconfig=x",
        "kubectl get pods --server=x",
        "systemctl --host=x status",
        "systemctl -Hx status",
        "systemctl show x",
        "systemctl cat x",
        "fail2ban-client --socket=x status",
        "mount /dev/sda1 /mnt",
        "rpm -q --eval %{x}",
        "rpm -i x",
        "dpkg -i x",
        "dmesg -C",
        "command rm x",
        "hostnamectl set-hostname x",
        "timedatectl set-time x",
        "findmnt --poll",
        "w",
    ],
)
def test_these_are_asked_about(command: str) -> None:
    assert not may_run_unasked(command.split())


@given(st.lists(st.text(max_size=8), max_size=6))
def test_any_words_can_be_asked_about(words: list[str]) -> None:
    assert may_run_unasked(words) in {True, False}

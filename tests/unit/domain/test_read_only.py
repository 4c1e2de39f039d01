"""Which commands only look: rather one too few than one too many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.read_only import is_read_only


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

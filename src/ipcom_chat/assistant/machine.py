"""What an assistant should know of this machine, on one line.

Only what is the same for everybody who works here: no address, no name of a person, no secret.
None of it asks another program.

Source: os-release(5), proc(5).
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from ipcom_chat.domain.terminal import one_line
from ipcom_chat.host import os_info

_PACKAGES: Final = ("apt", "dnf", "yum", "zypper", "pacman", "apk")
_SERVICES: Final = frozenset(
    """
    nginx apache2 httpd haproxy caddy mysqld mariadbd postgres redis-server mongod dockerd
    containerd podman kubelet k3s sshd named dnsmasq unbound postfix dovecot exim4 smbd nmbd
    slapd cupsd squid zabbix_agentd prometheus node_exporter grafana rabbitmq-server memcached
    php-fpm tomcat java node gunicorn uwsgi fail2ban-server crond cron libvirtd
    qemu-system-x86 asterisk elasticsearch chronyd ntpd systemd
    """.split()
)
_MAX_PROCESSES: Final = 4_096


def machine_facts() -> str:
    """Return distribution, package manager, what runs, and who one is, in English."""
    info = os_info()
    packages = next((name for name in _PACKAGES if shutil.which(name)), "unknown")
    running = sorted(set(_running()) & _SERVICES)
    init = "systemd" if Path("/run/systemd/system").is_dir() else "no systemd"
    facts = (
        f"{info['name']}, kernel {info['kernel']} {info['architecture']}",
        f"package manager {packages}",
        init,
        f"running: {', '.join(running) or 'none of the usual services'}",
        "the user is root" if os.geteuid() == 0 else "the user is not root",
    )
    return one_line("; ".join(facts))


def _running() -> Iterator[str]:
    try:
        numbers = [each for each in os.listdir("/proc") if each.isdigit()]  # noqa: PTH208 - names are all that is needed
    except OSError:
        return
    for number in numbers[:_MAX_PROCESSES]:
        try:
            yield Path("/proc", number, "comm").read_text("utf-8", "replace").strip()
        except OSError:
            continue  # it has ended meanwhile

"""The checks that come with the program: what they make of output.

Output of programs is scripted, one case each as the program prints it; what this machine has is
run for real, too.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.playbooks import events_of, ran, text_of
from tests.support.tools import Install, alone, install

__all__ = ["alone", "install"]

LAST = """
root     pts/0        203.0.113.5      2026-11-28T10:00:01+0000   still logged in
ana      tty1                          2026-11-27T08:00:00+0000 - 2026-11-27T09:30:00+0000  (01:30)
rui      pts/1        db.example.com   2026-11-26T08:00:00+0000 - crash                    (1+02:00)
reboot   system boot  6.1.0-18-amd64   2026-11-20T08:00:00+0000   still running

wtmp begins 2026-05-20T00:00:00+00:00
"""


async def test_the_last_logins_leave_out_the_starts_of_the_machine(install: Install) -> None:
    install("last", f"cat <<'END'{LAST}END")
    said = text_of(await events_of("last logins"))
    assert "| root | pts/0 | 203.0.113.5 | 2026-11-28T10:00 | still logged in |" in said
    assert "| ana | tty1 |  | 2026-11-27T08:00 | 2026-11-27T09:30 |" in said
    assert "| rui | pts/1 | db.example.com | 2026-11-26T08:00 | crash |" in said
    assert "reboot" not in said


async def test_an_old_last_is_asked_without_the_format_it_does_not_know(install: Install) -> None:
    install(
        "last",
        '[ "$1" = -w ] && { echo "last: unrecognized option" >&2; exit 1; }; echo "plain $*"',
    )
    assert "plain -n 20" in text_of(await events_of("last logins"))


ACCEPTED = """2026-11-28T10:00:00+0000 web1 sshd[1]: Accepted publickey for ana from 203.0.113.5 port 40022 ssh2: ED25519 SHA256:x
2026-11-28T11:00:00+0000 web1 sshd[2]: Accepted publickey for ana from 203.0.113.5 port 40023 ssh2: ED25519 SHA256:x
2026-11-28T12:00:00+0000 web1 sshd-session[3]: Accepted password for root from 2001:db8::1 port 4 ssh2
"""  # noqa: E501 - as it is printed


async def test_who_was_let_in_is_counted_by_user_address_and_method(install: Install) -> None:
    install("journalctl", f"cat <<'END'\n{ACCEPTED}END")
    said = text_of(await events_of("quem logou ontem?", "pt_BR"))
    assert "| ana | 203.0.113.5 | publickey | 2026-11-28T11:00:00+0000 | 2 |" in said
    assert "| root | 2001:db8::1 | password | 2026-11-28T12:00:00+0000 | 1 |" in said


REFUSED = """2026-11-28T10:00:00+0000 web1 sshd[1]: Failed password for invalid user admin from 203.0.113.9 port 40022 ssh2
2026-11-28T10:00:01+0000 web1 sshd[1]: Failed password for invalid user admin from 203.0.113.9 port 40022 ssh2
2026-11-28T10:00:02+0000 web1 sshd[2]: Connection closed by authenticating user root 2001:db8::7 port 4 [preauth]
2026-11-28T10:00:03+0000 web1 sshd[3]: Failed none for invalid user x from 10.0.0.1 port 1 ssh2 from 198.51.100.2 port 9 ssh2
2026-11-28T10:00:04+0000 web1 sshd[4]: Failed password for invalid user <b>|`x from 198.51.100.3 port 9 ssh2
"""  # noqa: E501 - as it is printed


async def test_refused_logins_are_counted_by_user_and_address(install: Install) -> None:
    install("journalctl", f"cat <<'END'\n{REFUSED}END")
    said = text_of(await events_of("failed logins"))
    assert "⚠ In the last 7 days, 4 pairs of user and address" in said
    assert "| `admin` | `203.0.113.9` | 2026-11-28T10:00:01+0000 | 2 |" in said
    assert "| `root` | `2001:db8::7` | 2026-11-28T10:00:02+0000 | 1 |" in said


async def test_a_user_name_that_an_attacker_made_up_forges_no_address(install: Install) -> None:
    install("journalctl", f"cat <<'END'\n{REFUSED}END")
    said = text_of(await events_of("alguém tentou entrar", "pt_BR"))
    assert "| `x from 10.0.0.1 port 1 ssh2` | `198.51.100.2` |" in said
    assert "| `10.0.0.1` |" not in said


async def test_without_a_journal_and_a_log_the_bad_logins_that_were_counted_answer(
    alone: Install,
) -> None:
    alone("journalctl", "echo 'No journal files were found.'")
    alone("grep", "echo 'grep: /var/log/auth.log: No such file or directory' >&2; exit 2")
    alone("lastb", "echo 'admin    ssh:notty    203.0.113.9   Sat Nov 28 10:00 - 10:00  (00:00)'")
    events = await events_of("failed logins")
    assert [each.split()[0] for each in ran(events)][:3] == ["journalctl", "grep", "lastb"]
    said = text_of(events)
    assert "⚠ One address tried one user." in said
    assert "| `admin` | `203.0.113.9` | Sat Nov 28 10:00 | 1 |" in said
    assert said.count("There is no journal on this machine.") == 2


async def test_auth_log_answers_where_there_is_no_journal(install: Install) -> None:
    install("journalctl", "echo 'No journal files were found.'")
    install(
        "grep",
        "echo 'Nov 28 10:00:00 web1 sshd[1]: Failed password for root from 203.0.113.9 port 4'",
    )
    said = text_of(await events_of("failed logins"))
    assert "⚠ In `/var/log/auth.log`, one address tried one user." in said
    assert "| `root` | `203.0.113.9` | Nov 28 10:00:00 | 1 |" in said


async def test_who_may_not_read_the_log_of_logins_is_told_who_may(alone: Install) -> None:
    alone("journalctl", "echo 'No journal files were found.'")
    alone("grep", "echo 'grep: /var/log/auth.log: Permission denied' >&2; exit 2")
    said = text_of(await events_of("tentativas de login", "pt_BR"))
    assert "`systemd-journal`" in said
    assert "Nenhum" not in said


async def test_wrong_passwords_at_sudo(install: Install) -> None:
    install(
        "journalctl",
        "echo '2026-11-28T10:00:00+0000 web1 sudo[7]: pam_unix(sudo:auth): authentication failure; "
        "logname=ana uid=1000 euid=0 tty=/dev/pts/1 ruser=ana rhost=  user=ana'",
    )
    said = text_of(await events_of("failed logins"))
    assert "| sudo | ana | ana | 2026-11-28T10:00:00+0000 | 1 |" in said


async def test_the_time_of_this_machine_is_told() -> None:
    said = text_of(await events_of("is the clock right"))
    assert f"{datetime.now().astimezone():%z})." in said


TIMEDATECTL = "printf 'Timezone=America/Sao_Paulo\\nLocalRTC=no\\nNTP=%s\\nNTPSynchronized=%s\\n'"
TRACKING = """
Reference ID    : C0A80001 (192.168.0.1)
Stratum         : 3
System time     : {seconds} seconds slow of NTP time
Leap status     : {leap}
"""


@pytest.mark.parametrize(
    ("synchronised", "seconds", "said"),
    [
        ("yes", "0.000012345", "The clock is right to less than a second."),
        (
            "no",
            "12.5",
            "⚠ The clock is **wrong by more than a second**: `12.5 seconds slow of NTP time`.",
        ),
    ],
)
async def test_the_clock_and_chrony(
    install: Install, synchronised: str, seconds: str, said: str
) -> None:
    install("timedatectl", f"{TIMEDATECTL} no {synchronised}")
    leap = "Normal" if synchronised == "yes" else "Not synchronised"
    install("chronyc", f"cat <<'END'{TRACKING.format(seconds=seconds, leap=leap)}END")
    text = text_of(await events_of("is ntp ok"))
    assert said in text
    assert ("**is synchronised**" in text) == (synchronised == "yes")
    assert ("⚠ chrony is **not synchronised**" in text) == (synchronised == "no")
    assert "Time zone: America/Sao\\_Paulo." in text


async def test_where_chrony_does_not_run_the_next_is_asked(install: Install) -> None:
    install("chronyc", "echo '506 Cannot talk to daemon'; exit 1")
    install(
        "ntpq",
        "echo '     remote           refid      st t when poll reach   delay   offset  jitter'; "
        "echo '*203.0.113.1    .GPS.            1 u   33   64  377    0.412   -0.031   0.010'",
    )
    events = await events_of("o relógio está certo?", "pt_BR")
    assert [each.split()[0] for each in ran(events)][-2:] == ["chronyc", "ntpq"]
    assert "Segue `203.0.113.1`; desvio de -0,031 ms." in text_of(events)


async def test_timesyncd_answers_last(alone: Install) -> None:
    alone(
        "timedatectl",
        '[ "$1" = show ] && { printf "NTP=yes\\nNTPSynchronized=yes\\n"; exit; }\n'
        "printf '       Server: 203.0.113.1 (pool.example)\\n       Offset: -1.2ms\\n'",
    )
    said = text_of(await events_of("time sync"))
    assert "| Server | `203.0.113.1 (pool.example)` |" in said
    assert "`-1.2ms`" in said


UPGRADE = """NOTE: This is only a simulation!
Inst base-files [12.4] (12.5 Debian:12.15/oldstable [amd64])
Inst libssl3 [3.0.19-1] (3.0.22-1 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [amd64]) []
Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian-Security:12/oldstable-security [amd64])
Conf base-files (12.5 Debian:12.15/oldstable [amd64])
"""  # noqa: E501 - as it is printed


async def test_updates_for_security_come_first_and_only_once(install: Install) -> None:
    install("apt-get", f"cat <<'END'\n{UPGRADE}END")
    install("apt-mark", "echo docker-ce")
    said = text_of(await events_of("pending updates"))
    assert "⚠ **2 security updates** are not installed." in said
    assert "| `libssl3` | 3.0.19-1 | 3.0.22-1 |" in said
    assert "| `linux-image-6.1.0-40-amd64` |  | 6.1.153-1 |" in said
    assert "One other update." in said
    assert said.count("`libssl3`") == said.count("`base-files`") == 1
    assert "⚠ One package is held" in said


async def test_no_update_is_only_as_true_as_the_lists(install: Install) -> None:
    install("apt-get", "echo '0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.'")
    said = text_of(await events_of("há atualizações pendentes?", "pt_BR"))
    assert said.count("Nenhuma pendente, pelo que dizem as listas de pacotes.") == 2


@pytest.mark.skipif(not Path("/usr/bin/apt-get").exists(), reason="apt-get is not here")
async def test_apt_is_asked_without_a_lock_and_changes_nothing() -> None:
    events = await events_of("pending updates")
    asked = [each for each in ran(events) if each.startswith("apt-get")]
    assert asked == ["apt-get -s -o Debug::NoLocking=true dist-upgrade"] * 2
    assert "Permission was denied" not in text_of(events)


async def test_dnf_answers_where_there_is_no_apt(alone: Install) -> None:
    alone(
        "dnf",
        'case "$*" in *security) echo "FEDORA-2026-1a Important/Sec. openssl-3.2.1-2.fc40.x86_64";;'
        ' *) echo "bash.x86_64    5.2.26-3.fc40    updates"; exit 100;; esac',
    )
    said = text_of(await events_of("pending updates"))
    assert "| `openssl-3.2.1-2.fc40.x86_64` | Important/Sec. | FEDORA-2026-1a |" in said
    assert "| `bash.x86_64` | 5.2.26-3.fc40 |" in said


def _boot(install: Install, folder: Path, *, newer: bool, asked: bool) -> None:
    """Let `find` look into a folder in place of `/boot` and `/run`."""
    (folder / "boot").mkdir()
    (folder / "run").mkdir()
    running = folder / "boot" / "vmlinuz-6.1.0-18-amd64"
    running.touch()
    os.utime(running, (1_000_000_000, 1_000_000_000))
    if newer:
        (folder / "boot" / "vmlinuz-6.1.0-40-amd64").touch()
    if asked:
        (folder / "run" / "reboot-required").touch()
    install("uname", "echo 6.1.0-18-amd64")
    install(
        "find",
        f'n=$#; while [ $n -gt 0 ]; do a=$1; shift; n=$((n-1)); case "$a" in /var/run/) ;; '
        f'/boot*|/run/*) set -- "$@" "{folder}$a";; *) set -- "$@" "$a";; esac; done; '
        'exec /usr/bin/find "$@"',
    )


async def test_a_newer_kernel_and_a_package_ask_for_a_reboot(
    install: Install, tmp_path: Path
) -> None:
    _boot(install, tmp_path, newer=True, asked=True)
    said = text_of(await events_of("do I need to reboot?"))
    assert "⚠ **A reboot is needed**, since 20" in said
    assert "⚠ **A newer kernel is installed**" in said
    assert "| `6.1.0-40-amd64` |" in said


async def test_no_reboot_is_needed(install: Install, tmp_path: Path) -> None:
    _boot(install, tmp_path, newer=False, asked=False)
    install("needrestart", "printf 'NEEDRESTART-VER: 3.6\\nNEEDRESTART-KSTA: 1\\n'")
    said = text_of(await events_of("preciso reiniciar?", "pt_BR"))
    assert "Nenhum pacote pede" in said
    assert "Nenhum: o mais novo está rodando." in said
    assert "⚠" not in said


async def test_needrestart_names_services_and_the_kernel(install: Install) -> None:
    install(
        "needrestart",
        "printf 'NEEDRESTART-%s\\n' 'KSTA: 3' 'SVC: ssh.service' 'SVC: cron.service'",
    )
    said = text_of(await events_of("is a reboot required"))
    assert "2 services should be restarted." in said
    assert "| `ssh.service` |" in said
    assert "needrestart, too, says that a newer kernel waits" in said


async def test_a_kernel_of_another_system_is_said_to_tell_nothing(install: Install) -> None:
    install("uname", "echo 9.9.9-nowhere")
    said = text_of(await events_of("do I need to reboot?"))
    assert "does not come from this system's `/boot`" in said
    assert "None: the newest one runs." not in said


def _certificate(folder: Path, days: int, name: str) -> Path:
    path = folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", folder / f"{name}.key", "-out", path, "-days", str(days),
         "-subj", f"/CN={name}"],
        check=True, capture_output=True,
    )  # fmt: skip
    return path


needs_openssl = pytest.mark.skipif(
    not Path("/usr/bin/openssl").exists(), reason="openssl is not here"
)


@needs_openssl
@pytest.mark.parametrize(("days", "soon"), [(10, True), (90, False)])
async def test_a_certificate_that_is_named_is_read(tmp_path: Path, days: int, soon: bool) -> None:
    path = _certificate(tmp_path, days, "web.example.com")
    said = text_of(await events_of(f"when does the certificate {path} expire?"))
    assert "web.example.com` |" in said
    assert ("**expires within 30 days, or has expired**" in said) is soon


@needs_openssl
async def test_certificates_are_found_and_the_first_to_expire_stands_first(
    install: Install, tmp_path: Path
) -> None:
    files = [_certificate(tmp_path, days, f"in-{days}") for days in (90, 10)]
    (tmp_path / "no.pem").write_text("no certificate")
    install("find", "\n".join(f"echo {each}" for each in (*files, tmp_path / "no.pem")))
    said = text_of(await events_of("quando vencem os certificados?", "pt_BR"))
    assert "2 certificados, o que vence primeiro no início." in said
    assert said.index("| `CN=in-10` |") < said.index("| `CN=in-90` |")
    assert "⚠ `CN=in-10` **vence em até 30 dias, ou já venceu**" in said
    assert "⚠ `CN=in-90`" not in said


@contextmanager
def _server(certificate: Path) -> Iterator[str]:
    """Run a server that shows a certificate; yield its port."""
    with subprocess.Popen(
        ["openssl", "s_server", "-accept", "127.0.0.1:0", "-www", "-cert", certificate,
         "-key", certificate.with_suffix(".key")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            accepts = next(line for line in server.stdout if line.startswith("ACCEPT"))
            yield accepts.strip().rpartition(":")[2]
        finally:
            server.terminate()


@needs_openssl
async def test_a_server_shows_its_certificate(tmp_path: Path) -> None:
    with _server(_certificate(tmp_path, 10, "localhost")) as port:
        said = text_of(await events_of(f"is the certificate of localhost:{port} valid?"))
    assert f"**What `localhost` shows at port `{port}`**" in said
    assert "| `CN = localhost` |" in said.replace("CN=", "CN = ")
    assert "GMT |" in said
    assert "⚠ This machine trusts nobody who issued it" in said


@needs_openssl
async def test_a_server_that_is_not_there_has_no_certificate() -> None:
    said = text_of(await events_of("is the certificate of localhost port 1 valid?"))
    assert "⚠ No connection to port `1` of `localhost`" in said


OOM = """2026-11-28T10:00:00+0000 db1 kernel: Memory cgroup out of memory: Killed process 99 (java) total-vm:9kB, anon-rss:2048kB, file-rss:0kB
2026-11-28T11:00:00+0000 db1 kernel: Out of memory: Killed process 77 (mysqld) total-vm:9kB, anon-rss:1024kB, file-rss:0kB
"""  # noqa: E501 - as it is printed


async def test_what_the_kernel_killed_and_why(install: Install) -> None:
    install("journalctl", f"cat <<'END'\n{OOM}END")
    said = text_of(await events_of("did the oom killer strike?"))
    assert "⚠ 2 programs were killed in the last 7 days." in said
    assert "| 2026-11-28T10:00:00+0000 | java | 99 | 2.0 MiB |" in said
    assert "java (2026-11-28T10:00:00+0000) reached the limit of its own container" in said
    assert "mysqld (" not in said


async def test_services_that_lost_a_process(install: Install) -> None:
    install(
        "journalctl",
        'case "$*" in *-k*) exit 1;; esac; echo "2026-11-28T10:00:00+0000 db1 systemd[1]: '
        'app.service: A process of this unit has been killed by the OOM killer."',
    )
    said = text_of(await events_of("algum processo foi morto?", "pt_BR"))
    assert "Nenhum nos últimos 7 dias." in said
    assert "`app.service: A process of this unit has been killed by the OOM killer.`" in said


async def test_read_only_mounts_and_what_the_kernel_said_of_them(install: Install) -> None:
    install(
        "cat",
        "printf '/dev/sda1 / ext4 rw,relatime 0 0\\n/dev/sdb1 /srv ext4 ro,relatime 0 0\\n"
        "/dev/loop0 /snap/x squashfs ro 0 0\\nproc /proc/sys proc ro,nosuid 0 0\\n'",
    )
    install("findmnt", "exit 1")
    line = "2026-11-28T10:00:00+0000 db1 kernel: EXT4-fs (sdb1): Remounting filesystem read-only"
    install("journalctl", f"echo '{line}'")
    said = text_of(await events_of("which disks are read-only?"))
    assert "⚠ One file system is read-only." in said
    assert "| `/srv` | `/dev/sdb1` | ext4 |" in said
    assert "squashfs" not in said
    assert "became so by hand, or after an error" in said
    assert "| `EXT4-fs (sdb1): Remounting filesystem read-only` | 1 |" in said


async def test_the_path_of_a_read_only_error_is_looked_up(install: Install) -> None:
    install("findmnt", "echo '/srv /dev/sdb1 ext4 ro,relatime'")
    text = "touch: cannot touch '/srv/x y': Sistema de arquivos somente para leitura"
    events = await events_of(text, "pt_BR")
    assert "findmnt -n -o TARGET,SOURCE,FSTYPE,OPTIONS -T '/srv/x y'" in ran(events)
    assert "⚠ `/srv` está montado **somente leitura**." in text_of(events)


async def test_who_holds_the_lock_of_dpkg(install: Install) -> None:
    install(
        "lslocks",
        "printf 'cron 5 /run/crond.pid\\nunattended-upgr 812 /var/lib/dpkg/lock-frontend\\n'",
    )
    said = text_of(await events_of("o apt está travado", "pt_BR"))
    assert "Uma trava está em uso." in said
    assert "| unattended-upgr | 812 | `/var/lib/dpkg/lock-frontend` |" in said
    assert "crond" not in said

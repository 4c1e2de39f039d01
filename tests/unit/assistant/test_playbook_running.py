"""Playbooks at work: real processes, some of them small scripts under the names of tools."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from ipcom_chat.assistant.base import (
    CommandFinished,
    CommandStarted,
    Question,
)
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_loading import load_playbook
from ipcom_chat.assistant.playbook_matching import match
from ipcom_chat.assistant.playbook_running import PlaybookRun
from ipcom_chat.assistant.wording import Wording
from ipcom_chat.i18n import Language
from tests.support.playbooks import SHIPPED, events_of, nothing_known, question_of, ran, text_of
from tests.support.tools import Install, alone, install

__all__ = ["alone", "install"]


def _own(tmp_path: Path, steps: str) -> tuple[Playbook, ...]:
    path = tmp_path / "own.toml"
    path.write_text(
        'id = "own"\ntitle = { en = "Own", pt = "Meu" }\nintents.en = ["go"]\n' + steps,
        encoding="utf-8",
    )
    return (load_playbook(path),)


async def test_every_command_is_told_when_it_starts_and_ends() -> None:
    events = await events_of("uptime")
    commands = [each for each in events if isinstance(each, CommandStarted | CommandFinished)]
    assert len(commands) >= 6
    for started, finished in zip(commands[::2], commands[1::2], strict=True):
        assert isinstance(started, CommandStarted)
        assert isinstance(finished, CommandFinished)
        assert (started.call_id, started.command) == (finished.call_id, finished.command)
    assert len({each.call_id for each in commands}) == len(commands) / 2


async def test_an_open_port_is_found_with_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = text_of(await events_of(f"who is listening on port {port}?"))
    assert f"Port `{port}` is in use." in said
    assert "`127.0.0.1`" in said
    assert str(os.getpid()) in said


async def test_a_free_port_is_said_to_be_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = text_of(await events_of(f"quem usa a porta {port}?", "pt_BR"))
    assert f"Nada escuta na porta `{port}`." in said


async def test_netstat_stands_in_for_ss(alone: Install) -> None:
    alone("netstat", "echo 'tcp  0  0 0.0.0.0:22  0.0.0.0:*  LISTEN  812/sshd'")
    events = await events_of("which ports are open")
    assert ran(events) == ["netstat -tulpn"]
    assert "| 22 | tcp | `0.0.0.0` | sshd | 812 |" in text_of(events)


@pytest.mark.parametrize(("user", "is_told"), [(1000, True), (0, False)])
async def test_only_who_is_not_root_is_told_to_be_it(
    alone: Install, monkeypatch: pytest.MonkeyPatch, user: int, is_told: bool
) -> None:
    alone("netstat", "echo 'tcp  0  0 0.0.0.0:22  0.0.0.0:*  LISTEN  -'")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    said = text_of(await events_of("which ports are open"))
    assert "Where no program is named" in said
    assert ("as root" in said) == is_told


async def test_a_missing_tool_is_said_with_its_package(alone: Install) -> None:
    events = await events_of("which ports are open")
    assert ran(events) == []
    assert "none of `ss`, `netstat` is installed" in text_of(events)
    assert "`iproute2`" in text_of(events)


async def test_the_disk_is_described_in_portuguese() -> None:
    said = text_of(await events_of("uso de disco", "pt_BR"))
    assert "### Espaço em disco" in said
    assert "| Montado em | Usado | Livre |" in said


async def test_a_full_disk_is_pointed_out(install: Install) -> None:
    install("df", "echo '/dev/sda1 ext4 1000000 990000 10000 99% /var'")
    said = text_of(await events_of("disk usage"))
    assert "⚠ `/var` is **full or nearly full**: 99 % used, 9.8 MiB free." in said


async def test_what_fills_a_folder(tmp_path: Path) -> None:
    (tmp_path / "big").mkdir()
    (tmp_path / "big" / "file").write_bytes(os.urandom(3 << 20))
    said = text_of(await events_of(f"what is filling {tmp_path}?"))
    assert f"`{tmp_path}/big`" in said
    assert "3.0 MiB" in said
    assert "No single file there is larger than 100 MiB." in said


async def test_memory_of_this_machine() -> None:
    said = text_of(await events_of("memória livre", "pt_BR"))
    assert "GiB" in said
    assert "disponíveis" in said
    assert "Quem usa mais memória" in said


async def test_oom_kills_are_counted(install: Install) -> None:
    line = "2026-01-02T03:04:05+0000 db1 kernel: Out of memory: Killed process 77 (mysqld) total-vm"
    install("journalctl", f"echo '{line}'")
    said = text_of(await events_of("oom"))
    assert "⚠ One program was killed in the last 7 days." in said
    assert "| 2026-01-02T03:04:05+0000 | mysqld | 77 |" in said


async def test_failed_units(install: Install) -> None:
    install("systemctl", "echo '● nginx.service loaded failed failed A web server'")
    said = text_of(await events_of("quais serviços falharam", "pt_BR"))
    assert "⚠ Uma unidade falhou." in said
    assert "| `nginx.service` | failed | A web server |" in said


async def test_no_failed_unit(install: Install) -> None:
    install("systemctl", "true")
    assert "No unit has failed." in text_of(await events_of("which services failed"))


async def test_without_systemd_it_says_so(install: Install) -> None:
    body = "echo 'System has not been booted with systemd as init system (PID 1).' >&2; exit 1"
    install("systemctl", body)
    events = await events_of("which services failed")
    assert "does not run systemd" in text_of(events)
    assert [each.exit_code for each in events if isinstance(each, CommandFinished)] == [1]


async def test_one_unit_with_state_and_log(install: Install) -> None:
    install(
        "systemctl",
        "printf 'LoadState=loaded\\nActiveState=failed\\nSubState=failed\\nResult=exit-code\\n"
        "UnitFileState=disabled\\n'",
    )
    install("journalctl", 'echo "log of $*"')
    said = text_of(await events_of("por que o nginx não inicia?", "pt_BR"))
    assert "⚠ `nginx` **falhou**." in said
    assert "Não está habilitada" in said
    assert "A última execução não terminou bem" in said
    assert "-u nginx" in said


async def test_an_unknown_unit(install: Install) -> None:
    install("systemctl", "printf 'LoadState=not-found\\nActiveState=inactive\\n'")
    said = text_of(await events_of("nginx status"))
    assert "systemd knows no unit called `nginx`" in said
    assert "not running" not in said


async def test_journal_errors_are_grouped(install: Install) -> None:
    lines = "\\n".join(
        f"2026-01-02T03:04:0{n}+0000 db1 app[{n}]: it broke <b>[x](y)" for n in range(3)
    )
    install("journalctl", f"printf '{lines}\\n'")
    said = text_of(await events_of("recent errors in the log"))
    assert "| app | `it broke <b>[x](y)` | 2026-01-02T03:04:02+0000 | 3 |" in said


async def test_hidden_entries_of_the_journal_are_mentioned(install: Install) -> None:
    install(
        "journalctl",
        "echo 'Hint: You are currently not seeing messages from other users and the system.'; "
        "echo '-- No entries --'",
    )
    said = text_of(await events_of("recent errors in the log"))
    assert "No errors since yesterday." in said
    assert "`systemd-journal`" in said


async def test_containers(install: Install) -> None:
    install("docker", "printf 'web\\tnginx:1\\trestarting\\tRestarting (1)\\t80/tcp\\n'")
    said = text_of(await events_of("containers rodando", "pt_BR"))
    assert "⚠ `web` fica reiniciando" in said
    assert "| `web` | restarting | Restarting (1) | `nginx:1` | 80/tcp |" in said


async def test_podman_answers_where_docker_does_not(install: Install) -> None:
    install("docker", "echo 'Cannot connect to the Docker daemon at unix:///x.' >&2; exit 1")
    install("podman", "printf 'db\\tpg:16\\trunning\\tUp 2 hours\\t\\n'")
    events = await events_of("list the containers")
    assert [each.split()[0] for each in ran(events)] == ["docker", "podman"]
    assert "`db`" in text_of(events)
    assert "daemon does not run" not in text_of(events)


async def test_docker_without_its_daemon_or_permission(install: Install) -> None:
    install("docker", "echo 'Cannot connect to the Docker daemon at unix:///x.' >&2; exit 1")
    assert "its daemon does not run" in text_of(await events_of("docker ps"))
    install("docker", "echo 'permission denied while trying to connect' >&2; exit 1")
    assert "members of the group `docker` only" in text_of(await events_of("docker ps"))


FAIL2BAN = r"""
[ -z "$2" ] && { printf 'Status\n|- Number of jail:\t2\n`- Jail list:\tsshd, nginx-auth\n'; exit; }
[ "$2" = sshd ] && banned='203.0.113.9 2001:db8::1' || banned=
printf 'Status for the jail: %s\n|- Filter\n' "$2"
printf '|  |- Currently failed:\t1\n|  |- Total failed:\t15\n'
printf '|  `- File list:\t/var/log/auth.log\n`- Actions\n   |- Currently banned:\t%s\n' \
  "$(echo $banned | wc -w)"
printf '   |- Total banned:\t5\n   `- Banned IP list:\t%s\n' "$banned"
"""


async def test_fail2ban_lists_every_jail(install: Install) -> None:
    install("fail2ban-client", FAIL2BAN)
    events = await events_of("ips banidos no fail2ban", "pt_BR")
    assert ran(events) == [
        "fail2ban-client status",
        "fail2ban-client status sshd",
        "fail2ban-client status nginx-auth",
    ]
    said = text_of(events)
    assert "Há 2 jails ativas; **2** banido(s) agora." in said
    assert "| `sshd` | 2 | 5 | 15 | 203.0.113.9 2001:db8::1 |" in said
    assert "| `nginx-auth` | 0 | 5 | 15 |  |" in said


@pytest.mark.parametrize(
    ("address", "said"),
    [("203.0.113.9", "**is banned** by one jail"), ("203.0.113.90", "is not banned by any jail")],
)
async def test_fail2ban_and_one_address(install: Install, address: str, said: str) -> None:
    install("fail2ban-client", FAIL2BAN)
    assert f"`{address}` {said}" in text_of(await events_of(f"is {address} banned?")).replace(
        "⚠ ", ""
    )


async def test_fail2ban_for_root_only(install: Install) -> None:
    install("fail2ban-client", "echo 'Permission denied to socket: you must be root'; exit 255")
    assert "fail2ban answers root only" in text_of(await events_of("fail2ban"))


async def test_a_jail_with_the_name_of_an_option_is_not_asked(install: Install) -> None:
    install("fail2ban-client", "printf 'Jail list:\\t--help, -x, a;reboot, a b\\n'")
    assert ran(await events_of("fail2ban")) == ["fail2ban-client status"]


async def test_ping_that_answers_and_one_that_does_not(install: Install) -> None:
    install(
        "ping",
        "echo '3 packets transmitted, 3 received, 0% packet loss, time 2003ms'; echo; "
        "echo 'rtt min/avg/max/mdev = 0.1/0.25/0.3/0.1 ms'",
    )
    said = text_of(await events_of("consigo pingar 127.0.0.1?", "pt_BR"))
    assert "`127.0.0.1` **responde**: 3 de 3 pacotes voltaram, 0.25 ms em média." in said
    install("ping", "echo '3 packets transmitted, 0 received, 100% packet loss, time 2ms'; exit 1")
    assert "⚠ No answer from `127.0.0.1`" in text_of(await events_of("ping 127.0.0.1"))


async def test_a_name_that_does_not_resolve() -> None:
    said = text_of(await events_of("dns não resolve nada.invalid", "pt_BR"))
    assert "⚠ `nada.invalid` **não resolve** nesta máquina." in said


async def test_port_in_use_says_who_holds_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = text_of(
            await events_of(f"bind() to 127.0.0.1:{port} failed (98: Address already in use)")
        )
    assert f"listen on port `{port}`" in said
    assert str(os.getpid()) in said
    assert "**Usual remedy:**" in said


async def test_permission_denied_shows_every_folder(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    said = text_of(await events_of(f"cat: {closed}/x: Permissão negada", "pt_BR"))
    assert "| `drwx------` |" in said
    assert "não existe nesta máquina" in said
    assert "Nada de `chmod 777`" in said


async def test_connection_refused_is_confirmed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    said = text_of(await events_of(f"connect to 127.0.0.1 port {port}: Connection refused"))
    assert f"Confirmed: port `{port}` of `127.0.0.1` **refuses** connections." in said
    assert f"Nothing listens on port `{port}` of **this** machine" in said


async def test_command_not_found_names_the_package(install: Install) -> None:
    install("apt-file", "echo 'htop: /usr/bin/htop'")
    said = text_of(await events_of("bash: nosuchtool: command not found"))
    assert "`nosuchtool` is not installed" in said
    assert "in none of the usual folders" in said


async def test_package_lock_shows_its_holder() -> None:
    said = text_of(
        await events_of(f"E: Could not get lock /var/x. It is held by process {os.getpid()}")
    )
    assert f"| {os.getpid()} |" in said


async def test_output_that_no_table_knows_is_shown_as_it_is(install: Install) -> None:
    install("free", "echo 'strange ``` \033[31moutput'")
    said = text_of(await events_of("swap"))
    assert "````text\nstrange ``` output\n````" in said


async def test_a_command_that_fails_silently_is_said(install: Install) -> None:
    install("systemctl", "exit 4")
    said = text_of(await events_of("which services failed"))
    assert "The command ended with exit code 4." in said
    assert "No unit has failed." not in said


async def test_a_slow_command_is_stopped_and_what_it_said_is_shown(tmp_path: Path) -> None:
    steps = """
[[steps]]
time_limit_s = 0.3
[[steps.commands]]
argv = ["tail", "-f", "/etc/hostname"]
"""
    events = await events_of("go", playbooks=_own(tmp_path, steps))
    assert [each.exit_code for each in events if isinstance(each, CommandFinished)] == [124]
    assert "Stopped after 0.3 s" in text_of(events)
    assert "```text" in text_of(events)


async def test_long_output_is_cut_and_it_is_said(tmp_path: Path) -> None:
    steps = '[[steps]]\n[[steps.commands]]\nargv = ["seq", "1", "100000"]\nlines = 2\n'
    said = text_of(await events_of("go", playbooks=_own(tmp_path, steps)))
    assert "```text\n1\n2\n```" in said
    assert "more lines are not shown." in said
    assert "its middle is missing" in said


async def test_a_folder_that_is_gone_keeps_no_check_from_running() -> None:
    events = await events_of("uptime", cwd="/no/such/folder")
    assert all(each.exit_code == 0 for each in events if isinstance(each, CommandFinished))


async def test_d116_a_stopped_command_is_handed_over(tmp_path: Path, install: Install) -> None:
    written = tmp_path / "written"
    install("slow-check", f"echo found; touch {written}; exec sleep 600")
    steps = '[[steps]]\n[[steps.commands]]\nargv = ["slow-check", "-v"]\n'
    stopped: list[CommandFinished] = []
    started = asyncio.Event()
    question = Question(
        text="go", language="en", cwd="/", recall=nothing_known, on_stopped=stopped.append
    )
    run = PlaybookRun(match(_own(tmp_path, steps), "go")[0], question, Wording("en"))

    async def read() -> None:
        async for event in run.events():
            if isinstance(event, CommandStarted):
                started.set()

    task = asyncio.create_task(read())
    await started.wait()
    while not written.exists():
        assert not task.done()
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(each.command, each.exit_code) for each in stopped] == [("slow-check -v", 143)]
    assert stopped[0].output == "found\n"


async def test_at_most_twenty_jails_are_asked(install: Install) -> None:
    jails = ", ".join(f"jail{n}" for n in range(30))
    install("fail2ban-client", f"echo 'Jail list: {jails}'")
    events = await events_of("fail2ban")
    assert len(ran(events)) == 21
    assert "Only the first 20 were looked at." in text_of(events)


async def test_one_missing_program_without_a_package(tmp_path: Path) -> None:
    steps = '[[steps]]\n[[steps.commands]]\nargv = ["nosuchtool"]\n'
    said = text_of(await events_of("go", playbooks=_own(tmp_path, steps)))
    assert said.strip().endswith("`nosuchtool` is not installed on this machine.")


async def test_a_command_without_output_is_said(tmp_path: Path) -> None:
    steps = '[[steps]]\n[[steps.commands]]\nargv = ["true"]\n'
    said = text_of(await events_of("go", playbooks=_own(tmp_path, steps)))
    assert said.endswith("The command printed nothing.\n\n")
    steps = steps.replace("[[steps]]\n", "[[steps]]\noptional = true\n")
    assert text_of(await events_of("go", playbooks=_own(tmp_path, steps))).strip() == "### Own"


async def test_a_path_of_the_question_is_one_argument(tmp_path: Path) -> None:
    odd = tmp_path / "a; touch evil $(touch evil)"
    odd.mkdir()
    events = await events_of(f'tamanho de "{odd}"')
    assert any(f"'{odd}'" in command for command in ran(events))
    assert not _exists(tmp_path / "evil")
    assert not _exists(Path("/evil"))


@pytest.mark.parametrize("playbook", SHIPPED, ids=lambda each: each.id)
@pytest.mark.parametrize("language", ["en", "pt_BR"])
async def test_every_shipped_playbook_runs_on_a_machine_with_no_tools(
    alone: Install, playbook: Playbook, language: Language
) -> None:
    found = match([playbook], playbook.says[0] if playbook.says else _example(playbook))[0]
    run = PlaybookRun(found, question_of("x"), Wording(language))
    said = text_of([event async for event in run.events()])
    assert said.startswith(f"### {playbook.title.spoken(language)}")
    assert len(said.strip().split("\n")) > 1
    assert "{" not in said.replace("{{.", "")


def _exists(path: Path) -> bool:
    return path.exists()


def _example(playbook: Playbook) -> str:
    examples = {
        "dns": "dns example.org",
        "reach": "ping 10.0.0.1",
        "unit": "nginx status",
        "disk-fill": "biggest files",
    }
    if playbook.id in examples:
        return examples[playbook.id]
    groups = playbook.intents.en[0].split(" + ")
    return " ".join(group.split("|")[0] for group in groups)


async def test_a_step_for_each_of_nothing_is_left_out(tmp_path: Path) -> None:
    """Nothing was found for it and its author did not say `when`: the answer goes on."""
    steps = (
        "[[steps]]\n[[steps.commands]]\nargv = ['echo', '---']\n"
        "[steps.provides.jail]\nkind = 'name'\npattern = '(\\w+)'\n"
        "[[steps]]\nfor_each = 'jail'\n[[steps.commands]]\nargv = ['echo', '{jail}']\n"
        "[[remedy]]\nen = 'Done.'\npt = 'Pronto.'\n"
    )
    events = await events_of("go", playbooks=_own(tmp_path, steps))
    assert ran(events) == ["echo ---"]
    assert text_of(events).endswith("Done.\n\n")

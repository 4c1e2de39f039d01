"""What the Ansible role says agrees with the rest of the repository.

The role itself is run by hand (docs/operations.md): Ansible is no dependency.
"""

import re
from pathlib import Path

from ipcom_chat import __version__
from ipcom_chat.setting_definitions import KNOWN

DEPLOY = Path(__file__).parents[2] / "deploy"
ROLE = DEPLOY / "ansible" / "roles" / "ipcom_chat"


def tasks() -> str:
    return "".join(file.read_text() for file in ROLE.glob("tasks/*.yml"))


def test_the_version_is_the_one_of_the_wheel() -> None:
    for file in (ROLE / "defaults" / "main.yml", DEPLOY / "ansible" / "inventory.example.yml"):
        assert re.findall(r'ipcom_chat_version: "(.*)"', file.read_text()) == [__version__]


def test_every_unit_that_it_brings_is_there() -> None:
    texts = tasks()
    listed = re.compile(r"^ +- (ipcom-chat\S*\.(?:service|timer|service\.d))$", re.MULTILINE)
    named = set(listed.findall(texts))
    assert {"ipcom-chat-sync@.service", "ipcom-chat-web.service"} <= named
    assert [name for name in named if not (DEPLOY / "systemd" / name).exists()] == []


def test_its_settings_exist() -> None:
    template = (ROLE / "templates" / "config.toml.j2").read_text()
    for name in ("database_url", "auth_token_file"):
        assert f"{name} = " in template
        assert f"turso.{name}" in KNOWN


def test_each_account_is_known_not_the_last_one_alone() -> None:
    """A fact of getent holds what was asked for last."""
    assert "ansible_facts.getent_passwd[" not in tasks()
    known = "map(attribute='ansible_facts.getent_passwd') | combine"
    assert known in (ROLE / "tasks" / "main.yml").read_text()


def test_settings_are_written_where_they_are_put_back() -> None:
    """By the block whose rescue does that, not by the installation before it."""
    assert "config.toml.j2" not in (ROLE / "tasks" / "install.yml").read_text()
    assert "config.toml.j2" in (ROLE / "tasks" / "change-over.yml").read_text()


def test_the_waves_stop_at_the_first_host_that_fails() -> None:
    play = (DEPLOY / "ansible" / "roll-out.yml").read_text()
    assert "[10, 50, 150, 300]" in play
    assert "max_fail_percentage: 0\n" in play

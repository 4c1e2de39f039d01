"""The documentation of the command line is complete."""

from pathlib import Path

import click
import msgspec

from ipcom_chat.cli.root import root
from ipcom_chat.domain.people import Heartbeat, Machine, User
from ipcom_chat.services.exports import FIELDS
from ipcom_chat.services.health import Check
from ipcom_chat.services.history import DayCount, EntryStats
from ipcom_chat.services.sync import SyncStatus
from ipcom_chat.storage.sync_state import Parked, Subscription
from ipcom_chat.sync.exchanges import Progress
from ipcom_chat.sync.verify import Compared
from tests.cli.conftest import Env
from tests.support.cli import add_entries, run_cli

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")


def test_every_verb_and_option_is_documented() -> None:
    group = root()
    context = click.Context(group)
    for noun in group.list_commands(context):
        assert f"`{noun}" in PAGE, noun
        command = group.get_command(context, noun)
        assert command is not None
        verbs = command.commands if isinstance(command, click.Group) else {}
        for verb in verbs:
            assert verb in PAGE, (noun, verb)
        for each in (group, command, *verbs.values()):
            for option in each.params:
                if isinstance(option, click.Option):
                    assert option.opts[0] in PAGE, option.opts


def test_every_field_is_documented(env: Env) -> None:
    add_entries(env, {})
    run_cli(["machine", "register"], env)
    records: tuple[type[msgspec.Struct], ...] = (
        User, Machine, EntryStats, DayCount, Check, Heartbeat, SyncStatus, Parked, Subscription,
        Progress, Compared,
    )  # fmt: skip
    fields = {name for record in records for name in record.__struct_fields__} | set(FIELDS)
    for argv in (
        ["history", "list"], ["config", "list"], ["doctor"], ["machine", "list"],
    ):  # fmt: skip
        fields |= set(run_cli([*argv, "--json"], env).json()[0])
    fields |= set(run_cli(["config", "path", "--json"], env).json())
    assert sorted(name for name in fields if f"`{name}`" not in PAGE) == []

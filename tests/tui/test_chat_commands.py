"""The slash commands: each does what it says, and what goes wrong is one line."""

import stat
from pathlib import Path

import pytest
from textual import events

from ipcom_chat.assistant.base import CommandFinished, CommandStarted, TextDelta
from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import NotFoundError
from ipcom_chat.logs import close_log
from ipcom_chat.meaning.texts import DIMENSION, MODEL, text_hash
from ipcom_chat.meaning.wire import VECTORS
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from ipcom_chat.storage.vectors import Vector, VectorMark, open_vectors
from ipcom_chat.tui.commands import Commands, chat_commands
from tests.support.chat_app import harness, running_chat


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home folder in whose history `ana` is a user and `rui` was one."""
    runtime = Runtime(load({"HOME": str(tmp_path)}))
    for username in ("ana", "rui"):
        runtime.users.create(username, "Some Body", f"{username}@example.org")
    runtime.users.deactivate("rui")
    runtime.close()
    return tmp_path


async def test_help_names_every_command_and_the_keys(home: Path) -> None:
    async with running_chat(home, size=(100, 60)) as (chat, pilot):
        await chat.send(pilot, "/help")
        await chat.idle(pilot)

        assert all(f"/{command.name}" in chat.text for command in chat_commands())
        assert "cancel what runs; twice: empty the prompt" in chat.text


async def test_clear_begins_a_new_conversation_and_says_so(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        for text in ("one", "two"):
            chat.assistant.give(text, TextDelta("answer"), None)
        await chat.send(pilot, "one")
        await chat.idle(pilot)
        await chat.send(pilot, "/clear")
        await chat.idle(pilot)
        assert chat.text.startswith("· A new conversation")
        await chat.send(pilot, "two")
        await chat.idle(pilot)

        assert chat.assistant.asked[1].conversation == ()


async def test_clear_and_retry_wait_for_the_answer(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "why?")
        await chat.send(pilot, "/clear")
        await chat.until(pilot, "✗ An answer is still arriving; ESC cancels it.")
        await chat.send(pilot, "/retry")
        await pilot.pause(0.1)

        assert chat.text.count("✗ An answer is still arriving") == 2
        assert len(chat.assistant.asked) == 1


async def test_history_opens_the_history_searched_for_the_words(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "/history nginx refused")
        await chat.found(pilot)

        assert chat.history.line.value == "nginx refused"


async def test_status_says_who_where_and_with_what(home: Path) -> None:
    async with running_chat(home, size=(200, 40), user="ana") as (chat, pilot):
        chat.assistant.give("why?", None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        await chat.send(pilot, "/status")
        await chat.until(pilot, "Status")

        replica = str(chat.runtime.settings.paths.replica)
        said = ("ana (Some Body)", "scripted", "off: everything stays on this machine", replica)
        assert all(text in chat.text for text in (*said, "one entry,", "completed: 1"))


async def test_mode_holds_for_the_next_question(home: Path) -> None:
    async with running_chat(home, user="ana") as (chat, pilot):
        modes = []
        for name in ("machine", "user", "hybrid", "global", "local"):
            await chat.send(pilot, f"/mode {name}")
            await chat.idle(pilot)
            modes.append(chat.service.context.origin.mode)
            assert chat.service.context.scope.mode is modes[-1]
        assert modes == [Mode.MACHINE, Mode.USER, Mode.HYBRID, Mode.GLOBAL, Mode.MACHINE]
        assert "this machine" in chat.status_text
        chat.assistant.give("why?", None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)

        assert (await chat.stored()).mode is Mode.MACHINE


async def test_mode_refuses_what_makes_no_sense(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "/mode user")
        await chat.until(pilot, "✗ The mode 'user' needs a user. Say who you are: /user USERNAME")
        await chat.send(pilot, "/mode everywhere")
        await chat.until(pilot, "✗ There is no mode 'everywhere'.")

        assert chat.service.context.origin.mode is Mode.GLOBAL


async def test_user_changes_who_asks(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "/user ana")
        await chat.until(pilot, "You are ana: Some Body, ana@example.org.")
        await chat.idle(pilot)
        assert "ana" in chat.status_text
        chat.assistant.give("why?", None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        assert (await chat.stored()).user_id == chat.service.context.scope.user_id is not None
        await chat.send(pilot, "/mode user")
        await chat.idle(pilot)
        await chat.send(pilot, "/user none")
        await chat.until(pilot, "✗ The mode 'user' needs a user. Change the mode first")
        await chat.send(pilot, "/mode global")
        await chat.idle(pilot)
        await chat.send(pilot, "/user none")
        await chat.until(pilot, "No user: entries name the account")

        assert chat.service.context.origin.user_id is None


@pytest.mark.parametrize(
    ("username", "reason"),
    [("nobody-here", "There is no user 'nobody-here'."), ("rui", "The user 'rui' is not active.")],
)
async def test_d49_user_refuses_who_cannot_write(home: Path, username: str, reason: str) -> None:
    async with running_chat(home, size=(200, 40)) as (chat, pilot):
        await chat.send(pilot, f"/user {username}")
        await chat.until(pilot, f"✗ {reason}")

        assert chat.service.context.origin.user_id is None


async def test_a_question_typed_right_after_user_is_not_asked_as_somebody_else(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        # As from a quick typist or a script: all keys wait before anything has begun.
        for letter in "/user ana\r/mode user\rwhy?\r":
            key = {"\r": "enter", " ": "space", "/": "slash", "?": "question_mark"}
            chat.app.post_message(events.Key(key.get(letter, letter), letter))
        await chat.until(pilot, "Mode user: what you ask belongs to the history of ana.")
        await chat.idle(pilot)
        assert chat.screen.prompt.text == "why?"
        await pilot.press("enter", "escape")
        await chat.idle(pilot)
        entry = await chat.stored()

        assert (entry.user_id, entry.mode) == (chat.service.context.scope.user_id, Mode.USER)


async def test_private_keeps_entries_here(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "/private")
        await chat.until(pilot, "Private: what you ask stays in this history file.")
        await chat.idle(pilot)
        assert "private" in chat.status_text
        chat.assistant.give("why?", None)
        await chat.send(pilot, "why?")
        await chat.idle(pilot)
        assert (await chat.stored()).private
        await chat.send(pilot, "/private off")
        await chat.idle(pilot)
        assert not chat.service.context.origin.private
        await chat.send(pilot, "/private maybe")
        await chat.until(pilot, "✗ /private takes on, off")


async def test_good_and_bad_are_of_the_last_answer_or_of_an_id(home: Path) -> None:
    async with running_chat(home, size=(100, 40), user="ana") as (chat, pilot):
        await chat.send(pilot, "/good")
        await chat.until(pilot, "✗ Nothing was answered yet")
        chat.assistant.give("one", TextDelta("x"), None)
        await chat.send(pilot, "one")
        await chat.idle(pilot)
        one = (await chat.stored()).id[-12:-6]
        chat.assistant.give("two", RuntimeError("no answer, nothing to vote on"))
        await chat.send(pilot, "two")
        await chat.idle(pilot)
        await chat.send(pilot, "/good")
        await chat.until(pilot, f"{one}: 1 good, 0 bad.")
        await chat.send(pilot, f"/bad {one}")
        await chat.until(pilot, f"{one}: 0 good, 1 bad.")
        await chat.send(pilot, "/bad zz")
        await chat.until(pilot, "✗ No entry has the id 'zz'")


@pytest.mark.parametrize("command", ["redact", "delete"])
async def test_an_entry_is_taken_out_by_its_id_only(home: Path, command: str) -> None:
    async with running_chat(home, size=(100, 40)) as (chat, pilot):
        await chat.send(pilot, f"/{command}")
        await chat.until(pilot, "✗ Nothing was answered yet")
        chat.assistant.give("one", TextDelta("an answer"), None)
        await chat.send(pilot, "one")
        await chat.idle(pilot)
        entry = await chat.stored()
        short_id = entry.id[-12:-6]
        vectors = open_vectors(chat.runtime.settings.paths.meaning / VECTORS, MODEL, DIMENSION)
        vectors.put([Vector(1, text_hash(entry.command), b"code", b"vector")], (), VectorMark())
        await chat.send(pilot, f"/{command}")
        await chat.until(pilot, f"✗ Say which one: /{command} {short_id} is “one”.")
        assert (await chat.stored()).response == "an answer"
        await chat.send(pilot, f"/{command} {short_id}")
        if command == "delete":
            await chat.until(pilot, "Deleted one entry.")
            with pytest.raises(NotFoundError):
                await chat.stored()
        else:
            await chat.until(pilot, "Blanked one entry.")
            found = await chat.stored()
            assert (found.command, found.response) == ("", None)
        assert vectors.count() == 0, "what says the same as the text is gone with it"
        vectors.close()
        await chat.send(pilot, f"/{command} zz")
        await chat.until(pilot, "✗ No entry has the id 'zz'")


async def test_export_writes_this_session_only_and_replaces_nothing(home: Path) -> None:
    with harness(home) as other:
        async with other.app.run_test() as pilot:
            other.assistant.give("from another session", None)
            await other.send(pilot, "from another session")
            await other.idle(pilot)
        await other.service.close()
    target = home / "talk.md"
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "/export")
        await chat.until(pilot, "✗ Nothing was asked in this session yet.")
        chat.assistant.give(
            "why?\nsecond line",
            CommandStarted(call_id="1", command="cat x"),
            CommandFinished(call_id="1", command="cat x", output="```\nevil\n", exit_code=1,
                            duration_ms=1),
            TextDelta("**Because** \x1b]0;T\x07of it."),
            None,
        )  # fmt: skip
        await chat.send(pilot, "why?\nsecond line")
        await chat.idle(pilot)
        await chat.send(pilot, f"/export {target}")
        await chat.until(pilot, "Wrote one question to")
        written = target.read_text()
        await chat.send(pilot, f"/export {target}")
        await chat.until(pilot, "exists already; give another name.")

    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert target.read_text() == written
    assert "## why? second line\n" in written
    assert "````console\n$ cat x\n```\nevil\n[exit 1]\n````\n" in written
    assert "**Because** of it.\n" in written
    assert "another session" not in written


async def test_export_without_a_name_writes_into_the_working_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home)
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, "why?")
        await pilot.press("escape")
        await chat.idle(pilot)
        await chat.send(pilot, "/export")
        await chat.until(pilot, "Wrote one question to")
        await chat.send(pilot, "/export ~nobody-here/x.md")
        await chat.until(pilot, "✗ There is no folder ~nobody-here/x.md.")

    assert "*cancelled*" in written_file(home)


def written_file(folder: Path) -> str:
    (path,) = folder.glob("ipcom-chat-*.md")
    return path.read_text()


async def test_debug_writes_details_to_the_log_and_says_where(home: Path) -> None:
    async with running_chat(home, size=(160, 40)) as (chat, pilot):
        path = chat.runtime.settings.paths.log_file
        await chat.send(pilot, "/debug")
        await chat.until(pilot, f"The log now has all details: {path}")
        await chat.send(pilot, "/debug")
        await chat.until(pilot, f"The log has only what matters again: {path}")
        path.unlink()
        path.mkdir()
        await chat.send(pilot, "/debug")
        await chat.until(pilot, "✗ The log cannot be written:")
    close_log()


@pytest.mark.parametrize("text", ["/exit", "/quit"])
async def test_exit_leaves(home: Path, text: str) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, text)
        await pilot.pause(0.1)

        assert chat.app.return_value == 0


async def test_o28_a_message_that_starts_with_a_path_is_a_message(home: Path) -> None:
    async with running_chat(home) as (chat, pilot):
        for text in ("/etc", "/etc/nginx/nginx.conf: test failed", "/usr/bin/foo"):
            await chat.send(pilot, text)
            await pilot.press("escape")
            await chat.idle(pilot)

            assert (await chat.stored()).command == text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("/hlep", "There is no command /hlep. Did you mean /help?"),
        ("/xyzzy", "There is no command /xyzzy; /help shows all."),
    ],
)
async def test_an_unknown_command_is_not_asked(home: Path, typed: str, said: str) -> None:
    async with running_chat(home) as (chat, pilot):
        await chat.send(pilot, typed)
        await chat.until(pilot, f"✗ {said}")

        assert chat.conversation.last_id is None


async def test_a_fault_in_a_command_is_one_line_with_the_place_of_the_log(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(self: Commands, argument: str) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Commands, "_help", broken)
    async with running_chat(home, size=(200, 30)) as (chat, pilot):
        await chat.send(pilot, "/help")
        await chat.until(pilot, "✗ The command met an unexpected fault; details are in")
        await chat.idle(pilot)

        assert str(chat.runtime.settings.paths.log_file) in chat.text
        assert chat.app.is_running

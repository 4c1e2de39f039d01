"""What the assistant is sent, and which questions stay private."""

import asyncio
from pathlib import Path

from ipcom_chat.assistant.base import CommandFinished, TextDelta
from ipcom_chat.assistant.knowledge import KnowledgeAssistant
from tests.support.chat import Chat, open_chat
from tests.support.replica import parts

SECRET = "Jabuticaba#77"
ASKED = f"why does mysql -p{SECRET} fail?"
SENT = "why does mysql -p[REDACTED:password] fail?"


async def _answered(chat: Chat, text: str, sent: str, *deltas: str) -> str:
    chat.assistant.give(sent, *(TextDelta(delta) for delta in deltas), None)
    request = chat.service.start(text, lambda _event: None)
    async with asyncio.timeout(20):
        await chat.service.finished(request)
    return request.entry_id


async def test_the_assistant_never_sees_a_secret(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        await _answered(chat, ASKED, SENT, "your pass", f"word: {SECRET}")
        await _answered(chat, "and now?", "and now?", "well")
        first, second = chat.assistant.asked
        assert first.text == SENT
        assert SECRET not in repr(second.conversation)
        assert second.conversation[0].answer == "your password: [REDACTED:password]"


async def test_a_long_question_is_redacted_before_it_is_sent(tmp_path: Path) -> None:
    log = "all is well\n" * 2_000
    async with open_chat(tmp_path) as chat:
        await _answered(chat, f"{log}{ASKED}", f"{log}{SENT}", "yes")
        assert chat.assistant.asked[0].text == f"{log}{SENT}"


async def test_what_is_recalled_for_an_assistant_has_no_secret(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        entry_id = await _answered(
            chat, "which port has postgres here?", "which port has postgres here?", "5432"
        )
        database = chat.runtime._replica.database

        def age() -> None:
            with database.write() as transaction:
                transaction.execute(
                    "UPDATE entries SET response = ?, redaction_response = 0 WHERE id = ?",
                    (f"5432, senha: {SECRET}", entry_id),
                )

        await chat.thread.run(age)
        await _answered(chat, "which port has postgres?", "which port has postgres?", "x")
        recalled = await chat.assistant.asked[-1].recall("which port has postgres here?")
        assert [each.answer for each in recalled if each.entry_id == entry_id] == [
            "5432, senha: [REDACTED:password]"
        ]
        search = chat.assistant.asked[-1].search
        assert search is not None
        found = await search("postgres", 8)
        assert entry_id in [each.entry_id for each in found]
        assert SECRET not in repr(found)


async def test_nothing_of_a_request_is_on_disk_unredacted(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        output = CommandFinished(
            call_id="1", command=f"curl -u ana:{SECRET} https://x", output=f"TOKEN={SECRET}",
            exit_code=0, duration_ms=1, truncated=False,
        )  # fmt: skip
        chat.assistant.give(SENT, output, TextDelta(f"senha: {SECRET}"), None)
        request = chat.service.start(ASKED, lambda _event: None)
        async with asyncio.timeout(20):
            await chat.service.finished(request)
        assert request.text == ASKED, "what the user sees of the question stays"
        path = chat.runtime.settings.paths.replica
        assert not any(SECRET.encode() in part for part in parts(path).values())
        stored = await chat.stored(request.entry_id)
        assert (stored.command, stored.response) == (SENT, "senha: [REDACTED:password]")


async def test_a_leading_blank_keeps_question_and_commands_private(tmp_path: Path) -> None:
    async with open_chat(tmp_path) as chat:
        entry_id = await _answered(chat, " a quiet one", "a quiet one", "ok")
        other_id = await _answered(chat, "a loud one", "a loud one", "ok")
        quiet, loud = await chat.stored(entry_id), await chat.stored(other_id)  # type: ignore[arg-type]
        assert (quiet.command, quiet.private) == ("a quiet one", True)
        assert not loud.private


async def test_a_shared_answer_quotes_nothing_private(tmp_path: Path) -> None:
    asked = "como renovar o certificado do vhost zenith?"
    async with open_chat(tmp_path) as chat:
        await _answered(chat, f" {asked}", asked, "Rode certbot-zenith renew.")
        knowledge = KnowledgeAssistant(tuple)
        chat.service.conversation.clear()
        chat.service.assistant = knowledge
        shared = chat.service.start(asked, lambda _event: None)
        await chat.service.finished(shared)
        kept = chat.service.start(f" {asked}", lambda _event: None)
        await chat.service.finished(kept)
        public, private = await chat.stored(shared.entry_id), await chat.stored(kept.entry_id)
    assert "certbot-zenith" in (private.response or ""), "what stays here may be quoted here"
    assert not public.private
    assert "certbot-zenith" not in (public.response or "")

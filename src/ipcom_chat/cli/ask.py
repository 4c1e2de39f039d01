"""`ask` answers a question on stdout, `retry` an earlier one, `cancel` stops one elsewhere."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Thread
from typing import Any, TypeVar

import click
import msgspec

from ipcom_chat import host
from ipcom_chat.cli import output
from ipcom_chat.cli.ask_approval import ApprovalDesk
from ipcom_chat.cli.ask_input import question_of, typed_part
from ipcom_chat.cli.ask_printing import Events, Printer
from ipcom_chat.cli.base import Verb, json_option
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.entry import Entry, Kind, Status
from ipcom_chat.domain.lifecycle import FINAL, Request
from ipcom_chat.errors import AssistantSetupError, NotFoundError, StorageError, UsageError
from ipcom_chat.formats import status_word
from ipcom_chat.i18n import _, n_
from ipcom_chat.ids import EntryId
from ipcom_chat.runtime import Runtime
from ipcom_chat.services.bridge import StorageThread
from ipcom_chat.services.chat import (
    ApprovalAsked,
    ApprovalClosed,
    ChatEvent,
    ChatService,
    Listener,
    StatusChanged,
    is_kept_private,
)
from ipcom_chat.services.exports import json_text
from ipcom_chat.tui.entry_texts import as_asked

F = TypeVar("F", bound=Callable[..., Any])

RECALLED_MAX = 20
_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def answer_options(command: F) -> F:
    """Add the options that say how a question is answered and shown."""
    options = (
        json_option,
        click.option("--stream", is_flag=True,
                     help=_("With --json: one event a line, as it happens.")),
        click.option("--quiet", "-q", is_flag=True,
                     help=_("Print nothing but the answer and errors.")),
        click.option("--model", metavar=_("VENDOR:NAME"), help=_("Ask this model.")),
        click.option("--no-tools", is_flag=True, help=_("Let the AI answer, and run nothing.")),
        click.option("--context", "recalled", type=click.IntRange(0, RECALLED_MAX), metavar="N",
                     help=_("Show the AI at most N entries of the history (3).")),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    cls=Verb,
    help=_(
        "Answer one question on stdout; all else goes to stderr. '-' reads the question from "
        "stdin; with a question and piped input, the input is added to it."
    ),
)
@answer_options
@click.argument("words", nargs=-1, metavar=_("QUESTION"))
@click.pass_obj
def ask(context: CliContext, /, words: Sequence[str], **how: Any) -> int:
    """Ask, print, and say by the exit code whether there is an answer."""
    _check(how)
    _load_ai(context, how["model"])
    question = question_of(words)
    return _ask(context, question, how, typed=typed_part(words))


@click.command(cls=Verb, help=_("Ask a question of the history again, as a new entry."))
@answer_options
@click.argument("entry_id", metavar=_("ID"))
@click.pass_obj
def retry(context: CliContext, /, entry_id: str, **how: Any) -> int:
    """Make a new entry of a question, and answer it as `ask` does."""
    _check(how)
    _load_ai(context, how["model"])
    entry = _found(context.runtime, entry_id)
    if entry.kind is not Kind.QUESTION or not entry.command:
        raise UsageError(_("{id} is no question that could be asked again.", id=entry_id))
    if entry.status not in FINAL and entry.replica_id == context.runtime.replica_id:
        raise UsageError(
            _("{id} is still being answered; 'ipcom-chat cancel {id}' stops it.", id=entry_id)
        )
    # It was typed at another time, perhaps by somebody else: it attaches no file of today's.
    return _ask(context, as_asked(entry), how, typed="", retry_of=entry.id)


def _check(how: Mapping[str, Any]) -> None:
    if how["stream"] and not how["as_json"]:
        raise UsageError(_("--stream goes with --json; an answer as text streams anyway."))


def _ask(
    context: CliContext,
    question: str,
    how: dict[str, Any],
    *,
    typed: str | None,
    retry_of: EntryId | None = None,
) -> int:
    as_json, stream, quiet = (how.pop(name) for name in ("as_json", "stream", "quiet"))
    context.open_log()
    runtime = context.runtime
    printer = (Events if stream else Printer)(streams=not as_json, quiet=quiet)
    begin(runtime, printer)
    if is_kept_private(question):
        printer.note(_("Private: this question stays on this machine."))
    can_ask = not quiet and not as_json and output.is_asked()
    wished = Wishes(**how, can_ask=can_ask, typed=typed, retry_of=retry_of)
    return asyncio.run(_answer(runtime, question, printer, wished))


class Wishes(msgspec.Struct, frozen=True, kw_only=True):
    """How the person wants the question to be answered."""

    model: str | None
    no_tools: bool
    recalled: int | None
    typed: str | None
    """The question without what came through a pipe; None if nothing did."""
    can_ask: bool
    """Whether somebody is there who can be asked before a command runs."""
    retry_of: EntryId | None = None


def _load_ai(context: CliContext, model: str | None) -> None:
    """Import the packages of the AI, which takes a second, while everything else gets ready."""
    wanted = model or context.settings["ai.model"]
    if wanted and context.settings["ai.enabled"]:
        Thread(target=_import_ai, args=(wanted.partition(":")[0],), daemon=True).start()


def _import_ai(vendor: str) -> None:
    from ipcom_chat.assistant.agent import import_packages  # noqa: PLC0415 - asyncio

    with suppress(AssistantSetupError):  # whoever needs it says what is missing
        import_packages(vendor)


@click.command(
    cls=Verb, help=_("Cancel a request that runs in another terminal or on another machine.")
)
@click.argument("entry_id", metavar=_("ID"))
@json_option
@click.pass_obj
def cancel(context: CliContext, entry_id: str, *, as_json: bool) -> int:
    """Ask the owner of a request to cancel it."""
    runtime = context.runtime
    history = runtime.history
    entry = _found(runtime, entry_id)
    asked = history.request_cancel(entry.id, actor=host.os_user())
    is_told = not runtime.has_primary or runtime.sync.flush(runtime.sync_users())
    entry = history.find(entry.id)
    if as_json:
        output.write(f"{json_text(entry)}\n")
    if entry.status in FINAL:
        output.fail(
            _("{id} has ended already: {status}.", id=entry_id, status=status_word(entry.status))
        )
        return output.ExitCode.FAILED
    output.note(
        _("Asked the process that answers {id} to stop.", id=entry_id)
        if asked
        else _("The process that answers {id} was asked to stop before.", id=entry_id)
    )
    if not is_told and entry.replica_id != runtime.replica_id:
        output.note(_("The primary does not answer now; another machine hears of it later."))
    return output.ExitCode.OK


def _found(runtime: Runtime, entry_id: str) -> Entry:
    """Return an entry; one that another machine has just begun may have to be pulled first."""
    try:
        return runtime.history.find(entry_id)
    except NotFoundError:
        if not (runtime.has_primary and runtime.sync.flush(runtime.sync_users())):
            raise
        return runtime.history.find(entry_id)


def begin(runtime: Runtime, printer: Printer) -> None:
    """Begin the session of this process; say what an earlier one left open, or what is wrong."""
    try:
        interrupted = runtime.begin_session()
    except StorageError as error:
        # A full disk is a reason to ask, and no reason to refuse the answer.
        output.fail(str(error))
        return
    if interrupted:
        printer.note(
            n_(
                "One earlier request was interrupted: {ids}",
                "{count} earlier requests were interrupted: {ids}",
                len(interrupted),
                ids=", ".join(runtime.history.short_id(entry_id) for entry_id in interrupted),
            )
        )


async def _answer(runtime: Runtime, question: str, printer: Printer, wished: Wishes) -> int:
    storage = StorageThread()
    sync = runtime.open_sync(lambda _status: None)
    try:
        if sync is not None:
            sync.start()
        chat = runtime.open_chat(storage, sync.nudge if sync else _nothing)
        _grant(chat, runtime, wished)
        if runtime.assistants.problem:
            output.fail(runtime.assistants.problem)
        hear = asking(printer) if wished.can_ask else printer.hear
        request = await _finished(chat, question, hear, wished.retry_of)
        printer.end()
        if not printer.streams:
            printer.show(await storage.run(_entry, runtime, chat, request, printer))
    finally:
        storage.close()
        if sync is not None:
            with suppress(StorageError):  # told when the runtime is closed
                runtime.end_session()
            await asyncio.to_thread(sync.stop)
            tell_offline(runtime)
    if request.status is Status.CANCELLED:
        return output.ExitCode.INTERRUPTED
    is_good = request.status is Status.COMPLETED and not printer.failed
    return output.ExitCode.OK if is_good else output.ExitCode.FAILED


async def _finished(
    chat: ChatService, question: str, hear: Listener, retry_of: EntryId | None
) -> Request:
    """Ask, and return the request when it is final and stored."""
    try:
        request = chat.start(question, hear, retry_of=retry_of)
        _cancel_on_signals(chat, request)
        await chat.finished(request)
    finally:
        # A signal that came before anybody listened cancels this task: the request must not stay.
        await chat.close()
    return request


def _grant(chat: ChatService, runtime: Runtime, wished: Wishes) -> None:
    """Set what may be done for the question."""
    terms = chat.terms
    terms.can_ask, terms.uses_tools = wished.can_ask, not wished.no_tools
    terms.typed = wished.typed
    if wished.recalled is not None:
        terms.recalled_max = wished.recalled
    if wished.model is not None:
        chat.assistant = runtime.assistants.build(wished.model)


def asking(printer: Printer) -> Listener:
    """Return what prints the events of a request and answers what it asks."""
    desk = ApprovalDesk()

    def hear(event: ChatEvent) -> None:
        match event:
            case ApprovalAsked():
                printer.end_line()
                desk.ask(event.approval, event.decide)
            case ApprovalClosed() | StatusChanged(status=Status.CANCELLED):
                desk.leave()
        printer.hear(event)

    return hear


def _nothing() -> None:
    """Without a primary, nobody waits to hear of a change."""


def tell_offline(runtime: Runtime) -> None:
    """Say loudly that the answer has not been shared yet, if that is wanted."""
    if runtime.settings["sync.fallback_enabled"]:
        return
    found = runtime.sync.status()
    if found.error:
        output.fail(found.error)
    elif found.unacknowledged:
        output.fail(_("The primary does not answer; what is saved here is safe and is sent later."))


def _cancel_on_signals(chat: ChatService, request: Request) -> None:
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        # The second one ends the program, whatever still runs.
        loop.remove_signal_handler(number)
        chat.cancel(request)

    for number in _STOP_SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            continue  # nohup, or a shell's background: whoever started this wants it to go on
        loop.add_signal_handler(number, stop, number)


def _entry(runtime: Runtime, chat: ChatService, request: Request, printer: Printer) -> Entry:
    """Return the entry as it was saved, or as it would have been."""
    try:
        return runtime.history.find(request.entry_id)
    except (NotFoundError, StorageError):
        now = runtime.clock.now_ms()
        return Entry(
            id=request.entry_id,
            kind=Kind.QUESTION,
            command=request.text,
            response=printer.text or None,
            status=request.status,
            created_at=now,
            updated_at=now,
            completed_at=now,
            **msgspec.structs.asdict(chat.context.origin),
        )

"""The entry point: chooses the language, sorts the arguments, and hands over to one verb."""

import os
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ipcom_chat import __version__, i18n
from ipcom_chat.cli import output
from ipcom_chat.cli.completion_files import COMPLETE_VARIABLE
from ipcom_chat.errors import UsageError
from ipcom_chat.files import keep_to_oneself
from ipcom_chat.i18n import _, language_of, locale_language

if TYPE_CHECKING:
    from ipcom_chat.cli.context import CliContext

_MOMENT_S = 0.01


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; nothing is raised.

    Args:
        argv: the arguments, without the program's name; None takes those of the process.
    """
    keep_to_oneself()
    output.prepare()
    arguments = sys.argv[1:] if argv is None else list(argv)
    return output.guarded(lambda: _run(arguments), _record)


def keep_quiet() -> None:
    """Write to the log what the interpreter would print: faults that nobody could catch.

    Of the whole process, so only the program's door calls it.
    """
    sys.unraisablehook = _unraisable
    threading.excepthook = _of_a_thread
    if not sys.warnoptions:
        # Meant for who writes the program; one is a request that Ctrl-C kept from beginning.
        warnings.simplefilter("ignore")


def _unraisable(fault: "sys.UnraisableHookArgs") -> None:
    if isinstance(fault.exc_value, KeyboardInterrupt):
        import signal  # noqa: PLC0415 - takes longer than all that `--version` does

        # It struck where nothing can be raised, in a finaliser, as here: it comes once more.
        main_thread = threading.main_thread().ident
        again = threading.Timer(_MOMENT_S, signal.pthread_kill, (main_thread, signal.SIGINT))
        again.daemon = True
        again.start()
    elif isinstance(fault.exc_value, Exception):
        with suppress(Exception):
            _record(fault.exc_value)


def _of_a_thread(fault: "threading.ExceptHookArgs") -> None:
    if isinstance(fault.exc_value, Exception):
        with suppress(Exception):
            _record(fault.exc_value)


def _run(argv: list[str]) -> int:
    i18n.use(_language())
    if COMPLETE_VARIABLE in os.environ:
        from ipcom_chat.cli.completion import complete  # noqa: PLC0415 - only for the shell

        return complete(os.environ[COMPLETE_VARIABLE])
    if argv[:1] == ["--version"]:
        return _version()
    # After the quick way out: these bring Click, msgspec and the readers of TOML.
    from ipcom_chat.cli.argv import normalise  # noqa: PLC0415
    from ipcom_chat.cli.context import from_process  # noqa: PLC0415

    invocation = normalise(argv, piped=_is_piped())
    if "--version" in invocation.arguments[:1]:
        return _version()
    context = from_process(invocation.settings, debug=invocation.debug)
    context.resume = invocation.resume
    i18n.use(context.language)
    try:
        return _dispatch(context, invocation.arguments)
    finally:
        context.close()


def _version() -> int:
    output.line(f"{output.PROGRAM} {__version__}")
    return output.ExitCode.OK


def _dispatch(context: "CliContext", arguments: list[str]) -> int:
    import click  # noqa: PLC0415 - see `_run`

    from ipcom_chat.cli.base import usage_error  # noqa: PLC0415
    from ipcom_chat.cli.root import VERBS, root  # noqa: PLC0415

    verb = arguments[0] if arguments[:1] and arguments[0] in VERBS else "chat"
    start = time.monotonic()
    if context.debug:
        context.open_log()
    try:
        if not arguments:
            code = _chat(context)
        elif arguments == ["history"] and output.is_on_terminal() and not _is_plain(context):
            code = _chat(context, opens_history=True)
        else:
            with root().make_context(output.PROGRAM, arguments, obj=context) as ctx:
                code = int(ctx.command.invoke(ctx) or 0)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        output.note(error.ctx.get_help())
        code = output.ExitCode.USAGE
    except click.ClickException as error:
        raise usage_error(error) from error
    _log_end(context, verb, code, time.monotonic() - start)
    return code


def _is_plain(context: "CliContext") -> bool:
    """Return whether nothing is to be painted."""
    return os.environ.get("TERM") == "dumb" or bool(context.settings["ui.plain"])


def _chat(context: "CliContext", *, opens_history: bool = False) -> int:
    if not output.is_on_terminal():
        raise UsageError(
            _('The chat needs a terminal. For one answer without it: ipcom-chat ask "question"')
        )
    from ipcom_chat.cli.argv import CHOOSE  # noqa: PLC0415 - see `_run`

    context.open_log()
    chooses = context.resume == CHOOSE
    if _is_plain(context):
        from ipcom_chat.cli.plain import run_plain  # noqa: PLC0415 - brings asyncio

        if chooses:
            raise UsageError(
                _("The plain chat lists no sessions: 'ipcom-chat sessions list' does; --resume ID "
                  "goes on with one.")
            )  # fmt: skip
        return run_plain(context.runtime)
    from ipcom_chat.tui.app import run_chat  # noqa: PLC0415 - brings Textual

    return run_chat(context.runtime, opens_history=opens_history, opens_sessions=chooses)


def _language() -> i18n.Language:
    """Return the language that the environment asks for, before any file was read."""
    chosen = os.environ.get("IPCOM_CHAT_LANGUAGE")
    return language_of(chosen) if chosen else locale_language(os.environ)


def _is_piped() -> bool:
    return sys.stdin is not None and not output.is_terminal(sys.stdin)


def _log_end(context: "CliContext", verb: str, code: int, seconds: float) -> None:
    if context.debug:
        import logging  # noqa: PLC0415 - plain verbs write no log

        logging.getLogger(__name__).debug("%s ended with %d, %d ms", verb, code, seconds * 1000)


def _record(fault: Exception) -> Path | None:
    """Write a fault to the log; return where that is."""
    import logging  # noqa: PLC0415 - plain verbs write no log

    from ipcom_chat import logs  # noqa: PLC0415
    from ipcom_chat.settings import find_paths  # noqa: PLC0415

    path = logs.open_log(find_paths(os.environ).log_file, debug="--debug" in sys.argv)
    logging.getLogger(__name__).error("an unexpected fault", exc_info=fault)
    return path

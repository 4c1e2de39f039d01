"""`web`: serves the dashboard for people with a browser."""

import os
import sys
from pathlib import Path

import click

from ipcom_chat.cli import output
from ipcom_chat.cli.base import Number, Verb
from ipcom_chat.cli.context import CliContext
from ipcom_chat.errors import AssistantSetupError
from ipcom_chat.i18n import _
from ipcom_chat.settings import FLAG


@click.command(
    "web",
    cls=Verb,
    help=_(
        "Show the dashboard in a browser: health, requests, people and machines, and the history "
        "to search. For this account on this machine; others need a token (docs/web.md)."
    ),
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar=_("ADDRESS"),
              help=_("The address to listen on."))  # fmt: skip
@click.option("--port", type=Number(0, 65535), default=8479, show_default=True, metavar=_("N"),
              help=_("The port to listen on; 0 takes a free one."))  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path), metavar=_("FILE"),
              help=_("A file with the token that others need; only its owner may read it."),
              )  # fmt: skip
@click.option("--name", "names", multiple=True, metavar=_("HOST"),
              help=_("A name under which it is reached, beside that of this machine."))  # fmt: skip
@click.option("--no-open", is_flag=True, help=_("Open no browser."))
@click.pass_obj
def web(
    context: CliContext, *, host: str, port: int, token_file: Path | None, names: tuple[str, ...],
    no_open: bool,
) -> int:  # fmt: skip
    """Serve until stopped."""
    context.open_log()
    try:
        from ipcom_chat.web.reading import shown_scope  # noqa: PLC0415 - a second to import
        from ipcom_chat.web.serving import Listening, serve  # noqa: PLC0415
        from ipcom_chat.web.tokens import find_token  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise AssistantSetupError(
            _("The dashboard needs a package that is not installed: pip install 'ipcom-chat[web]'")
        ) from error
    token = find_token(token_file, context.environment)
    is_named = context.mode_is_given or context.settings.sources["user"] == FLAG
    scope = shown_scope(context.runtime, is_named=is_named, is_owner=token is None)
    where = Listening(host=host, port=port, names=names, token=token)
    serve(context.runtime, scope, where, lambda address: _started(address, no_open=no_open))
    return output.ExitCode.OK


def _started(address: str, *, no_open: bool) -> None:
    output.note(_("Serving {address}; Ctrl-C ends it.", address=address))
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if no_open or not has_screen or not output.is_terminal(sys.stderr):
        return
    import threading  # noqa: PLC0415 - only with a screen
    import webbrowser  # noqa: PLC0415

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

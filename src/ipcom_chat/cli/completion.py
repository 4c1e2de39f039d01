"""`completion`: the script that teaches a shell to complete, and what the script asks for."""

import click
from click.shell_completion import ShellComplete, get_completion_class

from ipcom_chat.cli import output
from ipcom_chat.cli.base import OneOf, Verb
from ipcom_chat.cli.completion_files import COMPLETE_VARIABLE, SHELLS
from ipcom_chat.cli.context import CliContext, from_process
from ipcom_chat.i18n import _


@click.command(
    cls=Verb,
    help=_(
        "Print the completion script of a shell.\n\n"
        'For bash, put this into ~/.bashrc: eval "$(ipcom-chat completion bash)"'
    ),
)
@click.argument("shell", type=OneOf(SHELLS))
def completion(shell: str) -> int:
    """Print the script."""
    return complete(f"{shell}_source")


def complete(instruction: str) -> int:
    """Obey a shell: `SHELL_source` prints the script, `SHELL_complete` what fits.

    Click reads the words typed so far from the variables that its script sets.
    """
    shell, _underscore, wish = instruction.partition("_")
    if get_completion_class(shell) is None or wish not in {"source", "complete"}:
        return output.ExitCode.FAILED
    context = from_process({}, debug=False)
    try:
        side = _side(shell, context)
        output.line(side.source() if wish == "source" else side.complete())
    finally:
        context.close()
    return output.ExitCode.OK


def script(shell: str) -> str:
    """Return the completion script of a shell."""
    return _side(shell, None).source()


def _side(shell: str, context: CliContext | None) -> ShellComplete:
    from ipcom_chat.cli.root import root  # noqa: PLC0415 - root lists this module

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - the caller knows the shell
    return kind(root(), {"obj": context}, output.PROGRAM, COMPLETE_VARIABLE)

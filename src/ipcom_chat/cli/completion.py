"""`completion`: the script that teaches a shell to complete, and what the script asks for."""

import click
from click.shell_completion import get_completion_class

from ipcom_chat.cli import output
from ipcom_chat.cli.base import OneOf, Verb
from ipcom_chat.cli.context import from_process
from ipcom_chat.cli.main import COMPLETE_VARIABLE
from ipcom_chat.i18n import _

SHELLS = ("bash", "zsh", "fish")


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
    from ipcom_chat.cli.root import root  # noqa: PLC0415 - root lists this module

    shell, _underscore, wish = instruction.partition("_")
    kind = get_completion_class(shell)
    if kind is None or wish not in {"source", "complete"}:
        return output.ExitCode.FAILED
    context = from_process({}, debug=False)
    try:
        shell_side = kind(root(), {"obj": context}, output.PROGRAM, COMPLETE_VARIABLE)
        output.line(shell_side.source() if wish == "source" else shell_side.complete())
    finally:
        context.close()
    return output.ExitCode.OK

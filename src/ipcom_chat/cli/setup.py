"""`setup`: asks once for what most people need, and writes it into their settings.

Invariants: what is set already, wherever it is set, is kept and said; each step can be skipped with
an empty answer, and the whole be repeated; nothing but the steps' own files is written.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from ipcom_chat.assistant.endpoint import (
    COMPATIBLE,
    KEY_VARIABLES,
    Endpoint,
    ModelName,
    parse_model,
)
from ipcom_chat.cli import output
from ipcom_chat.cli.base import OneOf, Verb
from ipcom_chat.cli.completion_files import SHELLS, completion_file, write_completion
from ipcom_chat.cli.context import CliContext
from ipcom_chat.cli.doctor import show, subject_of
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import IpcomChatError, UnknownUserError, UsageError
from ipcom_chat.i18n import _, n_
from ipcom_chat.models import has_key
from ipcom_chat.services.health import Status, examine
from ipcom_chat.settings import save
from ipcom_chat.sync.target import host_of
from ipcom_chat.targets import primary_urls

USERS_SHOWN = 10
_NONE = "none"


@click.command(
    cls=Verb,
    help=_("Ask for what is not set yet: AI, primary, user, imports, completion. Empty skips."),
)
@click.option("--non-interactive", is_flag=True, help=_("Ask nothing; take the options below."))
@click.option("--model", metavar="VENDOR:NAME", help=_("Which AI answers."))
@click.option("--base-url", metavar="URL", help=_("Where an OpenAI-compatible server is."))
@click.option("--key-file", metavar=_("FILE"), help=_("The file with the AI's key."))
@click.option("--primary", metavar="URL", help=_("The primary that all machines share."))
@click.option("--token-file", metavar=_("FILE"), help=_("The file with the primary's token."))
@click.option("--username", metavar=_("USERNAME"), help=_("Who you are."))
@click.option("--import", "imports", is_flag=True, help=_("Import the histories that are found."))
@click.option("--completion", "shell", type=OneOf([*SHELLS, _NONE]),
              help=_("The shell that learns to complete."))  # fmt: skip
@click.pass_obj
def setup(context: CliContext, /, *, non_interactive: bool, **given: Any) -> int:
    """Set things up."""
    if not non_interactive and not output.is_asked():
        raise UsageError(
            _("There is no terminal to ask on; say what you want with --non-interactive and the "
              "options of 'ipcom-chat setup --help'.")
        )  # fmt: skip
    wizard = Wizard(context, given, asks=not non_interactive)
    try:
        return wizard.run()
    finally:
        wizard.close()


class Wizard:
    """One run of the steps. Close it.

    Args:
        context: of this process; the settings are read anew after each step.
        given: the options, by name.
        asks: whether somebody is asked for what is not given.
    """

    def __init__(self, context: CliContext, given: dict[str, Any], *, asks: bool) -> None:
        self._first = context
        self._context = context
        self._given = given
        self._asks = asks

    def run(self) -> int:
        """Go through the steps, then tell how the machine is; 1 if a step or a check failed."""
        steps: tuple[tuple[str, Callable[[], None]], ...] = (
            (_("AI"), self._ai), (_("Primary"), self._primary), (_("User"), self._user),
            (_("Earlier histories"), self._imports), (_("Completion"), self._completion),
        )  # fmt: skip
        went_well = True
        for number, (title, step) in enumerate(steps, start=1):
            output.line(f"[{number}/{len(steps)}] {title}")
            try:
                step()
            except (IpcomChatError, OSError) as error:
                output.fail(str(error))
                went_well = False
            self._renew()
        return output.ExitCode.OK if self._summary() and went_well else output.ExitCode.FAILED

    def close(self) -> None:
        """Close what the steps opened; the first context is the caller's."""
        if self._context is not self._first:
            self._context.close()

    def _renew(self) -> None:
        self.close()
        self._context = CliContext(self._first.environment, {}, debug=self._first.debug)

    def _answer(self, option: str, question: str) -> str:
        """Return what an option gives, or what is answered; nothing means to skip."""
        given: str | None = self._given[option]
        if given or not self._asks:
            return (given or "").strip()
        return output.ask(f"  {question}")

    def _keeps(self, key: str) -> bool:
        """Return whether a setting is there; it is told where it comes from."""
        settings = self._context.settings
        if not settings[key]:
            return False
        shown = host_of(primary_urls(settings)[0]) if key == "turso.database_url" else settings[key]
        source = settings.sources[key]
        _say(_("{key} is {value} (from {source}); kept.", key=key, value=shown, source=source))
        return True

    def _save(self, key: str, value: str) -> None:
        path = self._context.paths.config_file
        save(path, key, value)
        _say(_("Saved {key} in {path}.", key=key, path=path))

    # The steps.

    def _ai(self) -> None:
        settings = self._context.settings
        if not settings["ai.enabled"]:
            _say(_("AI is switched off in {source}.", source=settings.sources["ai.enabled"]))
            return
        if not self._keeps("ai.model"):
            text = self._answer("model", _(
                "Which AI answers? VENDOR:NAME, such as anthropic:claude-sonnet-5-5,\n"
                "  openai-compatible:llama3.2; empty: none, answers come from the history."
            ))  # fmt: skip
            if not text:
                _skipped()
                return
            parse_model(text)
            self._save("ai.model", text)
            self._renew()
        model = parse_model(self._context.settings["ai.model"])
        self._base_url(model)
        self._key(model)

    def _base_url(self, model: ModelName) -> None:
        if model.vendor != COMPATIBLE or model.base_url or self._keeps("ai.base_url"):
            return
        url = self._answer("base_url", _("Its address, such as http://127.0.0.1:11434/v1:"))
        if url:
            Endpoint.of_model(model, url)
            self._save("ai.base_url", url)
            self._renew()
        else:
            _say(_("Later: ipcom-chat config set ai.base_url URL"))

    def _key(self, model: ModelName) -> None:
        if has_key(self._context.settings, model):
            _say(_("A key is there; kept."))
            return
        variable = KEY_VARIABLES.get(model.vendor, "IPCOM_CHAT_AI_API_KEY")
        path = self._answer("key_file", _(
            "The file with its key (mode 0600); empty: none, or the variable {variable}:",
            variable=variable,
        ))  # fmt: skip
        if path:
            self._save("ai.api_key_file", _absolute(path))
        else:
            _skipped()

    def _primary(self) -> None:
        if not self._keeps("turso.database_url"):
            url = self._answer("primary", _(
                "The primary that all machines share, such as https://history.example.com;\n"
                "  empty: none, the history stays on this machine."
            ))  # fmt: skip
            if not url:
                _skipped()
                return
            _checked_addresses(url)
            self._save("turso.database_url", url)
            self._renew()
        if any(
            self._context.settings[f"turso.auth_token{end}"] for end in ("", "_file", "_command")
        ):
            _say(_("A token is there; kept."))
            return
        path = self._answer("token_file", _("The file with its token (mode 0600); empty: none:"))
        if path:
            self._save("turso.auth_token_file", _absolute(path))
        else:
            _skipped()

    def _user(self) -> None:
        if self._keeps("user"):
            return
        users = self._context.runtime.users
        known = [user.username for user in users.all()][:USERS_SHOWN]
        if known and self._asks:
            _say(_("Known here: {names}", names=", ".join(known)))
        username = self._answer("username", _("Your username, existing or new; empty: none:"))
        if not username:
            _skipped()
            return
        try:
            username = users.active(username).username
        except UnknownUserError:
            if not self._asks:
                raise
            username = self._created(username)
        if username:
            self._save("user", username)

    def _created(self, username: str) -> str:
        """Make a user of what is answered; return nothing if that is not wanted."""
        _say(_("There is no user {username} yet.", username=username))
        name = output.ask(f"  {_('Your name; empty: make no user:')}")
        if not name:
            _skipped()
            return ""
        email = output.ask(f"  {_('Your e-mail address:')}")
        return self._context.runtime.users.create(username, name, email).username

    def _imports(self) -> None:
        from ipcom_chat.imports.places import found_usual  # noqa: PLC0415 - few verbs

        sources, _problems = found_usual(self._first.environment, self._context.paths.home)
        if not sources:
            _say(_("Nothing was found."))
            return
        _say(n_("One history was found:", "{count} histories were found:", len(sources)))
        for source in sources:
            output.line(f"    {one_line(str(source.place))}")
        wanted = self._given["imports"] or (
            self._asks and output.confirmed(f"  {_('Import all of these?')}")
        )
        if wanted:
            _run(self._context, "history", "import", "--all", "--yes")
        else:
            _say(_("Later: ipcom-chat history import"))

    def _completion(self) -> None:
        shell = self._given["shell"] or (_shell_of(self._first.environment) if self._asks else "")
        if shell not in SHELLS:
            _skipped()
            return
        path = completion_file(shell, self._context.paths.home, self._first.environment)
        if path.exists():
            _say(_("{path} is there; kept.", path=path))
            return
        if not self._given["shell"]:
            _say(str(path))
            question = _("Have {shell} complete ipcom-chat, by this file?", shell=shell)
            if not output.confirmed(f"  {question}"):
                _skipped()
                return
        write_completion(path, _script(shell))
        _say(_("Written: {path}. It holds in new shells.", path=path))
        if shell == "zsh":
            _say(_("Put this into ~/.zshrc, before compinit: {line}", line="fpath+=~/.zfunc"))

    def _summary(self) -> bool:
        """Tell what the checks found; return whether none failed."""
        checks = examine(subject_of(self._context))
        notable = [check for check in checks if check.status is not Status.OK]
        if notable:
            show(notable)
        well = len(checks) - len(notable)
        output.line(n_("One check is well.", "{count} checks are well.", well))
        output.line(_("To change a setting: ipcom-chat config set KEY VALUE. To chat: ipcom-chat"))
        return not any(check.status is Status.FAILED for check in notable)


def _say(text: str) -> None:
    output.line(f"  {one_line(text)}")


def _skipped() -> None:
    _say(_("Skipped."))


def _absolute(text: str) -> str:
    """Return a path as the settings want it: whole, or from the home folder."""
    return text if text.startswith("~/") else str(Path(text).absolute())


def _checked_addresses(text: str) -> None:
    from ipcom_chat.libsql.address import Address  # noqa: PLC0415 - few verbs

    for url in text.split(","):
        Address.parse(url)


def _shell_of(environment: Mapping[str, str]) -> str:
    return Path(environment.get("SHELL", "")).name


def _script(shell: str) -> str:
    from ipcom_chat.cli.completion import script  # noqa: PLC0415 - brings what completes

    return script(shell)


def _run(context: CliContext, *arguments: str) -> None:
    """Run another verb as if it had been typed."""
    from ipcom_chat.cli.root import root  # noqa: PLC0415 - root lists this module

    with root().make_context(output.PROGRAM, list(arguments), obj=context) as ctx:
        ctx.command.invoke(ctx)

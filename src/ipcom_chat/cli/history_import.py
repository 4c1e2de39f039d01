"""`history import`: brings other histories in."""

import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from ipcom_chat import host
from ipcom_chat.cli import output, tables
from ipcom_chat.cli.base import OneOf, Verb, json_option, usernames
from ipcom_chat.cli.context import CliContext
from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import ImportSourceError, UsageError
from ipcom_chat.i18n import _, n_
from ipcom_chat.ids import ReplicaId
from ipcom_chat.imports.detect import Source as FileSource
from ipcom_chat.imports.detect import detect
from ipcom_chat.imports.places import found_usual, in_folder, old_database_hint
from ipcom_chat.imports.records import Exported, Form, Record, Rejected, Skipped
from ipcom_chat.services.exports import json_text
from ipcom_chat.services.import_entries import ImportOptions
from ipcom_chat.services.imports import Imported, Imports, Source

URL_VARIABLE = "OLD_TURSO_DATABASE_URL"
TOKEN_VARIABLE = "OLD_TURSO_AUTH_TOKEN"  # noqa: S105 - a name
PROGRESS_S = 0.1
BAR_CELLS = 20

_SCHEMES = ("libsql://", "https://", "http://")
_SAID = (Form.BASH, Form.ZSH, Form.FISH, Form.OLD_LINES)
"""What lines of plain text can be said to be."""


@click.command(
    "import", cls=Verb,
    help=_("Bring in other histories; without a SOURCE, show what there is and ask. A SOURCE is a "
           "file, a folder, or the address of the team's old database."),
)  # fmt: skip
@click.argument("sources", metavar=_("[SOURCE]..."), nargs=-1)
@click.option("--all", "everything", is_flag=True, help=_("All that is in the usual places."))
@click.option("--yes", is_flag=True, help=_("Ask nothing."))
@click.option("--dry-run", is_flag=True, help=_("Look at everything, change nothing."))
@click.option("--format", "form", type=OneOf([form.value for form in _SAID]),
              help=_("What lines of plain text are."))  # fmt: skip
@click.option("--user", metavar=_("USERNAME"), shell_complete=usernames,
              help=_("Whose entries they become, where the source does not say."))  # fmt: skip
@json_option
@click.pass_obj
def import_history(context: CliContext, /, *, sources: tuple[str, ...], **given: Any) -> int:
    """Import what is named, or what is found."""
    form = Form(given["form"]) if given["form"] else None
    asks = output.is_asked() and not given["yes"] and not given["as_json"]
    if sources:
        chosen = _named(context, sources, form)
    else:
        chosen = _found(context)
        wants_all = given["everything"] or given["yes"]
        if not chosen:
            return _nothing_found(as_json=given["as_json"])
        if asks or not wants_all:
            counts = [_counted(context, source) for source in chosen]
            _show_found(context, chosen, counts, as_json=given["as_json"])
            if not (asks and output.confirmed(_("Import all of these?"))):
                return _say_how(context, as_json=given["as_json"], asked=asks)
    mode = _mode(context, chosen, asks=asks)
    return _run(context, chosen, mode, **given)


def _run(context: CliContext, sources: Sequence[Source], mode: Mode | None, **given: Any) -> int:
    runtime = context.runtime
    username = given["user"] or context.settings["user"]
    user = runtime.users.active(username) if username else None
    if mode is Mode.USER and user is None:
        raise UsageError(_("The mode 'user' needs a user: --user USERNAME."))
    if not given["dry_run"]:
        runtime.remember_import_offer()
    imports = runtime.open_imports(dry_run=given["dry_run"])
    reports = []
    for source in sources:
        options = ImportOptions(
            owner=_owner(source),
            # Asking for its id gives the replica one.
            replica_id=ReplicaId("") if given["dry_run"] else runtime.replica_id,
            mode=mode,
            user_id=user.id if user else None,
            private=context.settings["history.private"],
            dry_run=given["dry_run"],
        )
        reports.append(_import(imports, source, options))
    if not given["dry_run"]:
        runtime.count()
    if given["as_json"]:
        _write_json(imports, reports, dry_run=given["dry_run"])
    else:
        _show(imports, reports, dry_run=given["dry_run"])
    failed = any(report.error for report in reports)
    return output.ExitCode.FAILED if failed else output.ExitCode.OK


def _import(imports: Imports, source: Source, options: ImportOptions) -> Imported:
    total = _line_count(source)
    last_s = 0.0

    def tell(report: Imported, place: str) -> None:
        nonlocal last_s
        if time.monotonic() - last_s >= PROGRESS_S:
            last_s = time.monotonic()
            output.progress(_progress(report, place, total))

    try:
        return imports.run(source, options, tell)
    finally:
        output.progress("")


def _progress(report: Imported, place: str, total: int | None) -> str:
    name = f"{_form_word(report.form)} {report.place}"
    counts = _("{read} read, {added} new", read=report.read, added=report.added)
    room = shutil.get_terminal_size().columns - len(counts) - BAR_CELLS - 12
    name = name if len(name) <= max(room, 8) else f"…{name[-max(room, 8) :]}"
    if not total or not place.isdigit():
        return f"{name}: {counts}"
    share = min(1.0, int(place) / total)
    filled = round(share * BAR_CELLS)
    return f"{name} [{'#' * filled}{'-' * (BAR_CELLS - filled)}] {share:4.0%} {counts}"


def _line_count(source: Source) -> int | None:
    """Return how many lines a source has; None where its places are no lines."""
    if not output.is_terminal(sys.stderr) or not isinstance(source, FileSource):
        return None
    if source.form not in {*_SAID, Form.EXPORT}:
        return None
    with source.file.path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


# What is imported.


def _named(context: CliContext, names: Sequence[str], form: Form | None) -> list[Source]:
    """Return the sources that the command line names, none of them twice."""
    found: dict[str, Source] = {}
    for name in names:
        for source in _sources(context, name, form):
            found.setdefault(source.place, source)
    return list(found.values())


def _sources(context: CliContext, name: str, form: Form | None) -> list[Source]:
    if name.startswith(_SCHEMES):
        return [_server(context, name)]
    path = Path(name).absolute()
    return list(in_folder(path)) if path.is_dir() else [detect(path, form)]


def _found(context: CliContext) -> list[Source]:
    """Return what is in the usual places; say what of it cannot be read."""
    files, problems = found_usual(context.environment, context.paths.home)
    for problem in problems:
        output.note(f"{output.PROGRAM}: {problem}")
    url = context.environment.get(URL_VARIABLE)
    return [*files, *([_server(context, url)] if url else [])]


def _server(context: CliContext, url: str) -> Source:
    from ipcom_chat.imports.remote import Server  # noqa: PLC0415 - brings the network

    return Server(url, context.environment.get(TOKEN_VARIABLE) or None)


def _owner(source: Source) -> str:
    if isinstance(source, FileSource):
        return host.account_name(source.file.owner_uid)
    return host.os_user()


def _counted(context: CliContext, source: Source) -> int | None:
    """Return how many records a file has; a server is not asked before somebody wants it."""
    if not isinstance(source, FileSource):
        return None
    kinds = (Record, Exported, Rejected, Skipped)
    try:
        items = source.items(now_ms=context.runtime.clock.now_ms())
        return sum(isinstance(item, kinds) for item in items)
    except ImportSourceError:
        return None  # the import itself says why


# Questions.


def _mode(context: CliContext, sources: Sequence[Source], *, asks: bool) -> Mode | None:
    """Return the history that everything goes into; None leaves it to each source."""
    if context.mode_is_given:
        mode: Mode = context.settings["history.mode"]
        return mode
    if not asks or all(source.form in {Form.EXPORT, Form.OLD_DATABASE} for source in sources):
        return None
    answer = output.ask(
        _(
            "Into which history: machine (only this machine), user, global (the whole team) or "
            "hybrid? [machine]"
        )
    )
    try:
        return Mode(answer) if answer else None
    except ValueError:
        raise UsageError(
            _("The mode is global, user, local or hybrid, not {value!r}.", value=answer)
        ) from None


# What is shown.


def _form_word(form: Form) -> str:
    """Return what a form of history is called."""
    return {
        Form.BASH: "bash",
        Form.ZSH: "zsh",
        Form.FISH: "fish",
        Form.ATUIN: "Atuin",
        Form.LLM: "llm",
        Form.EXPORT: _("ipcom-chat export"),
        Form.OLD_DATABASE: _("old team database"),
        Form.OLD_CACHE: _("old cache"),
        Form.OLD_SESSION: _("old session"),
        Form.OLD_MONITOR: _("old monitor"),
    }.get(form, _("old prompts"))


def _show_found(
    context: CliContext, sources: Sequence[Source], counts: Sequence[int | None], *, as_json: bool
) -> None:
    if as_json:
        output.write_array(
            json_text({"form": source.form, "place": source.place, "records": count})
            for source, count in zip(sources, counts, strict=True)
        )
        return
    columns = [
        tables.Column(_("Kind")),
        tables.Column(_("Entries"), right=True),
        tables.Column(_("Where"), flexible=True),
    ]
    rows = [
        (_form_word(source.form), "?" if count is None else count, source.place)
        for source, count in zip(sources, counts, strict=True)
    ]
    tables.show(columns, rows, styled=context.styled)


def _say_how(context: CliContext, *, as_json: bool, asked: bool) -> int:
    if asked:
        output.note(_("Nothing was imported."))
    elif not as_json:
        output.note(
            _(
                "To import all of these: ipcom-chat history import --all --yes; one of them: "
                "ipcom-chat history import PATH. --dry-run only looks; --mode says into which "
                "history, otherwise that of this machine or where the old program had it."
            )
        )
        hint = old_database_hint(context.paths.home)
        if hint and not context.environment.get(URL_VARIABLE):
            output.note(hint)
    return output.ExitCode.OK


def _nothing_found(*, as_json: bool) -> int:
    if as_json:
        output.write_array([])
    else:
        output.note(_("No other history was found in the usual places; name a file or a folder."))
    return output.ExitCode.FAILED


def _show(imports: Imports, reports: Sequence[Imported], *, dry_run: bool) -> None:
    for report in reports:
        output.line(f"{_form_word(report.form)} {report.place}: {_counts(report, dry_run=dry_run)}")
        for problem in report.problems:
            output.note(f"  {problem}")
        if report.rejected_file is not None:
            output.note(_("  What could not be used, and why: {path}", path=report.rejected_file))
        if report.error is not None:
            output.fail(report.error)
    if any(report.estimated for report in reports):
        output.note(_("Where no time was known, it was estimated and is marked so."))
    if dry_run:
        output.note(_("This was a dry run: nothing was changed."))
    elif imports.backup is not None:
        output.note(_("The history as it was before: {path}", path=imports.backup))


def _counts(report: Imported, *, dry_run: bool) -> str:
    parts = [
        _("{count} read", count=report.read),
        _("{count} would be new", count=report.added)
        if dry_run
        else _("{count} new", count=report.added),
        _("{count} known already", count=report.known),
    ]
    if report.skipped:
        parts.append(_("{count} left out", count=report.skipped))
    if report.rejected:
        parts.append(_("{count} not usable", count=report.rejected))
    if report.users:
        parts.append(n_("one user", "{count} users", report.users))
    if report.machines:
        parts.append(n_("one machine", "{count} machines", report.machines))
    return ", ".join(parts)


def _write_json(imports: Imports, reports: Sequence[Imported], *, dry_run: bool) -> None:
    done = {
        "dry_run": dry_run,
        "backup": imports.backup and str(imports.backup),
        "sources": [
            {name: str(value) if isinstance(value, Path) else value
             for name, value in msgspec.structs.asdict(report).items()}
            for report in reports
        ],
    }  # fmt: skip
    output.write(f"{json_text(done)}\n")

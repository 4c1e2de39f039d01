"""What all pages have in common: head, ways to other pages, search, language, foot."""

import time
from typing import Final
from urllib.parse import urlencode

import msgspec

from ipcom_chat import __version__
from ipcom_chat.i18n import _, language
from ipcom_chat.web.guard import CODES, Visitor
from ipcom_chat.web.html import Html, el, join

_NAMES: Final = {"en": "English", "pt-BR": "Português"}


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a page is."""

    path: str
    query: dict[str, str] = {}
    """What is asked of it."""
    params: dict[str, str] = {}
    """What its path names."""
    visitor: Visitor


def document(place: Place, title: str, *content: object) -> Html:
    """Return a whole page with its ways to the others."""
    return whole(
        title,
        el("a", _("Skip to the content"), class_="skip", href="#content"),
        el("header", _brand(), _ways(place), _search(place)),
        el("main", el("h1", title), *content, id="content", tabindex=-1),
        _foot(place),
    )


def whole(title: str, *body: object) -> Html:
    """Return a whole page of its own."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · ipcom-chat"),
        el("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        el("link", rel="stylesheet", href="/static/style.css"),
        el("script", src="/static/live.js", defer=True),
    )
    page = el("html", head, el("body", *body), lang=language_code())
    return join([Html("<!doctype html>"), page])


def language_code() -> str:
    """Return the language of the reader, as HTML names it."""
    return next(code for code, each in CODES.items() if each == language())


def link(label: object, path: str, **query: str) -> Html:
    """Return a link to a page of ours."""
    return el("a", label, href=address(path, query))


def address(path: str, query: dict[str, str]) -> str:
    """Return the address of a page of ours."""
    kept = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(kept)}" if kept else path


def panel(name: str, title: str, *content: object) -> Html:
    """Return a part of a page with its heading."""
    heading = el("h2", title, id=f"{name}-title")
    return el("section", heading, *content, id=name, aria_labelledby=f"{name}-title",
              class_="panel")  # fmt: skip


def facts(pairs: list[tuple[str, object]]) -> Html:
    """Return names and values."""
    rows = [el("div", el("dt", name), el("dd", value)) for name, value in pairs if value]
    return el("dl", *rows, class_="facts")


def form_secret(place: Place) -> Html:
    """Return what a form that changes something has to bring along."""
    return el("input", type="hidden", name="form", value=place.visitor.form)


def _brand() -> Html:
    return el("p", link("ipcom-chat", "/"), class_="brand")


def _ways(place: Place) -> Html:
    ways = (
        ("/", _("Overview")), ("/search", _("Search")), ("/sessions", _("Sessions")),
        ("/users", _("Users")), ("/machines", _("Machines")),
        ("/adoption", _("Adoption and reuse")),
    )  # fmt: skip
    items = [
        el("li", el("a", label, href=path, aria_current="page" if path == place.path else None))
        for path, label in ways
    ]
    return el("nav", el("ul", *items), aria_label=_("Pages"))


def _search(place: Place) -> Html | None:
    if place.path == "/search":
        return None  # it has a larger one
    return el(
        "form",
        el("label", _("Search the history"), for_="quick", class_="hidden"),
        el("input", type="search", id="quick", name="q", placeholder=_("Search the history"),
           maxlength=500),
        el("button", _("Search"), type="submit"),
        action="/search", role="search", class_="quick",
    )  # fmt: skip


def _foot(place: Place) -> Html:
    languages = [
        el("li", el("a", _NAMES[code], href=address(place.path, place.query | {"lang": code}),
                    lang=code, hreflang=code,
                    aria_current="true" if code == language_code() else None))
        for code in CODES
    ]  # fmt: skip
    zone = _("Times are in the zone {zone}.", zone=time.strftime("%Z"))
    return el(
        "footer",
        el("nav", el("ul", *languages), aria_label=_("Language")),
        el("p", f"ipcom-chat {__version__}. {zone}"),
        None if place.visitor.is_owner else _leave(place),
    )


def _leave(place: Place) -> Html:
    button = el("button", _("Log out"), type="submit")
    return el("form", form_secret(place), button, action="/logout", method="post")

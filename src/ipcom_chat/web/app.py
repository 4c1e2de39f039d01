"""The pages by their addresses, and the stream that keeps the overview up to date.

Invariants: what changes something is a POST that brings along the form's secret; a body is small;
at most `STREAMS_MAX` streams run, and all end when the server does; an error is a page with one
sentence, a fault goes to the log alone.
"""

import asyncio
import getpass
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.resources import files
from time import monotonic
from typing import Final, TypeVar
from urllib.parse import parse_qs

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from ipcom_chat.clock import Clock
from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.domain.terminal import one_line
from ipcom_chat.errors import AmbiguousIdError, IpcomChatError, NotFoundError
from ipcom_chat.i18n import _, speaking
from ipcom_chat.services.monitoring import Window
from ipcom_chat.web import overview, reading_pages, team_pages
from ipcom_chat.web.guard import Visitor, visit_cookie
from ipcom_chat.web.html import Html, el
from ipcom_chat.web.layout import Place, document, form_secret, whole
from ipcom_chat.web.reading import Reader
from ipcom_chat.web.tokens import Token

EVERY_S: Final = 2.0
QUIET_S: Final = 15.0
"""After so long without news a stream says that it lives."""
STREAMS_MAX: Final = 32
BODY_MAX: Final = 8_192
TEXT_MAX: Final = 500
LOGIN_PAUSE_S: Final = 1.0
"""A wrong token is answered after so long."""
_STATIC: Final = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
_LOG = logging.getLogger(__name__)
_ENCODE = msgspec.json.Encoder()
Answering = Callable[[Place], Awaitable[Response]]
Changing = Callable[[Place, dict[str, str]], Awaitable[Response]]
"""Takes what a form holds, which was made for this browser."""
T = TypeVar("T")


class Pages:
    """Answers requests.

    Args:
        reader: reads the replica.
        token: that of others, if they may come.
        clock: the time.
    """

    def __init__(self, reader: Reader, token: Token | None, clock: Clock) -> None:
        self._reader = reader
        self._token = token
        self._clock = clock
        self._stopping = asyncio.Event()
        self._streams = 0

    def app(self) -> Starlette:
        """Return the application; a `Guard` belongs before it."""
        pages: dict[str, Answering] = {
            "/": self._overview, "/search": self._search, "/sessions": self._sessions,
            "/sessions/{id}": self._session, "/entries/{id}": self._entry,
            "/users": self._users, "/machines": self._machines, "/adoption": self._adoption,
            "/live": self._live, "/login": self._ask_token, "/static/{name}": _static,
        }  # fmt: skip
        changes: dict[str, Changing] = {
            "/entries/{id}/cancel": self._cancel, "/login": self._take_token,
            "/logout": self._leave,
        }  # fmt: skip
        routes = [
            Route(path, _page(_read(answer)), methods=["GET"]) for path, answer in pages.items()
        ]
        routes += [
            Route(path, _page(_change(answer)), methods=["POST"])
            for path, answer in changes.items()
        ]
        return Starlette(routes=routes, exception_handlers={HTTPException: _refused})

    def stop(self) -> None:
        """End the streams: the server is about to end."""
        self._stopping.set()

    # Pages.

    async def _overview(self, place: Place) -> Response:
        name, window = overview.window_of(place.query.get("window", ""))
        return _html(overview.overview(place, await self._reader.look(window), name))

    async def _search(self, place: Place) -> Response:
        limit = _number(place, "limit", reading_pages.LIMIT, reading_pages.LIMIT_MAX)
        page = await self._reader.page(
            place.query.get("q", ""), _chosen(Kind, place, "kind"),
            _chosen(Status, place, "status"), limit,
        )  # fmt: skip
        return _html(reading_pages.search(place, page, limit))

    async def _entry(self, place: Place) -> Response:
        shown = await self._reader.entry(place.params["id"])
        # A long answer takes a while to be made; meanwhile others are served.
        return _html(await asyncio.to_thread(reading_pages.entry, place, shown))

    async def _sessions(self, place: Place) -> Response:
        found = await self._reader.sessions(place.query.get("q", ""))
        return _html(reading_pages.sessions(place, found))

    async def _session(self, place: Place) -> Response:
        summary, page = await self._reader.session(place.params["id"])
        return _html(reading_pages.session(place, summary, page))

    async def _users(self, place: Place) -> Response:
        name, window = overview.window_of(place.query.get("window", ""))
        look, known = await self._reader.look(window), await self._reader.users()
        page = _number(place, "page", 1, 1_000)
        return _html(team_pages.users(place, look.seen, known, name, page))

    async def _machines(self, place: Place) -> Response:
        look = await self._reader.look(overview.WINDOWS["day"])
        return _html(team_pages.machines(place, look.seen, _number(place, "page", 1, 1_000)))

    async def _adoption(self, place: Place) -> Response:
        name, window = overview.window_of(place.query.get("window", "month"))
        look = await self._reader.look(window)
        return _html(team_pages.adoption(place, look.seen, name))

    # The stream.

    async def _live(self, place: Place) -> Response:
        if self._streams >= STREAMS_MAX:
            raise HTTPException(503)
        events = self._events(place)
        return StreamingResponse(events, media_type="text/event-stream")

    async def _events(self, place: Place) -> AsyncIterator[str]:
        self._streams += 1
        try:
            window = overview.window_of(place.query.get("window", ""))[1]
            sent: dict[str, str] = {}
            spoken_at = monotonic()
            yield "retry: 3000\n\n"
            while not self._stopping.is_set():
                news = await self._news(place, window, sent)
                if news or monotonic() - spoken_at > QUIET_S:
                    spoken_at = monotonic()
                    yield _event(news) if news else ":\n\n"
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), EVERY_S)
        finally:
            self._streams -= 1

    async def _news(self, place: Place, window: Window, sent: dict[str, str]) -> dict[str, str]:
        """Return what has changed since it was sent, and note that it is."""
        with speaking(place.visitor.language):
            try:
                look = await self._reader.look(window)
            except IpcomChatError as error:
                return {"told": one_line(str(error))}
            shown = {"told": overview.told(look), **overview.panels(place, look)}
        news = {name: str(each) for name, each in shown.items() if sent.get(name) != each}
        sent.update(news)
        return news

    # Changes.

    async def _cancel(self, place: Place, _given: dict[str, str]) -> Response:
        actor = f"{getpass.getuser()} (web)" if place.visitor.is_owner else "web"
        await self._reader.cancel(place.params["id"], actor)
        return RedirectResponse("/", status_code=303)

    async def _ask_token(self, place: Place) -> Response:
        if self._token is None:
            return RedirectResponse("/", status_code=303)
        return _html(_login(place, place.query.get("next", ""), is_wrong=False))

    async def _take_token(self, place: Place, given: dict[str, str]) -> Response:
        if self._token is None:
            raise HTTPException(404)
        if not self._token.fits(given.get("token", "")):
            await asyncio.sleep(LOGIN_PAUSE_S)
            return _html(_login(place, given.get("next", ""), is_wrong=True), status=403)
        answer = RedirectResponse(_own_path(given.get("next", "")), status_code=303)
        answer.headers.append("set-cookie", visit_cookie(self._token.new_visit(self._clock)))
        return answer

    async def _leave(self, _place: Place, _given: dict[str, str]) -> Response:
        answer = RedirectResponse("/login", status_code=303)
        answer.headers.append("set-cookie", visit_cookie(""))
        return answer


Endpoint = Callable[[Request, Place], Awaitable[Response]]


def _read(answer: Answering) -> Endpoint:
    return lambda _request, place: answer(place)


def _change(answer: Changing) -> Endpoint:
    async def endpoint(request: Request, place: Place) -> Response:
        return await answer(place, await _given(request, place))

    return endpoint


def _page(answer: Endpoint) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        place = _place(request)
        try:
            return await answer(request, place)
        except (NotFoundError, AmbiguousIdError) as error:
            return _told(place, 404, str(error))
        except IpcomChatError as error:
            return _told(place, 503, str(error))
        except HTTPException:
            raise
        except Exception as fault:  # noqa: BLE001 - a browser is shown no traceback
            _LOG.exception("a page met a fault")
            kind = type(fault).__name__
            text = _("ipcom-chat met an unexpected fault ({kind}); its log has the details.",
                     kind=kind)  # fmt: skip
            return _told(place, 500, text)

    return endpoint


async def _static(place: Place) -> Response:
    name = place.params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    data = (files("ipcom_chat.web") / "static" / name).read_bytes()
    return Response(
        data, media_type=_STATIC[name], headers={"cache-control": "public, max-age=300"}
    )


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    texts = {
        403: _("This form is too old. Go back, load the page again and try once more."),
        404: _("There is no such page."),
        405: _("This cannot be done like that."),
        413: _("That is too much."),
        503: _("Too many look already; this page works all the same."),
    }
    text = texts.get(error.status_code, _("This cannot be done like that."))
    return _told(_place(request), error.status_code, text)


def _told(place: Place, status: int, text: str) -> Response:
    page = document(place, _("That did not work"), el("p", one_line(text), role="alert"))
    return _html(page, status=status)


def _login(place: Place, after: str, *, is_wrong: bool) -> Html:
    wrong = _("This is not the token.")
    return whole(
        _("Log in"),
        el("main", el("h1", "ipcom-chat"), el(
            "form",
            form_secret(place),
            el("input", type="hidden", name="next", value=_own_path(after)),
            el("p", wrong, role="alert", class_="failing", id="wrong") if is_wrong else None,
            el("p", el("label", _("Token"), for_="token"),
               el("input", type="password", id="token", name="token", required=True,
                  autocomplete="current-password", autofocus=True,
                  aria_describedby="wrong" if is_wrong else None)),
            el("button", _("Log in"), type="submit"), action="/login", method="post",
        ), class_="login"),
    )  # fmt: skip


def _place(request: Request) -> Place:
    visitor: Visitor = request.state.visitor
    query = {name: value[:TEXT_MAX] for name, value in request.query_params.items()
             if name != "lang"}  # fmt: skip
    return Place(
        path=request.url.path, query=query, params=dict(request.path_params), visitor=visitor
    )


async def _given(request: Request, place: Place) -> dict[str, str]:
    """Return what a form holds, if it was made for this browser."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_MAX:
            raise HTTPException(413)
    with suppress(ValueError):
        fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=20)
        given = {name: values[0] for name, values in fields.items()}
        if place.visitor.brings(given.get("form", "")):
            return given
    raise HTTPException(403)


def _own_path(text: str) -> str:
    """Return a path of ours; whatever could lead elsewhere leads to the overview."""
    is_ours = text.startswith("/") and not text.startswith("//") and text.isprintable()
    return text if is_ours and "\\" not in text else "/"


def _number(place: Place, name: str, usual: int, largest: int) -> int:
    text = place.query.get(name, "")
    given = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else usual
    return max(1, min(given, largest))


def _chosen(kind: Callable[[str], T], place: Place, name: str) -> T | None:
    with suppress(ValueError):
        return kind(place.query.get(name, ""))
    return None


def _html(page: Html, *, status: int = 200) -> Response:
    return Response(str(page), status_code=status, media_type="text/html")


def _event(news: dict[str, str]) -> str:
    return f"event: look\ndata: {_ENCODE.encode(news).decode()}\n\n"

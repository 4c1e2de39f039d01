"""Stands before every page: who may come in, by which name, and what every answer says.

Invariants:
- A name in `Host` that is not this server's is refused: a page elsewhere whose name was bound to
  this address (DNS rebinding) reaches nothing.
- Without a token only programs of this account, on this machine, come in, and no proxy. With one,
  nobody comes in without it, and private entries are shown to nobody: who has the token need not be
  their owner.
- No answer may be framed or kept, run a script of a page, or load anything from elsewhere.
"""

import hmac
import secrets
from collections.abc import Callable, MutableMapping
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import parse_qs, quote

import msgspec

from ipcom_chat.clock import Clock
from ipcom_chat.errors import SettingsError
from ipcom_chat.i18n import Language, speaking
from ipcom_chat.web.peers import Address
from ipcom_chat.web.tokens import VISIT_MS, Token

Scope = MutableMapping[str, Any]
App = Callable[[Scope, Any, Any], Any]

VISIT_COOKIE: Final = "ipcom_chat_visit"
FORM_COOKIE: Final = "ipcom_chat_form"
LANGUAGE_COOKIE: Final = "ipcom_chat_language"
OPEN_PATHS: Final = ("/login", "/static/")
CODES: Final[dict[str, Language]] = {"en": "en", "pt-BR": "pt_BR"}
"""The languages by their names in HTML and HTTP."""
FORWARDED: Final = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host"})
"""What says that a proxy stands before this server."""
_YEAR_S: Final = 31_536_000
_CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
    "vary": "accept-language, cookie",
}


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who looks."""

    language: Language
    form: str
    """What a form of this browser has to bring along."""
    is_owner: bool
    """Whether it is this account; if not, it is somebody with the token."""

    def brings(self, value: str) -> bool:
        """Return whether a form was made for this browser."""
        return hmac.compare_digest(self.form.encode(), value.encode("utf-8", "replace"))


class Guard:
    """Lets requests through to the pages.

    Args:
        app: the pages; they find a `Visitor` in the request's state.
        token: that of others; None: only this account.
        names: the host names of this server.
        is_own: whether a connection comes from this account.
        clock: the time.
    """

    def __init__(
        self,
        app: App,
        token: Token | None,
        names: frozenset[str],
        is_own: Callable[[Address, Address], bool],
        clock: Clock,
    ) -> None:
        self._app = app
        self._token = token
        self._names = names
        self._is_own = is_own
        self._clock = clock
        self._key = secrets.token_bytes(32)

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return  # no web sockets here
        headers = {name.decode("latin-1"): value.decode("latin-1")
                   for name, value in scope["headers"]}  # fmt: skip
        if not is_name(headers.get("host", ""), self._names):
            await _refuse(send, 421, "this server has another name")
            return
        cookies = _cookies(headers.get("cookie", ""))
        answer = _Answer(send, is_secure=headers.get("x-forwarded-proto") == "https")
        try:
            is_in = self._is_in(scope, headers, cookies)
        except SettingsError as error:
            await _refuse(send, 503, error.code)
            return
        if not is_in and not scope["path"].startswith(OPEN_PATHS):
            await _turned_away(scope, send, has_token=self._token is not None)
            return
        visitor = self._visitor(scope, headers, cookies, answer)
        scope.setdefault("state", {})["visitor"] = visitor
        with speaking(visitor.language):
            await self._app(scope, receive, answer)

    def _is_in(self, scope: Scope, headers: dict[str, str], cookies: dict[str, str]) -> bool:
        if self._token is not None:
            shown = cookies.get(VISIT_COOKIE)
            return shown is not None and self._token.is_visit(shown, self._clock)
        if not FORWARDED.isdisjoint(headers):
            return False  # a proxy of this account would let everybody in
        client, server = scope.get("client"), scope.get("server")
        return client is not None and server is not None and self._is_own(client, server)

    def _visitor(
        self, scope: Scope, headers: dict[str, str], cookies: dict[str, str], answer: "_Answer"
    ) -> Visitor:
        secret = cookies.get(FORM_COOKIE, "")
        if len(secret) != 32:
            secret = secrets.token_hex(16)
            answer.set_cookie(FORM_COOKIE, secret)
        asked = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=50).get("lang")
        if asked and asked[0] in CODES:
            answer.set_cookie(LANGUAGE_COOKIE, asked[0], max_age_s=_YEAR_S)
        code = (asked and asked[0]) or cookies.get(LANGUAGE_COOKIE, "")
        return Visitor(
            language=CODES.get(code) or preferred(headers.get("accept-language", "")),
            form=hmac.new(self._key, secret.encode(), sha256).hexdigest(),
            is_owner=self._token is None,
        )


def is_name(host: str, names: frozenset[str]) -> bool:
    """Return whether a `Host` is this server's: an address, or one of its names."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    if name.lower() in names:
        return True
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def preferred(accepted: str) -> Language:
    """Return the language that a browser prefers of those there are."""
    ranked = []
    for place, part in enumerate(accepted[:500].split(",")):
        tag, _semicolon, rest = part.strip().partition(";")
        quality = rest.strip().removeprefix("q=") or "1"
        if tag[:2].lower() in {"pt", "en"} and quality.replace(".", "", 1).isdecimal():
            ranked.append((-float(quality), place, tag[:2].lower()))
    return "pt_BR" if ranked and min(ranked)[2] == "pt" else "en"


def visit_cookie(value: str) -> str:
    """Return the header that lets a browser keep a visit; an empty one ends it."""
    return _cookie(VISIT_COOKIE, value, max_age_s=VISIT_MS // 1000 if value else 0)


def _cookie(name: str, value: str, *, max_age_s: int | None = None) -> str:
    kept = "" if max_age_s is None else f"; Max-Age={max_age_s}"
    return f"{name}={value}; Path=/; HttpOnly; SameSite=Strict{kept}"


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: each.value for name, each in SimpleCookie(header).items()}
    except CookieError:
        return {}


class _Answer:
    """Sends an answer with what every answer says, and the cookies."""

    def __init__(self, send: Any, *, is_secure: bool) -> None:
        self._send = send
        self._is_secure = is_secure
        self._cookies: list[str] = []

    def set_cookie(self, name: str, value: str, *, max_age_s: int | None = None) -> None:
        """Let the browser keep something."""
        self._cookies.append(_cookie(name, value, max_age_s=max_age_s))

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        """See ASGI."""
        if message["type"] == "http.response.start":
            said = [(name, self._made_secure(name, value)) for name, value in message["headers"]]
            said += [(b"set-cookie", self._made_secure(b"set-cookie", cookie.encode()))
                     for cookie in self._cookies]  # fmt: skip
            message["headers"] = _with_ours(said)
        await self._send(message)

    def _made_secure(self, name: bytes, value: bytes) -> bytes:
        # Who lies about https makes only his own cookie useless.
        return value + b"; Secure" if name == b"set-cookie" and self._is_secure else value


def _with_ours(said: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    names = {name for name, _value in said}
    ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    return said + [each for each in ours if each[0] not in names]


async def _turned_away(scope: Scope, send: Any, *, has_token: bool) -> None:
    if not has_token:
        await _refuse(send, 403, "only programs of the account that started it may look")
    elif scope["method"] != "GET" or scope["path"] == "/live":
        await _refuse(send, 401, "log in first")
    else:
        where = f"/login?next={quote(scope['path'], safe='/')}"
        await _refuse(send, 303, "log in first", ("location", where))


async def _refuse(send: Any, status: int, why: str, *more: tuple[str, str]) -> None:
    body = f"{why}\n".encode()
    said = [("content-type", "text/plain; charset=utf-8"), ("content-length", str(len(body)))]
    headers = [(name.encode(), value.encode()) for name, value in (*said, *more)]
    await send({"type": "http.response.start", "status": status, "headers": _with_ours(headers)})
    await send({"type": "http.response.body", "body": body})

"""Who may come in, by which name, and what every answer says."""

import re
from pathlib import Path

import pytest

from ipcom_chat.domain.entry import Mode
from ipcom_chat.errors import SettingsError
from ipcom_chat.web.guard import is_name, preferred
from ipcom_chat.web.tokens import Token, find_token
from tests.support.cli import add_entries
from tests.support.web import site
from tests.web.conftest import Env

SECRET = "correct-horse-battery-staple"
PAGES = ("/", "/search", "/search?q=disk", "/sessions", "/users", "/machines", "/adoption")


async def test_every_page_has_the_headers_and_no_script_or_style_of_its_own(env: Env) -> None:
    (entry,) = add_entries(env, {"command": "how full is the disk?"})
    async with site(env) as client:
        for path in (*PAGES, f"/entries/{entry.id}"):
            answer = await client.get(path)
            assert answer.status_code == 200, path
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "no-store"
            assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script>", answer.text)
            assert not re.search(r"(src|href|action)=\"(https?:)?//", answer.text)


async def test_another_name_is_refused_everywhere(env: Env) -> None:
    async with site(env) as client:
        for host, status in (
            ("evil.example", 421), ("", 421), ("localhost.evil.example", 421),
            ("chat.example", 200), ("localhost:8479", 200), ("127.0.0.1:8479", 200),
            ("[::1]:8479", 200),
        ):  # fmt: skip
            assert (await client.get("/", headers={"host": host})).status_code == status, host
        refused = await client.get("/static/live.js", headers={"host": "evil.example"})
        assert refused.status_code == 421
        assert refused.headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize("host", ["a:b:c", "[", "]", "[::1", "127.0.0.1.evil.example", "0x7f.1"])
def test_what_is_no_address_is_no_name(host: str) -> None:
    assert not is_name(host, frozenset({"localhost"}))


async def test_another_account_of_this_machine_sees_nothing(env: Env) -> None:
    async with site(env, is_own=False) as client:
        for path in (*PAGES, "/live"):
            answer = await client.get(path)
            assert (answer.status_code, len(answer.text.splitlines())) == (403, 1)


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "via", "x-forwarded-host"])
async def test_a_proxy_of_this_account_lets_nobody_in(env: Env, name: str) -> None:
    async with site(env) as client:
        assert (await client.get("/", headers={name: "192.0.2.1"})).status_code == 403


async def test_with_a_token_nobody_comes_in_without_it(env: Env) -> None:
    add_entries(env, {"command": "how full is the disk?"})
    async with site(env, Token(None, SECRET)) as client:
        for path in PAGES:
            answer = await client.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/login?next=/")
        assert (await client.get("/live")).status_code == 401
        form = await client.secret("/login")
        assert (await client.post("/entries/0a0b0c/cancel", data={"form": form})).status_code == 401
        wrong = await client.post("/login", data={"form": form, "token": f"{SECRET}x"})
        assert wrong.status_code == 403
        assert SECRET not in wrong.text
        assert (await client.get("/")).status_code == 303
        given = {"form": form, "token": SECRET, "next": "/search"}
        right = await client.post("/login", data=given, headers={"x-forwarded-proto": "https"})
        assert (right.status_code, right.headers["location"]) == (303, "/search")
        cookie = right.headers["set-cookie"]
        assert "HttpOnly; SameSite=Strict" in cookie
        assert cookie.endswith("; Secure")
        assert SECRET not in cookie


async def test_a_visit_ends_with_the_token_and_when_one_leaves(env: Env, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(0o600)
    token = find_token(path, {})
    assert token is not None
    async with site(env, token) as client:
        form = await client.secret("/login")
        for new in (SECRET, SECRET[::-1]):
            path.write_text(new, encoding="utf-8")
            assert (await client.get("/")).status_code == 303  # none yet, or of the old token
            await client.post("/login", data={"form": form, "token": new})
            assert (await client.get("/")).status_code == 200
        await client.post("/logout", data={"form": form})
        assert (await client.get("/")).status_code == 303
        client.cookies.set("ipcom_chat_visit", f"9999999999999.x.{'0' * 64}")
        assert (await client.get("/")).status_code == 303


async def test_whoever_has_the_token_sees_what_is_shared_and_nothing_private(env: Env) -> None:
    private, own, shared = add_entries(
        env,
        {"command": "disk of my own", "private": True},
        {"command": "disk of this machine", "mode": Mode.MACHINE},
        {"command": "disk of all"},
    )
    async with site(env) as owner:
        text = (await owner.get("/search?q=disk")).text
        assert all(word in text for word in ("of my own", "of this machine", "of all"))
    async with site(env, Token(None, SECRET)) as client:
        form = await client.secret("/login")
        await client.post("/login", data={"form": form, "token": SECRET})
        text = (await client.get("/search?q=disk")).text
        assert "of all" in text
        assert "of my own" not in text
        assert "of this machine" not in text
        assert (await client.get(f"/entries/{shared.id}")).status_code == 200
        for hidden in (private, own):
            assert (await client.get(f"/entries/{hidden.id}")).status_code == 404
            answer = await client.post(f"/entries/{hidden.id}/cancel", data={"form": form})
            assert answer.status_code == 404


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
async def test_a_login_leads_nowhere_else(env: Env, after: str) -> None:
    async with site(env, Token(None, SECRET)) as client:
        form = await client.secret("/login")
        answer = await client.post("/login", data={"form": form, "token": SECRET, "next": after})
        assert answer.headers["location"] == "/"


def test_a_token_that_others_can_read_or_guess_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text(SECRET, encoding="utf-8")
    path.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        find_token(path, {})
    path.chmod(0o600)
    path.write_text("short", encoding="utf-8")
    with pytest.raises(SettingsError, match="fewer than 20"):
        find_token(path, {})
    with pytest.raises(SettingsError, match="cannot be read"):
        find_token(tmp_path / "none", {})
    assert find_token(None, {}) is None


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"), ("pt-BR,pt;q=0.9,en;q=0.8", "pt_BR"), ("en-GB,pt;q=0.9", "en"),
        ("de,pt;q=0.2,en;q=0.1", "pt_BR"), ("pt;q=x,en", "en"), ("*", "en"), (";;;,,=", "en"),
    ],
)  # fmt: skip
def test_the_language_is_what_the_browser_prefers(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


async def test_the_language_can_be_switched_and_is_kept(env: Env) -> None:
    async with site(env) as client:
        assert '<html lang="en">' in (await client.get("/")).text
        text = (await client.get("/", headers={"accept-language": "pt-BR"})).text
        assert '<html lang="pt-BR">' in text
        assert "Visão geral" in text
        assert "Visão geral" in (await client.get("/?lang=pt-BR")).text
        assert "Visão geral" in (await client.get("/")).text
        assert "Overview" in (await client.get("/?lang=en")).text
        assert "Overview" in (await client.get("/?lang=xx")).text
        missing = await client.get("/entries/abcdef", headers={"accept-language": "pt"})
        assert missing.status_code == 404

"""What the pages show, change and stream."""

import asyncio
import re
import signal

import httpx2
import msgspec
import pytest

from ipcom_chat.domain.entry import Kind, Status
from ipcom_chat.ids import SessionId
from ipcom_chat.runtime import Runtime
from ipcom_chat.settings import load
from ipcom_chat.web import app, team_pages
from tests.support.cli import add_entries, run_cli
from tests.support.web import Site, running, site
from tests.web.conftest import Env

OPEN = {"status": Status.PROCESSING, "completed_at": None, "response": None}
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> disk \x1b]0;title\x07 \u202egnp"


async def test_whatever_people_wrote_is_text_on_every_page(env: Env) -> None:
    (entry, _command, _open) = add_entries(
        env,
        {"command": ATTACK, "response": ATTACK, "os_user": "<b>root</b>", "cwd": "/<i>"},
        {"command": ATTACK, "kind": Kind.COMMAND, "response": ATTACK, "error_code": "<u>"},
        {"command": ATTACK, **OPEN},
    )
    pages = ("/", "/search?q=disk", f"/search?q={'%3Cscript%3E%22'}", "/users", "/adoption",
             f"/entries/{entry.id}")  # fmt: skip
    async with site(env) as client:
        for path in pages:
            text = (await client.get(path)).text
            assert not re.search(r"<script>|<img|<b>|<i>|<u>|onerror=alert\(1\)>", text), path
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert "&lt;script&gt;" in (await client.get("/search?q=disk")).text


async def test_a_search_marks_what_was_found_and_takes_any_address(env: Env) -> None:
    add_entries(env, {"command": "restart nginx"}, {"command": "disk", "status": Status.ERROR})
    async with site(env) as client:
        text = (await client.get("/search?q=nginx")).text
        assert "restart <mark>nginx</mark>" in text
        assert "One entry." in text
        assert "restart" not in (await client.get("/search?status=error&kind=question")).text
        for strange in ("?limit=-1", "?limit=999999999", "?kind=x&status=y", "?q=" + "x" * 5000,
                        "?q=%22%00%ff(", "?label=a&path=b&self=c&limit=1"):  # fmt: skip
            assert (await client.get(f"/search{strange}")).status_code == 200, strange
        assert (await client.get("/nothing")).status_code == 404
        assert (await client.post("/search")).status_code == 405


async def test_a_long_list_is_cut_and_goes_on(env: Env) -> None:
    add_entries(env, *({"command": f"disk number {n}"} for n in range(60)))
    async with site(env) as client:
        text = (await client.get("/search?q=disk")).text
        assert text.count("<li><h2>") == 50
        more = re.search(r'href="(/search\?q=disk&amp;limit=100)"', text)
        assert more is not None
        text = (await client.get(more[1].replace("&amp;", "&"))).text
        assert text.count("<li><h2>") == 60


async def test_an_answer_is_markdown_and_a_long_one_plain(env: Env) -> None:
    short, long = add_entries(
        env,
        {"response": "# A\n\n**b** [c](http://d.example) [e](data:text/html,x)\n\n- f\n"},
        {"response": "*x* " * 20_000},
    )
    async with site(env) as client:
        text = (await client.get(f"/entries/{short.id}")).text
        assert "<h3>A</h3>" in text
        assert "<strong>b</strong>" in text
        assert '<a href="http://d.example" rel="noopener noreferrer nofollow">c</a>' in text
        assert 'href="data:' not in text
        text = (await client.get(f"/entries/{long.id}")).text
        assert "<pre>*x* *x*" in text


async def test_sessions_users_and_machines_are_listed(env: Env) -> None:
    argv = ["user", "create", "--username", "ana", "--name", "Ana Lima", "--email", "ana@x.com"]
    assert run_cli(argv, env).code == 0
    runtime = Runtime(load(env))
    try:
        runtime.begin_session()
        session_id = runtime.session_id
    finally:
        runtime.close()
    assert session_id is not None
    add_entries(env, {"command": "why is it slow?", "session_id": SessionId(session_id)})
    async with site(env) as client:
        assert "why is it slow?" in (await client.get("/sessions")).text
        assert "why is it slow?" in (await client.get("/sessions?q=slow")).text
        assert "Nothing was found." in (await client.get("/sessions?q=printer")).text
        page = await client.get(f"/sessions/{session_id}")
        assert (page.status_code, "why is it slow?" in page.text) == (200, True)
        assert (await client.get("/sessions/abcdef")).status_code == 404
        users = (await client.get("/users")).text
        assert "ana" in users
        assert "ana@x.com" not in users
        assert "test-machine" in (await client.get("/machines")).text


async def test_a_request_is_cancelled_only_by_a_form_made_for_this_browser(env: Env) -> None:
    (entry,) = add_entries(env, {"command": "slow", **OPEN})
    where = f"/entries/{entry.id}/cancel"
    async with site(env) as client, site(env) as other:
        foreign = await other.secret("/")
        form = await client.secret("/")
        for wrong in ({}, {"form": ""}, {"form": foreign}, {"form": form[:-1]}, {"form": "é"}):
            assert (await client.post(where, data=wrong)).status_code == 403
        assert (await client.get(where)).status_code == 405
        large = await client.post(where, data={"form": form, "x": "y" * 10_000})
        assert large.status_code == 413
        assert "Cancel</button>" in (await client.get("/")).text
        assert (await client.post(where, data={"form": form})).status_code == 303
        text = (await client.get("/")).text
        assert "Cancel</button>" not in text
        assert "asked to end" in text


async def _event(client: Site, path: str, headers: dict[str, str]) -> dict[str, str]:
    """Return the first news of a stream, which ends then: the transport gives whole answers."""
    stopping = asyncio.get_running_loop().call_later(0.5, client.pages.stop)
    answer = await client.get(path, headers=headers)
    stopping.cancel()
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    data = re.search(r"event: look\ndata: (.+)\n\n", answer.text)
    assert data is not None
    news: dict[str, str] = msgspec.json.decode(data[1])
    return news


async def test_the_stream_tells_in_the_language_of_who_looks(env: Env) -> None:
    add_entries(env, {"command": "slow <b>", **OPEN})
    async with site(env) as client:
        news = await _event(client, "/live?window=week", {"accept-language": "pt-BR"})
    assert news["told"] == "Saúde: ok. Um pedido aberto."
    assert "slow &lt;b&gt;" in news["open"]
    assert set(news) == {
        "told", "open", "health", "queue", "requests", "latencies", "activity", "people"
    }  # fmt: skip


async def test_streams_are_bounded(env: Env, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "STREAMS_MAX", 0)
    async with site(env) as client:
        assert (await client.get("/live")).status_code == 503


async def test_a_fault_is_a_sentence_and_the_log_has_the_rest(
    env: Env, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with site(env) as client:
        monkeypatch.setattr(team_pages, "machines", lambda *_args: 1 / 0)
        answer = await client.get("/machines")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.text
    assert "Traceback" not in answer.text
    assert "a page met a fault" in caplog.text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_ends_with_a_signal_though_somebody_looks(
    env: Env, number: signal.Signals
) -> None:
    with running(env) as (address, process):
        with httpx2.stream("GET", f"{address}live", timeout=20, trust_env=False) as looking:
            lines = looking.iter_lines()
            assert next(lines) == "retry: 3000"
            process.send_signal(number)
            assert any(line.startswith("data: ") for line in lines)  # and then it ends
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--host", "0.0.0.0"], "need a token"),
        (["--host", "no.such.host.invalid"], "need a token"),
        (["--name", "chat.example"], "need a token"),
        (["--token-file", "/dev/null"], "cannot be read"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(env: Env, argv: list[str], said: str) -> None:
    done = run_cli(["web", "--no-open", *argv], env)
    assert done.code in {1, 2}
    assert said in done.err
    assert len(done.err.splitlines()) == 1

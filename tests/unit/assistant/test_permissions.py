"""What may run: rules, dangers, the session; the strictest wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.permissions import (
    READ_ONLY,
    SESSION,
    Permissions,
    Rules,
    Verdict,
    _may_meet,
    _normal,
)
from ipcom_chat.assistant.shell_lines import parse
from tests.support.shell_lines import DANGEROUS, ORDINARY

ALL = Permissions(Rules(allow=("*",)))


def _verdict(line: str, *allow: str, ask: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> str:
    return Permissions(Rules(allow=allow, ask=ask, deny=deny)).judge(line).verdict


@pytest.mark.parametrize("line", DANGEROUS)
def test_no_rule_lets_a_dangerous_line_run_unasked(line: str) -> None:
    permissions = Permissions(Rules(allow=("*", line, READ_ONLY)))
    permissions.allow_in_session(line)
    judged = permissions.judge(line)
    assert judged.verdict is Verdict.ASK_TWICE
    assert judged.reasons


def test_what_no_rule_speaks_of_is_asked() -> None:
    judged = Permissions(Rules()).judge("ls")
    assert (judged.verdict, judged.reasons, judged.rule) == (Verdict.ASK, (), None)


@pytest.mark.parametrize(
    ("line", "rule", "verdict"),
    [
        ("systemctl status nginx", "systemctl status *", "allow"),
        ("systemctl status", "systemctl status *", "allow"),
        ("systemctl statusx", "systemctl status *", "ask"),
        ("'systemctl'   \"status\" x", "systemctl  status *", "allow"),
        ("/usr/bin/systemctl status x", "systemctl status *", "allow"),
        ("./systemctl status x", "systemctl status *", "ask"),
        ("'systemctl status' x", "systemctl status *", "ask"),
        ("systemctl restart nginx", "systemctl restart nginx", "allow"),
        ("systemctl restart nginx-x", "systemctl restart nginx", "ask"),
        ("make a.b", "make a?b", "ask"),
        ("sudo systemctl status x", "systemctl status *", "ask"),
        ("sudo systemctl status x", "sudo systemctl status *", "allow"),
        ("sudo nohup make x", "sudo nohup make *", "allow"),
        ("sudo make x", "sudo *", "ask"),
        ("find . -exec make {} +", "find *", "ask"),
        ("ls | xargs make", "xargs make *", "ask"),
        ("make | xargs make", "make *", "ask"),
        ("bash -c 'make x'", "bash -c *", "ask"),
        ("FOO=1 make x", "make *", "ask"),
        ("FOO=1 make x", "FOO=* make *", "allow"),
        ("LC_ALL=C make x", "make *", "allow"),
        ("X=1", "make *", "ask"),
        ("export X=1", "export *", "allow"),
        ("make x > out", "make *", "ask"),
        ("make x >> out", "*", "ask"),
        ("{ make x; } > out", "make *", "ask"),
        ("make x > $F", "make *", "ask"),
        ("make x > /dev/null 2>&1", "make *", "allow"),
        ("make x >&- < in", "make *", "allow"),
        ("make x; make y && make z | make", "make *", "allow"),
        ("make x; rm y", "make *", "ask"),
        ("make $(rm y)", "make *", "ask"),
        ("make $(make y)", "make *", "allow"),
        ("if make; then make; fi", "make *", "allow"),
        ("f() { make; }; f", "make *", "ask"),
        ("python3 -c 'print(\"a b\")'", "python3 *", "allow"),
        ("", "*", "ask"),
        ("# nothing", "*", "ask"),
    ],
)
def test_a_line_is_allowed_if_all_of_it_is(line: str, rule: str, verdict: str) -> None:
    assert _verdict(line, rule) == verdict


def test_wrapped_commands_are_allowed_by_rules_for_both() -> None:
    assert _verdict("bash -c 'make x'", "bash -c *", "make *") == "allow"
    assert _verdict("sudo make x", "sudo *", "make *") == "allow"


@pytest.mark.parametrize(
    "line",
    [
        "apt install x",
        "sudo apt install x",
        "/usr/bin/apt install x",
        "bash -c 'apt install x'",
        "true && (apt install x)",
        "echo $(apt install x)",
        "timeout 5 sudo -E apt install x",
        "echo x | xargs apt install",
        "X=1 apt install x",
        "f() { apt install x; }; f",
        "python3 -c 'import os; os.system(\"apt install x\")'",
        "'a'pt in\\stall x",
        "find . -exec apt install {} \\;",
        "/opt/x/apt install y",
    ],
)
def test_refusing_and_asking_rules_look_through_everything(line: str) -> None:
    assert _verdict(line, "*", deny=("apt install *",)) == "deny"
    assert _verdict(line, "*", ask=("apt install *",)) == "ask"


def test_the_strictest_wins_and_names_its_rule() -> None:
    permissions = Permissions(Rules(allow=("make *",), ask=("make x*",), deny=("make xy",)))
    assert permissions.judge("make a").rule == "make *"
    assert permissions.judge("make x").rule == "make x*"
    judged = permissions.judge("make xy; rm -rf /")
    assert (judged.verdict, judged.rule) == (Verdict.DENY, "make xy")
    assert judged.reasons
    assert permissions.judge("make x; rm -rf /").verdict is Verdict.ASK_TWICE


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("make $X", "ask"),
        ("make $X y", "ask"),
        ("make *", "ask"),
        ("make x$Y", "ask"),
        ("make a", "allow"),
        ("make 'a' $(true)", "allow"),
        ("$X", "ask_twice"),
    ],
)
def test_words_known_only_later_never_slip_past_a_strict_rule(line: str, verdict: str) -> None:
    assert _verdict(line, "*", deny=("make install *",)) == verdict
    assert _verdict(line, "*", ask=("make install *",)) == verdict


def test_the_session_allows_exactly_one_line() -> None:
    permissions = Permissions(Rules(ask=("apt *",)))
    permissions.allow_in_session("make x > out")
    permissions.allow_in_session("apt update")
    judged = permissions.judge("make x > out")
    assert (judged.verdict, judged.rule) == (Verdict.ALLOW, SESSION)
    assert permissions.judge("make x > out2").verdict is Verdict.ASK
    assert permissions.judge("apt update").verdict is Verdict.ASK


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("df -h", "allow"),
        ("ps aux | grep 'nginx|apache' | head -5", "allow"),
        ("find . -name '*.py' -type f | wc -l", "allow"),
        ("[ -f x ] && cat x", "allow"),
        ("cat < notes.txt", "allow"),
        ("LC_ALL=C sort x | uniq -c", "allow"),
        ("ls 2>/dev/null; echo done", "allow"),
        ("systemctl status nginx --no-pager", "allow"),
        ("sudo df", "ask"),
        ("cat *.txt", "ask"),
        ("cat $X", "ask"),
        ("ls > x", "ask"),
        ("cat ~/.ssh/config > x", "ask"),
        ("LD_LIBRARY_PATH=. df", "ask"),
        ("./ls", "ask"),
        ("cat < ~/.netrc", "ask_twice"),
        ("cat .env", "ask_twice"),
        ("cat /etc/shadow", "ask_twice"),
        ("git status", "ask"),
        ("grep -r x .", "ask"),
        ("env ls", "ask"),
        ("xargs ls", "ask"),
        ("bash -c ls", "ask"),
        ("find . -fprint x", "ask"),
        ("sort -o x y", "ask"),
        ("find . -exec ls {} +", "ask"),
        ("ps auxe", "ask"),
        ("awk 1 x", "ask"),
        ("man ls", "ask"),
    ],
)
def test_read_only_commands_by_one_rule(line: str, verdict: str) -> None:
    assert _verdict(line, READ_ONLY) == verdict


def test_read_only_can_be_asked_about_or_refused_too() -> None:
    assert _verdict("df", "*", ask=(READ_ONLY,)) == "ask"
    assert _verdict("make; df", "*", deny=(READ_ONLY,)) == "deny"


def test_tools_match_by_name() -> None:
    permissions = Permissions(
        Rules(allow=("mcp:docs/*", "mcp:db/*"), ask=("mcp:docs/write",), deny=("mcp:db/drop*",))
    )
    verdicts = {
        name: permissions.judge_tool(name).verdict
        for name in ("mcp:docs/read", "mcp:docs/write", "mcp:db/drop_all", "mcp:other/x")
    }
    assert list(verdicts.values()) == ["allow", "ask", "deny", "ask"]
    for name in ("mcp:other/x", "mcp:docs/write", "mcp:db/drop_all"):
        permissions.allow_tool_in_session(name)
    assert permissions.judge_tool("mcp:other/x").rule == SESSION
    assert permissions.judge_tool("mcp:docs/write").verdict is Verdict.ASK
    assert permissions.judge_tool("mcp:db/drop_all").verdict is Verdict.DENY


@given(st.text() | st.text(alphabet="arm -/|&;<>()$`\"'\\{}\n~*#=!", max_size=40))
def test_judging_never_raises_and_never_allows_what_cannot_be_read(line: str) -> None:
    judged = ALL.judge(line)
    if not parse(line).is_parsed:
        assert judged.verdict is Verdict.ASK_TWICE


@given(st.sampled_from(ORDINARY), st.sampled_from(["(", "$(", "'", '"', "`", ")", "<<E", "\0"]))
def test_a_broken_end_is_never_allowed(line: str, broken: str) -> None:
    assert ALL.judge(f"{line}\n{broken}").verdict is not Verdict.ALLOW


@given(st.text(max_size=20), st.text(alphabet="ab* ", max_size=8))
def test_any_text_may_be_a_rule(line: str, rule: str) -> None:
    permissions = Permissions(Rules(allow=(rule,), ask=(rule,), deny=(rule,)))
    assert permissions.judge(line).verdict in set(Verdict)
    assert permissions.judge_tool(line).verdict in set(Verdict)


@given(st.text(alphabet="ab*", max_size=6), st.text(alphabet="ab*", max_size=6), st.data())
def test_unknown_words_meet_whatever_they_could_become(
    rule: str, vague: str, data: st.DataObject
) -> None:
    """Filling the stars of a command with anything never matches a rule that it cannot meet."""
    parts = [data.draw(st.text(alphabet="ab", max_size=3)) if c == "*" else c for c in vague]
    permissions = Permissions(Rules(deny=(rule,)))
    if permissions.judge_tool("".join(parts)).verdict is Verdict.DENY:
        assert _may_meet(_normal(rule), vague)

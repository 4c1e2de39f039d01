"""What a line would run, and what is not trusted to the parser."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.assistant.shell_lines import CHARS_MAX, parse, runs_sudo
from ipcom_chat.assistant.shell_model import SimpleCommand


def _commands(line: str) -> list[str]:
    parsed = parse(line)
    assert parsed.is_parsed
    return [" ".join(each.words) for each in parsed.commands]


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("a | b && c; d & e", ["a", "b", "c", "d", "e"]),
        ("( a; { b; } ) || ! c", ["a", "b", "c"]),
        ("a $(b `c`) <(d)", ["a $(b `c`) <(d)", "b `c`", "c", "d"]),
        ("f() { a; }", ["a"]),
        ("cat <<E | b\n$(c)\nE\nd", ["cat", "c", "b", "d"]),
        ("sudo -u ana -- a b", ["sudo -u ana -- a b", "a b"]),
        ("sudo X=1 a", ["sudo X=1 a", "a"]),
        ("timeout -k 1 5 nice -n 3 a", ["timeout -k 1 5 nice -n 3 a", "nice -n 3 a", "a"]),
        ("bash -lc 'a; b'", ["bash -lc a; b", "a", "b"]),
        ("env -u X Y=1 a", ["env -u X Y=1 a", "a"]),
        ("xargs -n 1 a", ["xargs -n 1 a", "a $ARGUMENTS"]),
        (
            "find x -exec a {} + -exec b {} \\;",
            ["find x -exec a {} + -exec b {} ;", "a x/?", "b x/?"],
        ),
        ("ssh -p 2 h 'a b'", ["ssh -p 2 h a b", "a b"]),
        ("su - ana -c a", ["su - ana -c a", "a"]),
        ("watch -n 1 a b", ["watch -n 1 a b", "a b"]),
        ("parallel a ::: b c", ["parallel a ::: b c", "a b", "a c"]),
        ("ip netns exec x a", ["ip netns exec x a", "a"]),
        ("kubectl exec p -- a", ["kubectl exec p -- a", "a"]),
        ("docker exec -u 0 c a", ["docker exec -u 0 c a", "a"]),
        ("flock /x -c a", ["flock /x -c a", "a"]),
        ("flock /x a b", ["flock /x a b", "a b"]),
        ("command -v a", ["command -v a"]),
        ("command a", ["command a", "a"]),
        ("echo a | sh", ["echo a", "sh", "a"]),
        ("export X=1 Y", ["export X=1 Y"]),
        ("tar xf x --to-command='a b'", ["tar xf x --to-command=a b", "a b"]),
        ("tmux new -d 'a b'", ["tmux new -d a b", "a b", "a b"]),
        ("socat - exec:a", ["socat - exec:a", "a"]),
        ("runuser -u ana -- a", ["runuser -u ana -- a", "a"]),
        ("runuser -c a ana", ["runuser -c a ana", "a"]),
        ("env -S 'a b'", ["env -S a b", "a b"]),
        ("PAGER='a b' man x", ["man x", "a b"]),
        ("git bisect run a b", ["git bisect run a b", "a b"]),
        ("ssh -o ProxyCommand='a b' h", ["ssh -o ProxyCommand=a b h", "a b"]),
    ],
)
def test_every_command_at_every_level_is_found(line: str, commands: list[str]) -> None:
    assert _commands(line) == commands


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (r"""r''m "-r"f \/ $'\x2fa\101\t' $"b c" """, ("rm", "-rf", "/", "/aA\t", "b c")),
        (r"""a "\$x \" \\ \a" b\ c""", ("a", '$x " \\ \\a', "b c")),
        ("a x{b,c{d,e}}y", ("a", "xby", "xcdy", "xcey")),
        ("a '{b,c}' \"{b,c}\" \\{b,c\\}", ("a", "{b,c}", "{b,c}", "{b,c}")),
        ("r\\\nm x", ("rm", "x")),
        ('a "$x  $y"', ("a", "$x  $y")),
        ("a {b} {", ("a", "{b}", "{")),
        ("a {1..3}", ("a", "{1..3}")),
        ("a $'\\u0041\\cA\\e\\q'", ("a", "A\x01\x1b\\q")),
    ],
)
def test_words_are_read_as_bash_reads_them(line: str, words: tuple[str, ...]) -> None:
    assert parse(line).commands[0].words == words


def test_words_that_only_the_running_shell_knows_are_marked() -> None:
    found = parse("a $x \"$y\" '$z' *.c $(b) ${w} x?y [ab] '*'").commands[0]
    assert found.unknown == {1, 2, 4, 5, 6, 7, 8}


@pytest.mark.parametrize("line", ["$x", '"$x"', "$(a)", "a$x", "/bin/r?", "${x:-rm}"])
def test_an_unknown_program_has_no_name(line: str) -> None:
    found = parse(line).commands[0]
    assert found.program == ""
    assert 0 in found.unknown


@pytest.mark.parametrize(
    "line",
    [
        "(",
        "a )",
        "if a",
        "a 'b",
        'a "b',
        "a `b",
        "a $(b",
        "a <<E\nx",
        "a\0b",
        "a\rb",
        "a\u00a0b",
        "a\u202eb",
        "a \ue000",
        "a\udcffb",
        "<<'a b'\nx\na b\n",
        "a" * (CHARS_MAX + 1),
        "{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}x",
        "x {a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}",
        "(" * 200 + "a" + ")" * 200,
        "a;" * 1000,
        "a " + "$(" * 60 + "b" + ")" * 60,
        "eval " * 40 + "a",
        'a "$x"\\ b',
        "{ a; } > x b",
        "X='a'\\b c",
    ],
)
def test_what_is_in_doubt_is_not_parsed(line: str) -> None:
    assert not parse(line).is_parsed


@given(st.text(alphabet="ab|&;<>()$`\"'\\{}[]*~#=! \n\t-/", max_size=60))
def test_parsing_never_raises(line: str) -> None:
    for each in parse(line).commands:
        assert isinstance(each, SimpleCommand)
        assert all(index < len(parse(line).commands) for index in each.inputs)


def test_a_hostile_line_of_100_kb_is_refused_unread() -> None:
    assert parse("$(" * 50_000).commands == ()


def test_inputs_are_followed_through_pipes_and_substitutions() -> None:
    commands = parse('a | b "$(c)" | d').commands
    assert [(each.program, each.inputs) for each in commands] == [
        ("a", ()),
        ("b", (0, 2)),
        ("c", ()),
        ("d", (0, 1, 2)),
    ]


def test_redirects_are_kept_also_of_groups() -> None:
    first, second = parse("{ a; } > x 2>&1").commands
    assert [(each.operator, each.target) for each in first.redirects] == [(">", "x"), (">&", "1")]
    assert second.redirects == first.redirects


def test_texts_in_code_are_guesses() -> None:
    found = parse("""python3 -c 'import os; os.system("a b"); run(["c", "d"])'""").commands
    assert [(each.words[0], each.is_guess) for each in found] == [
        ("python3", False),
        ("a", True),
        ("c", True),
    ]


@pytest.mark.parametrize(
    ("line", "runs"),
    [("sudo ls", True), ("bash -c 'sudo ls'", True), ("echo sudo", False), ("su'do' x", True),
     ("echo 'sudo", True), ("ls (", False)],
)  # fmt: skip
def test_sudo_is_found_at_every_level(line: str, runs: bool) -> None:
    assert runs_sudo(line) is runs

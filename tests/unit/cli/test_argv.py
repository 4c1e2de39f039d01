"""The normaliser of arguments."""

from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.cli.argv import CHOOSE, VALUE_OPTIONS, normalise
from ipcom_chat.cli.root import VERBS, root
from ipcom_chat.domain.entry import Mode
from ipcom_chat.domain.sessions import NEWEST
from ipcom_chat.errors import UsageError

FLAGS: list[tuple[list[str], dict[str, Any]]] = [
    (["--user", "ana"], {"user": "ana"}),
    (["--user=ana"], {"user": "ana"}),
    (["--global"], {"history.mode": Mode.GLOBAL}),
    (["--local"], {"history.mode": Mode.MACHINE}),
    (["--hybrid"], {"history.mode": Mode.HYBRID}),
    (["--mode", "user"], {"history.mode": Mode.USER}),
    (["--mode=local"], {"history.mode": Mode.MACHINE}),
    (["--private"], {"history.private": True}),
]
VERB_LINES = [
    ["machine", "list"],
    ["config", "list", "--json"],
    ["doctor"],
    ["ask", "what is this?"],
    ["ask", "-"],
]


def _sorted(argv: list[str], *, piped: bool = False) -> tuple[list[str], dict[str, Any], bool]:
    found = normalise(argv, piped=piped)
    return found.arguments, found.settings, found.debug


@pytest.mark.parametrize(("flag", "settings"), FLAGS)
@pytest.mark.parametrize("verb", VERB_LINES)
def test_d3_d53_flags_mean_the_same_before_and_after_the_verb(
    flag: list[str], settings: dict[str, Any], verb: list[str]
) -> None:
    plain = normalise(verb, piped=False).arguments
    for argv in ([*flag, *verb], [verb[0], *flag, *verb[1:]], [*verb, *flag]):
        assert _sorted(argv) == (plain, settings, False), argv


@pytest.mark.parametrize("noun", ["history", "user"])
def test_d53_user_is_a_filter_after_history_and_user(noun: str) -> None:
    argv = ["--user", "ana", noun, "list", "--user", "bia", "--local"]
    arguments, settings, _debug = _sorted(argv)
    assert arguments == [noun, "list", "--user", "bia"]
    assert settings == {"user": "ana", "history.mode": Mode.MACHINE}
    assert _sorted([noun, "list", "--user=bia"])[0] == [noun, "list", "--user=bia"]
    assert _sorted([noun, "--user", "bia", "list"])[0] == [noun, "list", "--user", "bia"]
    assert _sorted([noun, "--user=bia", "list", "-x"])[0] == [noun, "list", "--user=bia", "-x"]
    assert _sorted([noun, "--user"])[0] == [noun, "--user"]


def test_d4_user_and_mode_are_independent() -> None:
    _arguments, settings, _debug = _sorted(["--user", "ana", "--hybrid", "doctor"])
    assert settings == {"user": "ana", "history.mode": Mode.HYBRID}


@pytest.mark.parametrize(
    "argv",
    [
        ["--global", "--local"],
        ["--mode", "user", "doctor", "--hybrid"],
        ["--user", "ana", "doctor", "--user", "bia"],
        ["--user"],
        ["--user="],
        ["--user", "--global"],
        ["--mode", "everything"],
        ["ask", "two words", "--user"],
    ],
)
def test_contradictions_and_missing_values_are_usage_errors(argv: list[str]) -> None:
    with pytest.raises(UsageError):
        normalise(argv, piped=False)


def test_the_same_flag_twice_is_no_contradiction() -> None:
    assert _sorted(["--local", "doctor", "--mode", "machine"])[1] == {"history.mode": Mode.MACHINE}


@pytest.mark.parametrize(
    ("argv", "arguments"),
    [
        (["how full is the disk?"], ["ask", "--", "how full is the disk?"]),
        (["how full?", "--json"], ["ask", "--json", "--", "how full?"]),
        (["--json", "how full?"], ["ask", "--json", "--", "how full?"]),
        (["--", "--odd question"], ["ask", "--", "--odd question"]),
        (["-"], ["ask", "--", "-"]),
        (["usr"], ["usr"]),
        ([], []),
        (["--help"], ["--help"]),
        (["--help", "two words"], ["--help"]),
        (["--debug"], []),
    ],
)
def test_an_argument_with_a_blank_is_a_question(argv: list[str], arguments: list[str]) -> None:
    assert _sorted(argv)[0] == arguments


def test_piped_input_needs_no_verb() -> None:
    assert _sorted([], piped=True)[0] == ["ask", "--", "-"]
    assert _sorted(["--json", "--local"], piped=True)[0] == ["ask", "--json", "--", "-"]
    assert _sorted(["--version"], piped=True)[0] == ["--version"]


@pytest.mark.parametrize(
    ("argv", "arguments"),
    [
        ("ask how does --private work", ["ask", "--", "how", "does", "--private", "work"]),
        ("ask what does ls --all", ["ask", "--", "what", "does", "ls", "--all"]),
        ("ask what does tar --help", ["ask", "--", "what", "does", "tar", "--help"]),
        ("ask why is it full --json", ["ask", "--json", "--", "why", "is", "it", "full"]),
        ("ask git checkout -- file", ["ask", "--", "git", "checkout", "--", "file"]),
        ("ask -- --user ana", ["ask", "--", "--user", "ana"]),
        ("ask --bogus why", ["ask", "--bogus", "--", "why"]),
        ("ask how do I use --user", ["ask", "--", "how", "do", "I", "use", "--user"]),
    ],
)
def test_a_question_without_quotes_keeps_its_words(argv: str, arguments: list[str]) -> None:
    assert _sorted(argv.split()) == (arguments, {}, False)


def test_an_unknown_option_after_a_quoted_question_is_left_to_fail() -> None:
    assert _sorted(["ask", "two words", "--jsno"])[0] == ["ask", "--jsno", "--", "two words"]


def test_the_value_of_another_option_is_no_flag() -> None:
    argv = ["user", "create", "--name", "--global", "--username", "ana"]
    assert _sorted(argv) == (argv, {}, False)


def test_nothing_after_two_hyphens_is_a_flag() -> None:
    argv = ["config", "set", "--", "user", "--global"]
    assert _sorted(argv) == (argv, {}, False)


@given(
    question=st.text(min_size=1).filter(lambda text: any(map(str.isspace, text))),
    before=st.lists(st.sampled_from(FLAGS[:1] + FLAGS[3:4] + FLAGS[7:]), unique_by=str),
    after=st.lists(st.sampled_from([["--json"], ["--quiet"], ["--private"], ["--local"]])),
)
def test_a_quoted_question_is_never_eaten(
    question: str, before: list[tuple[list[str], Any]], after: list[list[str]]
) -> None:
    head = [part for flag, _settings in before for part in flag]
    tail = [part for flag in after for part in flag]
    if question.startswith("-"):
        argv = [*head, *tail, "ask", "--", question]
    else:
        argv = [*head, "ask", question, *tail]
    assert _sorted(argv)[0][-2:] == ["--", question]


@given(
    words=st.lists(
        st.one_of(
            st.sampled_from(["--user", "--local", "--mode", "--json", "-q", "--", "-", "ls"]),
            st.text(max_size=5),
        ),
        min_size=1,
    )
)
def test_words_keep_their_order_and_none_is_invented(words: list[str]) -> None:
    argv = ["ask", "--", *words]
    assert _sorted(argv)[0] == argv
    try:
        arguments = normalise(["ask", *words], piped=False).arguments
    except UsageError:
        return
    separator = arguments.index("--")
    question = arguments[separator + 1 :]
    start = [index for index in range(len(words) + 1) if words[index:][: len(question)] == question]
    assert start


def test_every_option_that_takes_a_value_is_known_to_the_normaliser() -> None:
    def options(command: click.Command, ctx: click.Context) -> set[str]:
        found = {
            name
            for option in command.params
            if isinstance(option, click.Option) and not option.is_flag
            for name in option.opts
        }
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                verb = command.get_command(ctx, name)
                assert verb is not None
                found |= options(verb, click.Context(verb, parent=ctx))
        return found

    group = root()
    context = click.Context(group)
    verbs = [group.get_command(context, name) for name in VERBS]
    declared = {name for verb in verbs if verb for name in options(verb, context)}
    assert declared - {"--user"} == VALUE_OPTIONS


ID = "01a22179-2eaf-75ba-81cd-59de5ad29303"


@pytest.mark.parametrize(
    ("argv", "resume", "arguments"),
    [
        (["--continue"], NEWEST, []),
        (["-c"], NEWEST, []),
        (["--resume"], CHOOSE, []),
        (["--resume", "59de5a"], "59de5a", []),
        (["--resume=59DE5A", "--local"], "59DE5A", []),
        (["--private", "--resume", ID], ID, []),
        (["--continue", "ask", "and now?"], NEWEST, ["ask", "--", "and now?"]),
        (["ask", "--continue", "and", "now"], NEWEST, ["ask", "--", "and", "now"]),
        (["ask", "and now?", "-c", "--json"], NEWEST, ["ask", "--json", "--", "and now?"]),
        (["--resume", "59de5a", "and now?"], "59de5a", ["ask", "--", "and now?"]),
        (["and now?", "--resume", "59de5a"], "59de5a", ["ask", "--", "and now?"]),
        (["--continue", "--help"], NEWEST, ["--help"]),
        (["--continue", "-c"], NEWEST, []),
    ],
)
def test_the_session_to_go_on_with_stands_before_the_verb_or_around_a_quoted_question(
    argv: list[str], resume: str, arguments: list[str]
) -> None:
    found = normalise(argv, piped=False)
    assert (found.resume, found.arguments) == (resume, arguments)


def test_piped_input_can_go_on_with_a_session() -> None:
    found = normalise(["--continue"], piped=True)
    assert (found.resume, found.arguments) == (NEWEST, ["ask", "--", "-"])


@pytest.mark.parametrize(
    "argv",
    [
        "ask how do I git rebase --continue",
        "ask what is --resume 59de5a",
        "ask what does bash -c",
        "history list --continue",
    ],
)
def test_a_word_of_a_question_or_of_another_verb_goes_on_with_nothing(argv: str) -> None:
    found = normalise(argv.split(), piped=False)
    assert found.resume is None
    assert found.arguments[-1] == argv.rsplit(maxsplit=1)[-1]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--continue", "history", "list"], "not with 'history'"),
        (["--resume", "ask", "why?"], "needs the id"),
        (["--resume", "two words"], "needs the id"),
        (["--continue", "--resume", "59de5a"], "Only one session"),
        (["--resume", "not-hex"], "'not-hex' is no id of a session"),
    ],
)
def test_what_cannot_go_on_is_a_usage_error(argv: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        normalise(argv, piped=False)

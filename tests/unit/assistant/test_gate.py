"""The gate: rules first, then the person; twice for what is dangerous; anew for what was edited."""

import pytest

from ipcom_chat.assistant.base import Approval, Decision
from ipcom_chat.assistant.gate import RuledGate
from ipcom_chat.assistant.permissions import Permissions, Rules
from tests.unit.assistant.test_tools import YES, Person

DANGEROUS = "rm -rf /"


def gate(
    person: Person | None = None, *, is_plan: bool = False, **rules: tuple[str, ...]
) -> RuledGate:
    approve = person.approve if person else None
    return RuledGate(Permissions(Rules(**rules)), approve, is_plan=is_plan)


async def test_an_edited_line_is_judged_anew() -> None:
    person = Person(Decision(allowed=True, command=DANGEROUS), Decision(allowed=False))
    said = await gate(person).command("1", "ls")
    assert not said.allowed
    assert [each.command for each in person.asked] == ["ls", DANGEROUS]
    assert person.asked[1].is_second


async def test_an_edited_line_that_a_rule_denies_does_not_run() -> None:
    person = Person(Decision(allowed=True, command="reboot"))
    assert not (await gate(person, deny=("reboot",)).command("1", "ls")).allowed


async def test_a_line_edited_to_nothing_does_not_run() -> None:
    person = Person(Decision(allowed=True, command="  "))
    assert not (await gate(person).command("1", "ls")).allowed


async def test_a_line_made_harmless_at_the_second_question_needs_no_third() -> None:
    person = Person(YES, Decision(allowed=True, command="ls"))
    said = await gate(person).command("1", DANGEROUS)
    assert (said.allowed, said.command) == (True, "ls")
    assert len(person.asked) == 2


async def test_what_is_dangerous_is_never_allowed_for_the_session() -> None:
    always = Decision(allowed=True, always=True)
    person = Person(always, always, Decision(allowed=False))
    one = gate(person)
    assert (await one.command("1", DANGEROUS)).allowed
    assert not (await one.command("2", DANGEROUS)).allowed
    assert len(person.asked) == 3


@pytest.mark.parametrize(("line", "asked"), [("ls", 0), (DANGEROUS, 1)])
async def test_to_type_a_line_is_to_have_said_yes_once(line: str, asked: int) -> None:
    person = Person()
    said = await gate(person).typed("1", line)
    assert said.allowed
    assert len(person.asked) == asked
    assert all(each.is_second for each in person.asked)


async def test_a_typed_line_obeys_the_rules() -> None:
    assert not (await gate(Person(), deny=("ls*",)).typed("1", "ls")).allowed


async def test_a_tool_is_asked_about_by_its_name_and_shown_with_its_call() -> None:
    person = Person(Decision(allowed=True, always=True))
    one = gate(person)
    for number in range(2):
        assert (
            await one.tool(str(number), "mcp:files/read", 'mcp:files/read {"path":"/"}')
        ).allowed
    assert person.asked == [
        Approval(call_id="0", tool="mcp:files/read", command='mcp:files/read {"path":"/"}')
    ]


async def test_a_harmless_tool_is_asked_about_only_if_a_rule_says_so() -> None:
    assert (await gate().tool("1", "check:disk", "", is_harmless=True)).allowed
    asked = gate(None, ask=("check:*",))
    assert not (await asked.tool("1", "check:disk", "", is_harmless=True)).allowed


async def test_in_a_plan_no_tool_runs_either() -> None:
    said = await gate(Person(), is_plan=True, allow=("*",)).tool("1", "mcp:a/b", "")
    assert not said.allowed
    assert said.reason


HIDING = "echo hi \x1b]0; touch /tmp/hidden \x07"


@pytest.mark.parametrize("is_typed", [False, True])
async def test_what_runs_is_what_can_be_shown(is_typed: bool) -> None:
    person = Person(YES, YES)
    one = gate(person)
    said = await (one.typed if is_typed else one.command)("1", HIDING)
    assert said.allowed
    assert said.command == "echo hi "
    assert all("hidden" not in each.command for each in person.asked)


async def test_an_edited_line_runs_as_it_can_be_shown() -> None:
    person = Person(Decision(allowed=True, command=HIDING))
    assert (await gate(person).command("1", "ls")).command == "echo hi "


async def test_a_line_of_which_nothing_can_be_shown_does_not_run() -> None:
    hidden = "\x1b]0; touch /tmp/hidden \x07"
    assert not (await gate(Person(YES, YES)).command("1", hidden)).allowed
    assert not (await gate(Person(YES, YES)).typed("1", hidden)).allowed

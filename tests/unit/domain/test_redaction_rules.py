"""The rules as one list: each of their literals has an example."""

from ipcom_chat.domain.redaction_commands import PROGRAMS
from ipcom_chat.domain.redaction_rules import RULES
from tests.support.secrets import expanded, samples

EXAMPLES = (
    "secrets.txt",
    "secrets_by_hint.txt",
    "programs.txt",
    *(f"secrets_held_out{each}.txt" for each in ("", "_2", "_3", "_4", "_5", "_6", "_7")),
)


def _examples() -> str:
    texts = [sample.text for name in EXAMPLES for sample in samples(name)]
    texts += [expanded(rule.yes).text for rule in RULES]
    texts += [expanded(program.yes).text for program in PROGRAMS]
    return "\n" + "\n".join(texts).lower()


def test_every_literal_of_a_rule_has_an_example() -> None:
    examples = _examples()
    literals = {hint for rule in RULES for hint in rule.hints} | {rule.near for rule in RULES}
    assert [literal for literal in sorted(literals) if literal not in examples] == []


def test_every_rule_has_a_literal_in_lower_case() -> None:
    for rule in RULES:
        assert rule.hints
        assert [each for each in (*rule.hints, rule.near) if each != each.lower()] == []

"""Earlier questions that share words with a new one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.recall import MAX_CHARS, best_matches, words

WORDS = st.sampled_from(["disco", "cheio", "nginx", "ssh", "porta", "lenta", "dns", "cpu"])
SENTENCES = st.lists(WORDS, max_size=6).map(" ".join)


def test_case_accents_and_filler_words_do_not_count() -> None:
    assert words("Por que o DISCO está cheio?") == words("disco esta CHEIO")
    assert words("Configuração do nginx") == {"configuracao", "nginx"}


def test_paths_versions_and_addresses_are_one_word() -> None:
    assert words("erro em /var/log/nginx.log na 10.0.0.1:80") == {
        "erro",
        "/var/log/nginx.log",
        "10.0.0.1:80",
    }


def test_the_rare_word_weighs_more() -> None:
    held = ["nginx parado"] + ["porta aberta"] * 9 + ["nginx na porta"]
    ranked = best_matches("nginx porta", held, threshold=0.0, limit=3)
    assert [match.place for match in ranked] == [10, 0, 1]
    assert ranked[0].score == 1.0


def test_the_threshold_and_the_limit_hold() -> None:
    held = ["disco cheio", "disco", "cheio", "dns"]
    assert [m.place for m in best_matches("disco cheio", held, threshold=0.9, limit=9)] == [0]
    assert len(best_matches("disco cheio", held, threshold=0.1, limit=2)) == 2


def test_of_equal_ones_the_earlier_comes_first() -> None:
    found = best_matches("dns", ["dns", "ssh", "dns", "dns"], threshold=0.5, limit=9)
    assert [match.place for match in found] == [0, 2, 3]


def test_nothing_telling_finds_nothing() -> None:
    assert best_matches("o que é isso?", ["o que é isso?"], threshold=0.0, limit=9) == []
    assert best_matches("dns", [], threshold=0.0, limit=9) == []


@given(SENTENCES, st.lists(SENTENCES, max_size=8), st.floats(0.01, 1), st.integers(0, 5))
def test_scores_are_shares_and_come_best_first(
    question: str, held: list[str], threshold: float, limit: int
) -> None:
    found = best_matches(question, held, threshold=threshold, limit=limit)
    assert len(found) <= limit
    assert all(threshold <= match.score <= 1 + 1e-9 for match in found)
    assert found == sorted(found, key=lambda match: (-match.score, match.place))
    assert len({match.place for match in found}) == len(found)


@given(st.text(), st.lists(st.text(), max_size=4))
def test_any_text_may_be_asked(question: str, held: list[str]) -> None:
    best_matches(question, held, threshold=0.3, limit=3)
    assert all(len(word) >= 2 for word in words(question))


@pytest.mark.parametrize("text", ["-" * 10**6, "./:@+-" * 10**5, "a-" * 10**5 + "-" * 10**6])
def test_a_line_of_marks_takes_linear_time(text: str) -> None:
    # Quadratic, each of them would take an hour.
    assert len(words(text)) <= 1


def test_marks_at_the_edges() -> None:
    assert words("-v: /etc/x. --help! a-b- c++ .bashrc") == {
        "-v", "/etc/x", "--help", "a-b", ".bashrc",
    }  # fmt: skip


def test_only_the_beginning_of_a_long_question_counts() -> None:
    log = " ".join(f"word{number}" for number in range(10_000))
    (found,) = best_matches(log, [log[:MAX_CHARS], "word1"], threshold=0.5, limit=5)
    assert found.place == 0
    assert found.score == pytest.approx(1.0)

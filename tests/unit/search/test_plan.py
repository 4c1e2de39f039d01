"""What is looked for, in the index and in texts that it does not hold yet: the same in both."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ipcom_chat.domain.entry import Status
from ipcom_chat.search.planner import Planner
from ipcom_chat.search.query import parse
from ipcom_chat.search.texts import Highlighter, Text, is_near
from tests.support.replica import NOW_MS, an_entry
from tests.support.search import Searched, searching

HISTORY = {
    "restart": ("Como reinicio o nginx?", "Use systemctl restart nginx; /etc/nginx/nginx.conf"),
    "ports": ("How do I list open ports?", "ss -tulpn | grep LISTEN"),
    "compose": ("docker-compose up -d", "started"),
    "cpp": ("compile c++ with g++", "g++ -O2 main.cpp"),
    "ssh": ("ssh user@host.example.org", ""),
    "apache": ("configuração do apache", "apache2ctl configtest"),
    "config": ("the configuration of the printer", "lpadmin -p x"),
    "grep": ("ps aux | grep [s]shd", "root 1 sshd"),
    "docks": ("docks in the harbour", "boats"),
    "snake": ("set my_long_name=1", "export MY_VAR"),
    "decomposed": ("acentuac\u0327a\u0303o estranha", ""),
}  # fmt: skip


@pytest.fixture(scope="module", params=["indexed", "newer"])
def history(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Searched]:
    with searching(Path(tmp_path_factory.mktemp("plan"))) as made:
        made.add(
            *(
                an_entry(command=text, response=answer, tags=(name,), status=Status.COMPLETED)
                for name, (text, answer) in HISTORY.items()
            )
        )
        if request.param == "indexed":
            made.service.catch_up()
        yield made


def names(made: Searched, typed: str) -> list[str]:
    return [hit.entry.tags[0] for hit in made.found(typed).hits]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        # As typed: paths, flags, identifiers.
        ("/etc/nginx", ["restart"]),
        ("-tulpn", ["ports"]),
        ("ss -tulpn", ["ports"]),
        ("docker-compose", ["compose"]),
        ("c++", ["cpp"]),
        ("g++", ["cpp"]),
        ("user@host", ["ssh"]),
        ("main.cpp", ["cpp"]),
        ("my_long_name", ["snake"]),
        ("my_long_name=1", ["snake"]),
        ("MY_VAR", ["snake"]),
        # Case, accents, and accents that stand as characters of their own.
        ("CONFIGURACAO", ["apache", "config"]),
        ("configuração", ["apache", "config"]),
        ("acentuação", ["decomposed"]),
        ("acentuacao", ["decomposed"]),
        # Stems and the other language.
        ("reiniciar", ["restart"]),
        ("port", ["ports"]),
        ("portas abertas", ["ports"]),
        ("impressora", ["config"]),
        ("sshd", ["grep"]),
        # One typo.
        ("ngnix", ["restart"]),
        ("apachee", ["apache"]),
        ("dockr", ["compose", "docks"]),
        ("harbor", ["docks"]),
        # Operators.
        ('"open ports"', ["ports"]),
        ('"ports open"', []),
        ("harb*", ["docks"]),
        ("xyz*", []),
        ("nginx -systemctl", []),
        ('configuração -"the configuration"', ["apache"]),
        ("tag:cpp", ["cpp"]),
        # Nothing.
        ("qqqqqq", []),
        ("qqqqqq wwwwww zzzzzz kkkkkk vvvvvv yyyyyy", []),
        ("???", []),
    ],
)
def test_what_is_typed_is_found(history: Searched, typed: str, found: list[str]) -> None:
    assert sorted(names(history, typed)) == sorted(found)


def test_the_better_fit_comes_first(history: Searched) -> None:
    assert names(history, "docker")[0] == "compose"
    assert names(history, "docks")[0] == "docks"
    assert names(history, "how to list the ports that are open")[0] == "ports"
    assert names(history, "restart the nginx service")[0] == "restart"


def test_words_that_say_nothing_are_found_when_there_is_nothing_else(history: Searched) -> None:
    assert "restart" in names(history, "o")


def test_only_excluding_shows_the_rest(history: Searched) -> None:
    assert len(names(history, "-nginx -docks")) == len(HISTORY) - 2


def test_a_sentence_demands_none_of_its_quotes(history: Searched) -> None:
    typed = 'please tell me now which "ports open" there are here'
    assert names(history, typed)[0] == "ports"


def test_highlights_follow_what_matched() -> None:
    text = "Reiniciar: use systemctl restart nginx em /etc/nginx"
    plan = Planner(None, [Text(text, "")]).plan(parse("reinicia nginx /etc/nginx", NOW_MS))
    marked = [text[start:end] for start, end in Highlighter(plan).ranges(text)]
    assert marked == ["Reiniciar", "restart", "nginx", "/etc/nginx"]


def test_words_of_nearly_the_same_spelling_are_marked_wherever_the_letter_differs() -> None:
    near = ("nginx", "ngins", "mginx", "nginxx", "nngix", "gninx", "ngix")
    text = " ".join(("engine", *near, "angina", "nginx2024", "ng", "kanginx"))
    plan = msgspec.structs.replace(
        Planner(None, [Text("x", "")]).plan(parse("x", NOW_MS)), weighted=(), near=("ngimx",)
    )
    marked = [text[start:end] for start, end in Highlighter(plan).ranges(text)]
    assert marked == [word for word in text.split() if is_near("ngimx", word)]
    assert "nginx" in marked

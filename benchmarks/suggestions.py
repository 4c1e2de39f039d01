"""How long suggestions take, and how often what the team solved is told rightly.

    python -m benchmarks.suggestions [10000 100000 1000000]
    python -m benchmarks.suggestions --corpus F --queries F --key answer|id [--no-semantic]

Times, by history size, half of it questions with answers and half commands: in process, through the
service behind `suggest`, for commands that ran thousands of times, commands that ran now and then,
questions, and what nothing fits.

With a corpus and queries as in `benchmarks.retrieval`: for how many queries something is told to be
solved, for how many the right entry is among what is told, or comes first; the same of what the
knowledge assistant recalls; and for how many questions that no history of commands answers
something is told all the same. An entry with the same question is as right as the right one.
"""

import argparse
import json
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from benchmarks.percentiles import of_calls
from benchmarks.retrieval import answer, lines
from benchmarks.search_corpus import texts
from benchmarks.search_replica import Opened, fill, filled
from ipcom_chat.domain.entry import Entry, Kind, Mode, Scope, Status
from ipcom_chat.domain.suggestions import question_key
from ipcom_chat.ids import EntryId, IdSource, MachineId, ReplicaId, SessionId
from ipcom_chat.services.suggestions import SuggestionService
from ipcom_chat.services.votes import VoteService
from ipcom_chat.storage.suggestion_rows import SuggestionRows
from ipcom_chat.storage.votes import Votes

SIZES = (10_000, 100_000)
QUERIES = 100
MACHINES = 300
FREQUENT = (
    "df -h", "ls -la", "systemctl restart nginx", "systemctl status nginx", "nginx -t", "ss -tulpn",
    "journalctl -u nginx -n 50", "docker ps", "free -m", "ip addr", "cat /etc/hosts", "apt update",
)  # fmt: skip
OFF_TOPIC = (
    "qual é a capital da França?", "quem ganhou o jogo ontem?", "obrigado pela ajuda",
    "bom dia, tudo bem?", "como está o tempo hoje?", "me conte uma piada",
    "traduza esta frase para o inglês", "escreva um poema sobre o mar",
    "quanto custa um servidor novo?", "quando é o próximo feriado?",
    "quem é o chefe do setor de infraestrutura?", "como faço bolo de chocolate?",
    "qual o melhor editor de texto?", "por que o céu é azul?", "onde fica a sala de reuniões?",
    "preciso de férias", "resuma a reunião de ontem", "como pedir reembolso de viagem?",
    "what is the capital of France?", "who won the match yesterday?", "thanks for your help",
    "good morning, how are you?", "what is the weather like today?", "tell me a joke",
    "write a poem about the sea", "how much is a new server?", "when is the next holiday?",
    "who is the head of the infrastructure department?", "how do I bake a chocolate cake?",
    "why is the sky blue?", "where is the meeting room?", "I need a vacation",
    "summarise yesterday's meeting", "how do I get my travel expenses back?",
    "a impressora do RH não imprime colorido", "o ramal 204 não toca",
    "a VPN cai toda hora no notebook do Carlos", "o ERP está lento desde a atualização de terça",
    "a câmera da portaria está sem imagem", "o e-mail do diretor não chega no celular",
)  # fmt: skip
"""Nothing in a history of commands answers these."""
_RARE = 20_000
_BATCH = 10_000
_GAP_MS = 700
_SESSION_ROWS = 20
_SCOPE = Scope(mode=Mode.GLOBAL, machine_id=MachineId("machine-0"))


def main() -> None:
    """Measure as the arguments say; print one JSON object."""
    options = _options()
    if options.corpus is None:
        print(json.dumps({f"{size:,} entries": measure(size) for size in options.sizes or SIZES}))
        return
    corpus, queries = lines(options.corpus), lines(options.queries)
    with tempfile.TemporaryDirectory() as name:
        pairs = ((each["question"], answer(each)) for each in corpus)
        opened = filled(Path(name), pairs)
        if options.semantic:
            opened.meaning.wait()
        else:
            opened.service.meaning = None
        opened.history.find_similar = opened.service.similar
        print(json.dumps(judged(opened, corpus, queries, options.key)))
        opened.close()


def judged(
    opened: Opened, corpus: Sequence[dict[str, Any]], queries: Sequence[dict[str, Any]], key: str
) -> dict[str, dict[str, float]]:
    """Return how often something is told, and rightly so."""
    service = _service(opened)

    def solved(text: str) -> list[str]:
        return [each.source.entry.id for each in service.solved(_SCOPE, text)]

    def recalled(text: str) -> list[str]:
        return [each.entry.id for each in opened.history.recall(_SCOPE, text)]

    rights = [_right(corpus, query[key], key) for query in queries]
    found = {}
    for name, ask in (("solved", solved), ("recalled", recalled)):
        told = [[opened.place[each] for each in ask(query["query"])] for query in queries]
        pairs = [(places, right) for places, right in zip(told, rights, strict=True) if places]
        found[name] = {
            "told": _share(len(pairs), len(queries)),
            "right": _share(sum(not right.isdisjoint(p) for p, right in pairs), len(queries)),
            "first_is_right_of_told": _share(sum(p[0] in right for p, right in pairs), len(pairs)),
            "told_off_topic": _share(sum(bool(ask(text)) for text in OFF_TOPIC), len(OFF_TOPIC)),
        }
    return found


def _right(corpus: Sequence[dict[str, Any]], wanted: str, key: str) -> set[int]:
    """Return the places of the entries that answer a query."""
    exact = {place for place, each in enumerate(corpus) if each[key] == wanted}
    asked = {question_key(corpus[place]["question"]) for place in exact}
    return exact | {
        place for place, each in enumerate(corpus) if question_key(each["question"]) in asked
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 3) if whole else 0.0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.suggestions", description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--queries", type=Path)
    parser.add_argument("--key", choices=("answer", "id"), default="answer")
    parser.add_argument("--no-semantic", dest="semantic", action="store_false")
    return parser.parse_args()


def measure(size: int) -> dict[str, dict[str, Any]]:
    """Return the times for a history of `size` entries."""
    source = random.Random(5)
    frequent_and_rare = (*FREQUENT, *_rare(source))
    with tempfile.TemporaryDirectory() as name:
        opened = Opened(Path(name))
        fill(opened, texts(size // 2))
        commands = _commands(opened, source, frequent_and_rare, size - size // 2)
        while batch := list(islice(commands, _BATCH)):
            opened.entries.add_all(batch, actor="bench")
        opened.service.catch_up()
        questions = [question for question, _answer in texts(min(size // 2, 20_000))]
        kinds: dict[str, Callable[[], str]] = {
            "frequent command": lambda: source.choice(FREQUENT),
            "rare command": lambda: source.choice(frequent_and_rare),
            "question": lambda: source.choice(questions),
            "miss": lambda: "".join(source.choices("qxzwvk", k=9)),
        }
        service = _service(opened)
        times = {name: _timed(service, make) for name, make in kinds.items()}
        opened.close()
    return times


def _rare(source: random.Random) -> Iterator[str]:
    for number in range(_RARE):
        yield f"{source.choice(FREQUENT)} {number:x}"


def _commands(
    opened: Opened, source: random.Random, texts_: tuple[str, ...], count: int
) -> Iterator[Entry]:
    """Yield commands of many machines at once, each in sessions, a few texts very often."""
    ids, now_ms = IdSource(opened.clock), opened.clock.now_ms()
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(texts_))))
    for number, text in enumerate(source.choices(texts_, cum_weights=weights, k=count)):
        at_ms = now_ms - (count - number) * _GAP_MS
        machine, turn = number % MACHINES, number // MACHINES
        yield Entry(
            id=EntryId(ids.new()), kind=Kind.COMMAND, mode=Mode.GLOBAL, os_user="bench",
            machine_id=MachineId(f"machine-{machine}"), replica_id=ReplicaId("r" * 32),
            session_id=SessionId(f"{machine}-{turn // _SESSION_ROWS}"), command=text,
            response="some output", error_code="0" if source.random() < 0.9 else "1", cwd="/",
            status=Status.COMPLETED, created_at=at_ms, updated_at=at_ms, completed_at=at_ms,
        )  # fmt: skip


def _service(opened: Opened) -> SuggestionService:
    votes = VoteService(Votes(opened.database), opened.clock)
    rows = SuggestionRows(opened.database)
    return SuggestionService(
        opened.service, rows, opened.history, votes, opened.clock, ttl_ms=3_600_000
    )


def _timed(service: SuggestionService, make: Callable[[], str]) -> dict[str, Any]:
    def suggest(text: str) -> int:
        return not service.suggest(_SCOPE, text, "/").is_empty

    times, found = of_calls(suggest, [make() for _each in range(QUERIES)])
    return times | {"found": found / QUERIES}


if __name__ == "__main__":
    main()

"""How fast redaction is, what it finds, and what it takes for a secret by mistake.

    python -m benchmarks.redaction [--ordinary nl2bash_corpus.jsonl]

*Speed*: milliseconds of processor time for 10 KB of ordinary text, as a multiple of `text.lower()`
over the same text 100 times; 100 KB of the worst that could be thought of, and of the hints and the
examples of every rule, with how much longer 100 KB take than 50 KB: 2 is linear. *Recall*:
the share of the made-up secrets of `tests/data` whose text is gone. *False alarms*: the share of
ordinary lines that change; a file of JSON lines with an `answer` each may be given. *Saving*: what
redaction adds to `Entries.add` and `advance`.

The last line is one JSON object.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from benchmarks.corpus import question
from ipcom_chat.clock import SystemClock
from ipcom_chat.domain.entry import RULES_VERSION, Outcome, Status
from ipcom_chat.domain.redaction import redact
from ipcom_chat.domain.redaction_rules import RULES
from ipcom_chat.ids import EntryId, IdSource, ReplicaId
from ipcom_chat.storage.entries import Entries
from ipcom_chat.storage.entry_rows import entry_bindings
from ipcom_chat.storage.replica import open_replica
from tests.support.secrets import expanded, ordinary, samples

TEXT_CHARS = 10_000
WORST_CHARS = 100_000
LIMIT_MS = 5.0
WORST_LIMIT_MS = 100.0
ROUNDS = 9
SAVES = 2_000

WORST = (
    "a", "1", " ", "'", '"', "\\", "-", "_", "/", ".", "Aa1", "password", "password=", "password ",
    "password: a ", "pass='", 'pass="', 'pass=\\"', "pass(", "password={", "<password>", "api_key",
    "token: x1y2z3w4 ", "senha é ", "senha da da da ", "a senha é a senha ", "eyJ", "eyJaaaaaaaa.",
    "://", "://a:", "://a:b", "://a@", "sig=", "$6$", "bearer ", "cookie: a=b1c2d3e4",
    "authorization: basic ", "mysql ", "mysql -pabc1 ", "curl -u a:b ", "echo x | sudo -S ",
    "echo a passwd ", "chpasswd <<< ", "kubectl create secret --from-literal=a=b1c2d3 ",
    "com2sec a b ", "htpasswd -b ", "net user a ", "sqlplus a/", "login a password ",
    "username a secret b1c ", "identified by ", "-----BEGIN ", "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----\nAAAA\n", "111.111.111-1", "1111 1111 1111 ", "a:a@", "AKIA",
    "sk-", "ghp_", "[REDACTED:", "[REDACTED:password]", "password: [REDACTED:x] ", "${PASSWORD:-",
)  # fmt: skip


def _ms(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the least processor time of several runs: other processes count for nothing."""
    times = []
    for _round in range(rounds):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times) * 1000


def _texts() -> dict[str, str]:
    lines = "\n".join(ordinary())
    log = "".join(
        f"Nov 28 03:{n % 60:02d}:12 web{n} sshd[{1000 + n}]: Failed password for invalid user "
        f"admin from 10.0.0.{n % 255} port {40000 + n} ssh2\n"
        for n in range(200)
    )
    prose = "Veja o estado do serviço e o registro dele, depois reinicie o nginx com systemctl. "
    secret = "\n".join(sample.text for sample in samples("secrets.txt"))
    many = {
        "lines that look like secrets": lines,
        "lines with secrets": secret,
        "log of sshd": log,
        "prose": prose,
    }
    return {
        name: (text * (TEXT_CHARS // len(text) + 1))[:TEXT_CHARS] for name, text in many.items()
    }


def _speed() -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, text in _texts().items():
        redact(text)
        took = _ms(lambda text=text: redact(text))  # type: ignore[misc]
        bare = _ms(lambda text=text: [text.lower() for _time in range(100)])  # type: ignore[misc]
        result[name] = {
            "ms_per_10_kb": round(took, 2), "times_100_lowers": round(took / bare, 1),
            "limit_ms": LIMIT_MS,
        }  # fmt: skip
    return result


def _worst(pieces: Iterable[str]) -> dict[str, Any]:
    """Time texts that are one piece again and again, and how the time grows with their length."""
    times: dict[str, float] = {}
    growth: dict[str, float] = {}
    for piece in pieces:
        text = (piece * (WORST_CHARS // len(piece) + 1))[:WORST_CHARS]
        half = text[: WORST_CHARS // 2]
        took = _ms(lambda half=half: redact(half), 2)  # type: ignore[misc]
        times[piece] = _ms(lambda text=text: redact(text), 2)  # type: ignore[misc]
        if times[piece] > WORST_LIMIT_MS / 4:  # What is short says nothing of how it grows.
            growth[piece] = times[piece] / took
    slowest = max(times, key=lambda piece: times[piece])
    return {
        "texts": len(times),
        "median_ms": round(statistics.median(times.values()), 1),
        "worst_ms": round(times[slowest], 1),
        "worst_text": repr(slowest),
        "limit_ms": WORST_LIMIT_MS,
        "above_limit": sum(took > WORST_LIMIT_MS for took in times.values()),
        "worst_growth": max(
            ((round(each, 2), repr(piece)) for piece, each in growth.items()), default=None
        ),
    }


def _of_rules() -> set[str]:
    """Return the hints of all rules and their examples."""
    hints = {hint for rule in RULES for hint in rule.hints}
    return hints | {f"{expanded(rule.yes).text}\n" for rule in RULES} | {rule.no for rule in RULES}


def _recall(name: str) -> dict[str, Any]:
    found = total = 0
    for sample in samples(name):
        text = redact(sample.text).text
        total += len(sample.secrets)
        found += sum(secret not in text for secret in sample.secrets)
    return {"secrets": total, "found": found, "recall": round(found / total, 4)}


def _alarms(lines: Iterable[str]) -> dict[str, Any]:
    texts = list(lines)
    changed = sum(redact(text).text != text for text in texts)
    return {"lines": len(texts), "changed": changed, "share": round(changed / len(texts), 5)}


def _saving() -> dict[str, Any]:
    """Compare saves of texts that the rules have seen with saves of such that they have not."""
    clock = SystemClock()
    ids = IdSource(clock)
    with TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as folder:
        replica = open_replica(Path(folder) / "replica.db", now_ms=clock.now_ms())
        entries = Entries(replica.database)
        add, advance = [], []
        for number in range(SAVES):
            entry = question(ids.new(), clock.now_ms(), number)
            start = time.perf_counter()
            entries.add(entry, actor="benchmark")
            add.append(time.perf_counter() - start)
            running = msgspec.structs.replace(
                entry, id=EntryId(ids.new()), status=Status.PROCESSING, response=None,
                completed_at=None,
            )  # fmt: skip
            entries.add(running, actor="benchmark")
            advance.append(_advanced(entries, running.id, entry.response))
        replica.close()
    plain = question(ids.new(), clock.now_ms(), 1)
    unseen_ms = _ms(lambda: [entry_bindings(plain) for _time in range(200)]) / 200
    known = msgspec.structs.replace(
        plain, redaction_command=RULES_VERSION, redaction_response=RULES_VERSION
    )
    seen_ms = _ms(lambda: [entry_bindings(known) for _time in range(200)]) / 200
    return {
        "add_p50_ms": round(statistics.median(add) * 1000, 3),
        "advance_p50_ms": round(statistics.median(advance) * 1000, 3),
        "redaction_of_one_entry_ms": round(unseen_ms - seen_ms, 3),
    }


def _advanced(entries: Entries, entry_id: EntryId, response: str | None) -> float:
    outcome = Outcome(status=Status.COMPLETED, response=response)
    start = time.perf_counter()
    assert entries.advance(
        entry_id, outcome, replica_id=ReplicaId("r" * 32), at_ms=1, actor="benchmark"
    )
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--ordinary", type=Path, help="JSON lines with an `answer` each")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "speed": _speed(),
        "100 KB of the worst": _worst(WORST),
        "100 KB of what the rules look for": _worst(sorted(_of_rules())),
        "recall": {
            "corpus": _recall("secrets.txt"),
            "written after the rules": _recall("secrets_held_out.txt"),
            "after those, by another": _recall("secrets_held_out_2.txt"),
            "after the rules of version 2": _recall("secrets_held_out_3.txt"),
            "before a look at those": _recall("secrets_held_out_4.txt"),
            "before a look at version 3": _recall("secrets_held_out_5.txt"),
            "rare things, by the same": _recall("secrets_held_out_6.txt"),
            "after the rules of version 4": _recall("secrets_held_out_7.txt"),
        },
        "false alarms": {
            name: _alarms(ordinary(f"{name}.txt"))
            for name in (
                "ordinary",
                "ordinary_held_out",
                "ordinary_held_out_2",
                "ordinary_held_out_3",
                "ordinary_held_out_4",
            )
        },
        "saving": _saving(),
    }
    if options.ordinary:
        lines = options.ordinary.read_text(encoding="utf-8").splitlines()
        name = options.ordinary.name
        result["false alarms"][name] = _alarms(json.loads(line)["answer"] for line in lines)
    print(json.dumps(result))


if __name__ == "__main__":
    main()

"""Entries to measure with: support questions of about 0.5 KB with their answers."""

import random
from pathlib import Path

from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, MachineId, ReplicaId, SessionId

TEXT_BYTES = 500

_README = Path(__file__).parents[1] / "README.md"
_WORDS = [
    word
    for word in _README.read_text(encoding="utf-8").split()
    if word.isascii() and word.isalpha()
]
_TOPICS = ("nginx", "disco cheio", "ssh", "postgres", "dns", "docker", "memória", "fail2ban")


def question(entry_id: str, at_ms: int, number: int) -> Entry:
    """Return a completed question of about 0.5 KB of text."""
    topic = _TOPICS[number % len(_TOPICS)]
    return Entry(
        id=EntryId(entry_id),
        kind=Kind.QUESTION,
        mode=Mode.GLOBAL,
        os_user="tecnico",
        machine_id=MachineId("m" * 64),
        replica_id=ReplicaId("r" * 32),
        session_id=SessionId("00000000-0000-7000-8000-000000000001"),
        command=f"Por que o serviço {topic} não responde na máquina {number}?",
        response=f"Veja o estado do serviço {topic} e o registro dele. " * 8,
        status=Status.COMPLETED,
        created_at=at_ms,
        updated_at=at_ms,
        completed_at=at_ms,
    )


def machine_id(machine: int) -> MachineId:
    """Return the id of a machine of a fleet."""
    return MachineId(f"{machine:064x}")


def replica_id(machine: int) -> ReplicaId:
    """Return the id of its replica."""
    return ReplicaId(f"{machine:032x}")


def an_entry(entry_id: str, at_ms: int, machine: int, number: int) -> Entry:
    """Return a question with its answer, `TEXT_BYTES` together, which names who saved it."""
    command = _text(f"{machine}:{number} ", TEXT_BYTES // 5)
    return Entry(
        id=EntryId(entry_id),
        kind=Kind.QUESTION,
        mode=Mode.GLOBAL,
        os_user="tecnico",
        machine_id=machine_id(machine),
        replica_id=replica_id(machine),
        session_id=SessionId(f"00000000-0000-7000-8000-{machine:012x}"),
        command=command,
        response=_text("", TEXT_BYTES - len(command)),
        status=Status.COMPLETED,
        model="openai:gpt-5-mini",
        tokens_used=random.randint(100, 2000),
        execution_time_ms=random.randint(500, 9000),
        cwd="/home/tecnico",
        created_at=at_ms,
        updated_at=at_ms,
        completed_at=at_ms,
    )


def _text(beginning: str, size: int) -> str:
    return (beginning + " ".join(random.choices(_WORDS, k=size // 3)))[:size]

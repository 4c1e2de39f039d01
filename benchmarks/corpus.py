"""Entries to measure with: support questions of about 0.5 KB with their answers."""

from ipcom_chat.domain.entry import Entry, Kind, Mode, Status
from ipcom_chat.ids import EntryId, MachineId, ReplicaId, SessionId

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

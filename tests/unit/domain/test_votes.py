"""Who votes, and how a vote counts."""

import pytest

from ipcom_chat.domain.entry import Mode, Origin
from ipcom_chat.domain.votes import Vote, voter_of
from ipcom_chat.ids import MachineId, ReplicaId, UserId


@pytest.mark.parametrize(
    ("user_id", "voter"), [(UserId("u"), "u"), (None, "root@m")], ids=["user", "account"]
)
def test_the_voter_is_the_user_or_the_account_of_the_machine(
    user_id: UserId | None, voter: str
) -> None:
    origin = Origin(
        mode=Mode.GLOBAL, private=False, user_id=user_id, os_user="root",
        machine_id=MachineId("m"), replica_id=ReplicaId("r"), session_id=None, cwd=None,
    )  # fmt: skip
    assert voter_of(origin) == voter


def test_votes_are_counted_for_against_and_not_at_all() -> None:
    assert {vote.value: vote.weight for vote in Vote} == {"good": 1, "bad": -1, "none": 0}

"""The plan of a campaign follows from its seed, and every step of it is known."""

from collections import Counter

from campaign.faults import DOERS
from campaign.plan import ACTS, ENDS, FAULTS, rounds


def test_the_same_seed_is_the_same_plan() -> None:
    assert list(rounds(7, 60)) == list(rounds(7, 60))
    assert list(rounds(7, 60)) != list(rounds(8, 60))


def test_there_are_as_many_faults_as_asked_for_in_the_order_of_time() -> None:
    made = list(rounds(3, 101))
    assert sum(step.name in FAULTS for steps in made for step in steps) == 101
    for steps in made:
        assert [step.at_s for step in steps] == sorted(step.at_s for step in steps)


def test_what_has_an_end_ends_after_it_began_on_the_same_machine() -> None:
    for steps in rounds(5, 400):
        ends = Counter((step.name, step.box) for step in steps)
        for step in steps:
            if step.name in ENDS:
                assert ends[ENDS[step.name], step.box] >= 1


def test_every_act_and_every_fault_can_be_done_and_comes_up() -> None:
    assert {*ACTS, *FAULTS, *ENDS.values()} <= DOERS.keys()
    played = {step.name for steps in rounds(1, 3000) for step in steps}
    assert played >= {*ACTS, *FAULTS}

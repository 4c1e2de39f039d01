"""The model of a campaign: what it takes for certain, and what nobody can know."""

from campaign.model import TOKEN, Erased, Final, Model

COMPLETED = Final(status="completed", error_code=None, is_presumed=False)
INTERRUPTED = Final(status="error", error_code="interrupted", is_presumed=True)


def test_a_text_holds_its_token_once_and_no_other() -> None:
    model = Model(1)
    for _each in range(50):
        question = model.new("one")
        assert TOKEN.findall(model.text(question)) == [question.token]


def test_only_what_was_acknowledged_is_expected() -> None:
    model = Model(1)
    said, unsaid = model.new("one"), model.new("one")
    model.acknowledge(said, 1)
    assert [each.token for each in model.expected(private=False)] == [said.token]
    assert unsaid.token not in model.private_of("one")


def test_what_only_a_machine_had_that_was_put_back_may_be_lost() -> None:
    model = Model(1)
    old, new = model.new("one"), model.new("one")
    kept, lost = model.new("one", private=True), model.new("one", private=True)
    for each in (old, new, kept, lost):
        model.acknowledge(each, 1)
    old.is_settled = True
    model.put_back("one", frozenset({kept.token}))
    expected = {each.token for private in (True, False) for each in model.expected(private=private)}
    assert expected == {old.token, kept.token}


def test_what_is_of_one_machine_may_be_lost_with_it_and_the_primary_together() -> None:
    model = Model(1)
    local, shared = model.new("one", local=True), model.new("one")
    for each in (local, shared):
        model.acknowledge(each, 1)
    model.settle()
    model.put_primary_back()
    model.settle()
    model.put_back("one", frozenset())
    assert [each.token for each in model.expected(private=False)] == [local.token, shared.token]
    model.put_primary_back()
    assert [each.token for each in model.expected(private=False)] == [shared.token]


def test_an_erasure_that_was_not_shared_yet_is_uncertain_after_its_machine_was_put_back() -> None:
    model = Model(1)
    shared, own = model.new("one"), model.new("one")
    for each in (shared, own):
        model.acknowledge(each, 1)
        model.erase([each.token], "two")
    shared.is_settled = True
    model.put_back("two", frozenset())
    assert (shared.erased, own.erased) == (Erased.YES, Erased.MAYBE)


def test_what_is_saved_with_an_instant_before_a_purge_may_go() -> None:
    model = Model(1)
    early, late = model.new("one"), model.new("one")
    model.acknowledge(early, 10)
    assert model.purge(20, [f"x {early.token} y"]) == [early.token]
    model.acknowledge(late, 15)
    assert (early.erased, late.erased) == (Erased.MAYBE, Erased.MAYBE)


def test_an_end_changes_only_if_it_was_presumed() -> None:
    model = Model(1)
    assert model.ended("a", INTERRUPTED) is None
    assert model.ended("a", COMPLETED) is None
    assert model.ended("a", COMPLETED) is None
    assert model.ended("a", INTERRUPTED) is not None
    assert model.reopened(["a", "b"]) == ["a"]

"""The time of a question: held while a person is asked, and over once it has run out."""

import asyncio

import pytest

from ipcom_chat.assistant.time_limit import TimeLimit


async def test_what_holds_it_in_the_moment_in_which_it_runs_out_meets_no_fault() -> None:
    limit = TimeLimit(0.01)
    loop, met = asyncio.get_running_loop(), list[Exception]()

    def held() -> None:
        try:
            limit.hold()
            limit.go_on()
        except RuntimeError as error:
            met.append(error)

    async def wait() -> None:
        async with limit:
            # In the same round of the loop as the time-out, and after it.
            loop.call_at(limit._timeout.when() or 0.0, held)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
    assert met == []

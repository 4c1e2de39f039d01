"""Replicas and a primary agree in the end, whatever happens in between: random stories.

IPCOM_CHAT_STORIES says how many stories are told (150 if it is not set), IPCOM_CHAT_STORIES_FROM
the seed of the first; the same seed is always the same story. One that fails is shortened and
printed, to be kept as a test of its own below.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.support.fleet import Habits, template
from tests.support.fleet_story import Op, Story, Teller, invent, shortened

STORIES = int(os.environ.get("IPCOM_CHAT_STORIES", "150"))
FIRST = int(os.environ.get("IPCOM_CHAT_STORIES_FROM", "0"))
CHUNK = 50
MEMORY = Path("/dev/shm")
"""The files of a story need not survive; where there is no such folder, they are on the disk."""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    found = Path(mkdtemp(prefix="ipcom-chat-fleet-", dir=MEMORY if MEMORY.is_dir() else None))
    template(found)
    yield found
    shutil.rmtree(found)


def tell(folder: Path, story: Story) -> None:
    place = Path(mkdtemp(dir=folder))
    try:
        Teller(place, folder / "template.db").tell(story)
    finally:
        shutil.rmtree(place)


def failure(folder: Path, story: Story) -> str:
    """Return what a story fails with; empty if it does not."""
    try:
        tell(folder, story)
    except Exception as error:  # noqa: BLE001 - it is reported with the story
        return f"{type(error).__name__}: {error}"
    return ""


def printed(story: Story) -> str:
    ops = "".join(f"        Op({', '.join(map(repr, op))}),\n" for op in story.ops)
    return f"Story({story.nodes}, {story.habits!r}, {story.max_rows}, (\n{ops}    ))"


@pytest.mark.parametrize("first", range(FIRST, FIRST + STORIES, CHUNK))
def test_all_agree_in_the_end(folder: Path, first: int) -> None:
    for seed in range(first, min(first + CHUNK, FIRST + STORIES)):
        found = failure(folder, invent(seed))
        if found:
            _report(folder, seed, found)


def _report(folder: Path, seed: int, found: str) -> None:
    kind = found.partition(":")[0]
    short = shortened(invent(seed), lambda one: failure(folder, one).startswith(kind))
    pytest.fail(f"seed {seed}: {failure(folder, short)}\n{printed(short)}", pytrace=False)


def test_a_session_of_a_history_that_is_not_held_is_acknowledged(folder: Path) -> None:
    tell(folder, Story(1, Habits(), 0, (Op("session", 0, 1, 1, 1),)))


def test_a_refused_push_does_not_hide_what_others_wrote(folder: Path) -> None:
    story = Story(3, Habits(), 0, (
        Op("settle", 2, 1, 1, 1),
        Op("user", 1, 51, 29, 1),
        Op("command", 1, 47, 1, 1),
        Op("user", 2, 1, 11, 1),
    ))  # fmt: skip
    tell(folder, story)


def test_the_same_import_elsewhere_does_not_undo_a_redaction(folder: Path) -> None:
    story = Story(3, Habits(), 0, (
        Op("import", 1, 1, 1, 1),
        Op("redact", 1, 1, 1, 1),
        Op("import", 2, 1, 1, 1),
    ))  # fmt: skip
    tell(folder, story)


def test_a_window_that_was_narrow_is_filled_again(folder: Path) -> None:
    story = Story(1, Habits(), 0, (
        Op("exchange", 1, -1, 1, 1),
        Op("widen", 1, 1, 1, 1),
        Op("import", 1, 1, 1, 1),
        Op("exchange", 0, -1, 1, 1),
        Op("clone", 0, 1, 1, 1),
    ))  # fmt: skip
    tell(folder, story)


def test_a_session_from_before_the_window_is_acknowledged(folder: Path) -> None:
    story = Story(1, Habits(), 0, (
        Op("widen", 0, 1, 0, 0),
        Op("session", 0, 0, 1, 0),
        Op("tick", 0, 9, 0, 0),
    ))  # fmt: skip
    tell(folder, story)


def test_a_request_to_cancel_goes_though_the_owners_clock_is_days_ahead(folder: Path) -> None:
    story = Story(2, Habits(), 0, (
        Op("tick", 0, 9, 0, 0),
        Op("ask", 0, 0, 1, 0),
        Op("tick", 0, 2, 0, 0),
        Op("settle", 0, 0, 1, 0),
        Op("settle", 1, 0, 1, 0),
        Op("request_cancel", 1, 0, 0, 0),
    ))  # fmt: skip
    tell(folder, story)

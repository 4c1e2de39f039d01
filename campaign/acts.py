"""What people and timers do in a campaign: each starts a real program and reads its end."""

import shutil
import time
from collections.abc import Callable
from contextlib import suppress

import msgspec

from campaign.model import Erased, Question
from campaign.plan import Step
from campaign.programs import KILLED, Ended
from campaign.stage import SLOW, Doer, Stage
from campaign.world import Box
from tests.support.cli import PROGRAM
from tests.support.tmux import Terminal

READY = "Ask, or paste an error"
IMPORTED = 40
PAST_MS = 12 * 3_600_000
"""What is purged is older than so many milliseconds; only clocks that jumped make that."""
_UNSAVED = "was not saved"
_SEEN = "SELECT id, status, created_at FROM entries WHERE instr(command, ?)"

# A request that is still open is left alone.
_OLD = """
SELECT command FROM entries
WHERE created_at < ? AND created_at >= 1704067200000 AND completed_at IS NOT NULL
"""


class _Answer(msgspec.Struct):
    """What `ask --json` prints, as far as it matters."""

    id: str
    created_at: int


def _saved(stage: Stage, box: Box, question: Question) -> Callable[[Ended], None]:
    def note(ended: Ended) -> None:
        question.is_over = ended.code != KILLED and not box.was_full
        # A full disk keeps no answer back: it is told, and that it was not saved.
        if ended.code == 0 and _UNSAVED not in ended.err:
            answer = msgspec.json.decode(ended.out, type=_Answer)
            question.entry_id = answer.id
            stage.model.acknowledge(question, answer.created_at)

    return note


def _ask(*flags: str, private: bool = False, word: str = "") -> Doer:
    def ask(stage: Stage, box: Box, step: Step) -> bool:
        question = stage.model.new(box.name, private=private, local="--local" in flags)
        text = f"{word} {stage.model.text(question)}".strip()
        model = ["--model", "openai-compatible:m"] if word else []
        stage.begin(box, [*flags, "ask", "--json", *model, text], _saved(stage, box, question))
        return True

    return ask


def _import(stage: Stage, box: Box, step: Step) -> bool:
    questions = [stage.model.new(box.name) for _each in range(IMPORTED)]
    path = stage.world.output().with_suffix(".bash_history")
    path.parent.mkdir(exist_ok=True)
    lines = (f"#{1_700_000_000 + n}\necho {q.token}\n" for n, q in enumerate(questions))
    path.write_text("".join(lines))

    def note(ended: Ended) -> None:
        for each in questions if ended.code == 0 else ():
            stage.model.acknowledge(each, 1_700_000_000_000)

    stage.begin(box, ["history", "import", str(path), "--format", "bash"], note)
    return True


def _watch(stage: Stage, box: Box, step: Step) -> bool:
    if any("--watch" in each.argv and each.is_running for each in box.programs):
        return False
    stage.begin(box, ["sync", "--watch"])
    return True


def _vote(stage: Stage, box: Box, step: Step) -> bool:
    question = stage.model.chosen(step.a)
    if question is None or question.entry_id is None or question.private:
        return False
    stage.begin(box, ["history", "vote", question.entry_id, ("good", "bad")[step.b % 2]])
    return True


def _user(stage: Stage, box: Box, step: Step) -> bool:
    name = f"user{step.a % 5}"
    mail = f"{name}@example.com"
    stage.begin(
        box, ["user", "create", "--username", name, "--name", f"N {step.b % 9}", "--email", mail]
    )
    return True


def _plain(*argv: str) -> Doer:
    def do(stage: Stage, box: Box, step: Step) -> bool:
        stage.begin(box, argv)
        return True

    return do


def _back_up(stage: Stage, box: Box, step: Step) -> bool:
    private = stage.model.private_of(box.name)

    def note(ended: Ended) -> None:
        if ended.code == 0:
            box.backed_up = private

    stage.begin(box, ["backup", "create"], note)
    return True


def _chat(stage: Stage, box: Box, step: Step) -> bool:
    """A person asks in the chat and presses ESC, or the terminal is closed first."""
    if shutil.which("tmux") is None:
        return False
    question = stage.model.new(box.name)
    env = box.machine.env | {"IPCOM_CHAT_AI_MODEL": "openai-compatible:m"}
    with Terminal([*PROGRAM], env=env) as terminal, suppress(AssertionError):
        terminal.wait_for(READY if step.a % 8 else "", timeout_s=20)
        terminal.type(f"{SLOW} {question.token}")
        terminal.keys("Enter")
        time.sleep(step.b % 900 / 1000)
        terminal.keys("Escape")
        if step.a % 2:
            time.sleep(0.4)
    stage.counts["escape"] += 1
    _note_seen(stage, box, question)
    return True


def _note_seen(stage: Stage, box: Box, question: Question) -> None:
    """What another process can see in the replica is as good as acknowledged."""
    for entry_id, _status, created_at in box.seen(_SEEN, question.token):
        question.entry_id = entry_id
        stage.model.acknowledge(question, created_at)


def erase(verb: str) -> Doer:
    """Return what takes a question out, by `delete` or `redact`."""

    def do(stage: Stage, box: Box, step: Step) -> bool:
        question = stage.model.chosen(step.a)
        if question is None:
            return False
        if question.private or step.b % 4:
            box = next(each for each in stage.world.boxes if each.name == question.machine)
        question.erased = Erased.MAYBE

        def note(ended: Ended) -> None:
            if ended.code == 0:
                stage.model.erase([question.token], box.name)

        argv = ["history", verb, "--query", question.token, "--yes", "--everything"]
        stage.begin(box, argv, note)
        stage.begin(box, ["sync"])
        return True

    return do


def purge(stage: Stage, box: Box, step: Step) -> bool:
    """Everything from before some hours ago is deleted; nothing is, where no clock jumped."""
    before_s = int(time.time() - PAST_MS / 1000)
    texts = [str(row[0]) for row in box.seen(_OLD, before_s * 1000)]
    tokens = stage.model.purge(before_s * 1000, texts)

    def note(ended: Ended) -> None:
        if ended.code == 0:
            stage.model.erase(tokens, box.name)

    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(before_s))
    since = ["--since", "2024-01-01"]  # what was imported stays
    stage.begin(box, ["history", "purge", "--before", date, *since, "--yes", "--everything"], note)
    return True


DOERS: dict[str, Doer] = {
    "ask": _ask(),
    "ask_private": _ask("--private", private=True),
    "ask_local": _ask("--local"),
    "ask_ai": _ask(word=SLOW),
    "import": _import,
    "sync": _plain("sync"),
    "watch": _watch,
    "search": _plain("history", "search", "zq"),
    "vote": _vote,
    "user": _user,
    "back_up": _back_up,
    "maintain": _plain("maintenance", "run"),
    "chat": _chat,
    "delete": erase("delete"),
    "redact": erase("redact"),
    "purge": purge,
}

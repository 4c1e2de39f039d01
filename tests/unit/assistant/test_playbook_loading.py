"""What is a valid playbook, and what is said of the others."""

import copy
import os
import shutil
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.assistant import playbook_loading
from ipcom_chat.assistant.playbook import Playbook
from ipcom_chat.assistant.playbook_loading import SHIPPED, load_playbook, load_playbooks
from ipcom_chat.errors import PlaybookError

VALID = r"""
id = "kernel"
title = { en = "Kernel {", pt = "Kernel" }

[intents]
en = ["kernel + version|{unit}"]

[captures.unit]
kind = "unit"
patterns = ['unit (\S+)']

[captures.path]
kind = "path"
patterns = ['(/\S+)']
default = "/"

[[explanation]]
when = ["unit"]
en = "About {unit} in {path}."
pt = "Sobre {unit} em {path}."

[[steps]]
when = ["unit"]
time_limit_s = 3
provides.jail = { kind = "name", pattern = 'jail (\w+)' }
notes = [{ found = "x+", en = "x", pt = "x" }]
[[steps.commands]]
argv = ["uname", "-r", "{unit}", "{path}"]
next_if = "y"
[steps.commands.table]
row = '^(?P<release>\S+)$'
columns = [{ key = "release", en = "R", pt = "R" }]
where = [{ key = "release", equals = "{unit}" }]
same = ["release"]
times = { en = "T", pt = "T" }
order_by = "-times"
one = { en = "{count} {sum_release}", pt = "1" }
many = { en = "{count}", pt = "{count}" }
empty = { en = "-", pt = "-" }
sentences = [{ en = "{release} {unit}", pt = "{release}" }]

[[steps]]
for_each = "jail"
[[steps.commands]]
argv = ["uname", "{jail}"]
"""


def _data() -> dict[str, Any]:
    return tomllib.loads(VALID)


def _write(folder: Path, text: str, name: str = "mine.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def _with(path: str, value: object) -> str:
    """Return the valid playbook as text, one field changed: `steps.0.when`."""
    data: Any = _data()
    place = data
    *parents, last = path.split(".")
    for key in parents:
        place = place[int(key)] if isinstance(place, list) else place[key]
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value
    return tomlkit.dumps(data)


def test_all_shipped_playbooks_are_valid() -> None:
    playbooks, problems = load_playbooks()
    assert problems == ()
    assert len(playbooks) == len(list(SHIPPED.glob("*.toml"))) >= 20


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_a_shipped_playbook_is_whole(path: Path) -> None:
    playbook = load_playbook(path)
    assert playbook.id == path.stem
    assert playbook.says or (playbook.intents.en and playbook.intents.pt)
    if playbook.says:
        assert playbook.explanation
        assert playbook.remedy
    for step in playbook.steps:
        for command in step.commands:
            for column in command.table.columns if command.table else ():
                assert not column.shown or (column.en and column.pt)


def test_a_valid_one_loads(tmp_path: Path) -> None:
    playbook = load_playbook(_write(tmp_path, VALID))
    assert isinstance(playbook, Playbook)
    assert playbook.steps[0].commands[0].argv == ("uname", "-r", "{unit}", "{path}")


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("unknown", 1, "unknown"),
        ("id", "Über", "id"),
        ("id", 7, "$.id"),
        ("title", {"en": "only"}, "pt"),
        ("intents.en", [], "intents"),
        ("intents.en", ["alpha + |beta"], "alternative"),
        ("intents.en", ["{nobody}"], "{nobody}"),
        ("intents.en", ["{unit"], "intents"),
        ("says", ["ab"], "says"),
        ("captures.unit.kind", "shell", "kind"),
        ("captures.unit.patterns", [], "captures.unit"),
        ("captures.unit.patterns", ["unit ("], "captures.unit.patterns"),
        ("captures.unit.patterns", ["unit"], "group"),
        ("captures.unit.patterns", ["(a+)+"], "for ever"),
        ("captures.path.default", "-rf", "captures.path.default"),
        ("explanation.0.when", [], "{unit}"),
        ("explanation.0.when", ["nobody"], "{nobody}"),
        ("steps", [], None),
        ("steps.0.when", [], "{unit}"),
        ("steps.0.when", ["nobody"], "steps[0].when"),
        ("steps.0.time_limit_s", 0, "time_limit_s"),
        ("steps.0.time_limit_s", 600, "time_limit_s"),
        ("steps.0.commands", [], "steps[0].commands"),
        ("steps.0.notes.0.found", "(", "notes"),
        ("steps.0.provides.jail.pattern", "no group", "provides.jail"),
        ("steps.0.provides.jail.split", "", "provides.jail.split"),
        ("steps.0.commands.0.argv", [], "argv"),
        ("steps.0.commands.0.argv", "uname -r", "argv"),
        ("steps.0.commands.0.argv", ["{unit}"], "first item"),
        ("steps.0.commands.0.argv", ["-r"], "first item"),
        ("steps.0.commands.0.argv", ["/bin/bash", "-c", "{unit}"], "/bin/bash"),
        ("steps.0.commands.0.argv", ["sudo", "id"], "sudo"),
        ("steps.0.commands.0.argv", ["rm", "{path}"], "rm"),
        ("steps.0.commands.0.argv", ["uname", "{jail}"], "{jail}"),
        ("steps.0.commands.0.next_if", "[", "next_if"),
        ("steps.0.commands.0.table.row", "no groups", "table.row"),
        ("steps.0.commands.0.table.columns.0.key", "other", "{other}"),
        ("steps.0.commands.0.table.where.0.key", "other", "{other}"),
        ("steps.0.commands.0.table.where.0.equals", "{other}", "{other}"),
        ("steps.0.commands.0.table.order_by", "-other", "order_by"),
        ("steps.0.commands.0.table.same", [], "times"),
        ("steps.0.commands.0.table.sentences.0.en", "{other}", "{other}"),
        ("steps.0.commands.0.table.many.en", "{other}", "{other}"),
        ("steps.1.for_each", "nothing", "{nothing}"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_field(
    tmp_path: Path, field: str, value: object, said: str | None
) -> None:
    path = _write(tmp_path, _with(field, value))
    if said is None:  # an explanation alone answers too
        assert load_playbook(path).steps == ()
        return
    with pytest.raises(PlaybookError) as raised:
        load_playbook(path)
    assert str(path) in str(raised.value)
    assert said in str(raised.value)


def test_one_and_many_belong_together(tmp_path: Path) -> None:
    data = _data()
    del data["steps"][0]["commands"][0]["table"]["one"]
    with pytest.raises(PlaybookError, match="one and many"):
        load_playbook(_write(tmp_path, tomlkit.dumps(data)))


def test_an_answer_of_nothing_is_refused(tmp_path: Path) -> None:
    data = _data()
    del data["steps"], data["explanation"]
    with pytest.raises(PlaybookError, match="steps"):
        load_playbook(_write(tmp_path, tomlkit.dumps(data)))


def test_a_bad_one_leaves_the_others(tmp_path: Path) -> None:
    _write(tmp_path, "id = ", "broken.toml")
    _write(tmp_path, VALID)
    playbooks, problems = load_playbooks([tmp_path])
    assert "kernel" in {each.id for each in playbooks}
    assert "ports" in {each.id for each in playbooks}
    assert [type(each) for each in problems] == [PlaybookError]
    assert "broken.toml" in str(problems[0])


def test_a_later_folder_replaces_by_id(tmp_path: Path) -> None:
    for name in ("etc", "user"):
        (tmp_path / name).mkdir()
        text = VALID.replace('id = "kernel"', 'id = "ports"').replace("Kernel {", name)
        _write(tmp_path / name, text)
    playbooks, problems = load_playbooks([tmp_path / "etc", tmp_path / "user"])
    assert problems == ()
    assert [each.title.en for each in playbooks if each.id == "ports"] == ["user"]


def test_a_folder_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    assert load_playbooks([tmp_path / "nowhere"]) == load_playbooks()


def test_a_file_in_place_of_a_folder_is_a_problem(tmp_path: Path) -> None:
    playbooks, problems = load_playbooks([_write(tmp_path, VALID)])
    assert len(playbooks) >= 20
    assert [str(tmp_path / "mine.toml") in str(each) for each in problems] == [True]


def test_a_folder_with_the_name_of_a_file_is_one_problem(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    assert len(load_playbooks([tmp_path])[1]) == 1


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a" * 300_000, b"", b"[[[[", b"[" * 5_000])
def test_what_is_no_toml_is_a_problem(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.toml").write_bytes(content)
    with pytest.raises(PlaybookError, match=r"x\.toml"):
        load_playbook(tmp_path / "x.toml")


def _leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    found: list[tuple[Any, ...]] = []
    for key, each in pairs:
        found += _leaves(each, (*at, key)) if isinstance(each, dict | list) else [(*at, key)]
    return found


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
_VALUES = st.one_of(
    _TEXT,
    st.sampled_from(["{unit}", "{", "(", "(?P<a>x)", "-x", "*", "a{1,99999}", "[", "(?i", "\\"]),
    st.integers(-5, 5),
    st.booleans(),
    st.lists(_TEXT, max_size=2),
)


@settings(deadline=None, max_examples=100)
@given(st.data())
def test_a_mutated_playbook_loads_or_is_a_problem(data: st.DataObject) -> None:
    whole = copy.deepcopy(_data())
    for path in data.draw(st.lists(st.sampled_from(_leaves(whole)), min_size=1, max_size=3)):
        place: Any = whole
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = data.draw(_VALUES)
    with tempfile.TemporaryDirectory() as folder:
        path_ = _write(Path(folder), tomlkit.dumps(whole))
        shutil.copy(path_, Path(folder) / "copy.toml")
        playbooks, problems = load_playbooks([Path(folder)])
    assert len(problems) in (0, 2)
    assert len(playbooks) >= len(list(SHIPPED.glob("*.toml")))


def _placed(folder: Path) -> Path:
    path = folder / "kernel.toml"
    path.write_text(VALID)
    return path


def test_a_playbook_that_others_may_write_is_refused(tmp_path: Path) -> None:
    path = _placed(tmp_path)
    path.chmod(0o646)
    with pytest.raises(PlaybookError, match="others may write it"):
        load_playbook(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_runs_no_playbook_of_another_user(tmp_path: Path) -> None:
    path = _placed(tmp_path)
    os.chown(path, 12345, 12345)
    with pytest.raises(PlaybookError, match="others may write it"):
        load_playbook(path)


def test_a_pipe_or_a_device_is_said_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zero.toml").symlink_to("/dev/zero")
    playbooks, problems = load_playbooks([tmp_path])
    assert len(problems) == 2
    assert len(playbooks) == len(load_playbooks()[0])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_root_runs_what_came_with_the_code_whoever_installed_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.chown(_placed(tmp_path), 12345, 12345)
    monkeypatch.setattr(playbook_loading, "SHIPPED", tmp_path)
    playbooks, problems = load_playbooks()
    assert ([each.id for each in playbooks], problems) == (["kernel"], ())

"""What an assistant is told of the machine."""

import pytest

from ipcom_chat.assistant import machine


def test_what_runs_is_named_by_the_names_that_the_kernel_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It cuts a name after 15 characters, so a virtual machine is a `qemu-system-x86`."""
    running = ["bash", "qemu-system-x86", "nginx", "nginx", "ana-secret-job"]
    monkeypatch.setattr(machine, "_running", lambda: iter(running))
    facts = machine.machine_facts()
    assert "running: nginx, qemu-system-x86;" in facts
    assert "ana-secret-job" not in facts


def test_no_name_is_longer_than_the_kernel_lets_it_be() -> None:
    assert not [name for name in machine._SERVICES if len(name) > 15 or name.endswith("-")]

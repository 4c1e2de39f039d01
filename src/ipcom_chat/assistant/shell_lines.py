"""Provisional."""


def runs_sudo(line: str) -> bool:
    return "sudo " in line

"""The kinds of danger, each with the sentence that people read."""

from enum import StrEnum, auto

from ipcom_chat.i18n import _


class Danger(StrEnum):
    """Why a line is dangerous."""

    UNPARSED = auto()
    UNKNOWN_PROGRAM = auto()
    DELETE_SYSTEM = auto()
    DELETE_UNSEEN = auto()
    ERASE = auto()
    DEVICE = auto()
    FORMAT = auto()
    SYSTEM_FILE = auto()
    MODES = auto()
    SETUID = auto()
    FORK_BOMB = auto()
    DOWNLOADED = auto()
    PIPED = auto()
    CODE = auto()
    SHUTDOWN = auto()
    KILL = auto()
    PROTECTION = auto()
    NETWORK = auto()
    SERVICE = auto()
    ACCOUNTS = auto()
    JOBS = auto()
    TRACES = auto()
    THEFT = auto()
    SECRET = auto()
    REVERSE_SHELL = auto()
    CONTAINER_HOST = auto()
    RESOURCES = auto()
    GIT = auto()
    DATABASE = auto()
    PACKAGES = auto()
    ENVIRONMENT = auto()
    SHADOWED = auto()
    KERNEL = auto()


def sentence(danger: Danger) -> str:
    """Return why, in the language of the screen."""
    return {
        Danger.UNPARSED: _("It cannot be read with certainty."),
        Danger.UNKNOWN_PROGRAM: _("Which program it runs is known only while it runs."),
        Danger.DELETE_SYSTEM: _("It deletes or moves folders of the system, or home folders."),
        Danger.DELETE_UNSEEN: _("It deletes folders whose names are known only while it runs."),
        Danger.ERASE: _("It overwrites files so that nothing can restore them."),
        Danger.DEVICE: _("It writes to a disk or to memory directly."),
        Danger.FORMAT: _("It formats, partitions or erases a disk or a volume."),
        Danger.SYSTEM_FILE: _("It changes files on which logins, privileges or start-up depend."),
        Danger.MODES: _("It changes owners or permissions of the system, or opens them to all."),
        Danger.SETUID: _("It lets a program run with the privileges of another user."),
        Danger.FORK_BOMB: _("It starts processes without end."),
        Danger.DOWNLOADED: _("It runs what is downloaded."),
        Danger.PIPED: _("It runs what another command prints."),
        Danger.CODE: _("It runs code that may do anything, or hides what it does."),
        Danger.SHUTDOWN: _("It shuts down, restarts or suspends the machine."),
        Danger.KILL: _("It ends all processes, or some that the system needs."),
        Danger.PROTECTION: _("It weakens a protection: firewall, SELinux, audit, certificates."),
        Danger.NETWORK: _("It may cut this machine off the network."),
        Danger.SERVICE: _("It stops a service that the machine or its access depends on."),
        Danger.ACCOUNTS: _("It changes accounts, passwords or who may do everything."),
        Danger.JOBS: _("It removes or replaces scheduled jobs."),
        Danger.TRACES: _("It removes traces: logs or histories."),
        Danger.THEFT: _("It sends secrets or histories to another machine."),
        Danger.SECRET: _("It reads or copies secrets; what it prints may reach the AI."),
        Danger.REVERSE_SHELL: _("It opens a shell or a channel to another machine."),
        Danger.CONTAINER_HOST: _("It gives a container power over the whole machine."),
        Danger.RESOURCES: _("It removes containers, volumes, clusters or cloud resources."),
        Danger.GIT: _("It throws away work in Git, or rewrites it for others."),
        Danger.DATABASE: _("It deletes data of a database."),
        Danger.PACKAGES: _("It removes packages the system depends on, or overrides checks."),
        Danger.ENVIRONMENT: _("It changes which code or files other programs use."),
        Danger.SHADOWED: _("It gives the name of a known command to something else."),
        Danger.KERNEL: _("It changes the running kernel."),
    }[danger]

"""A terminal AI assistant whose history is the team's shared memory."""

__version__ = "0.1.0"

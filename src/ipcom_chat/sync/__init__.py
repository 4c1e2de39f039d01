"""Synchronisation of the replica with the primary; `docs/sync-protocol.md` is its law."""

"""Readers of other histories: pure generators over sources that are never changed."""

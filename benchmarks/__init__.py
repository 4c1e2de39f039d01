"""Measurements of what the project promises; `python -m benchmarks` runs them all.

Every bar is a ratio between two things timed in the same run, because the speed of a shared
machine swings; nothing here fails a build.
"""

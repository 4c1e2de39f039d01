"""The fault campaign: real processes, files and networks broken at random, and fuzzing of parsers.

Not part of the program; run as `make campaign`, or `python -m campaign` (see docs/campaign.md).
"""

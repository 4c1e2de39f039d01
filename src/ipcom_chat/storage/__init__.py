"""The replica: the SQLite file that every screen and command of this OS user reads and writes.

Plain synchronous code over APSW, and the only place that knows SQL. One connection belongs to one
thread. Nothing here reads the clock, settings or the network: values arrive as arguments.
"""

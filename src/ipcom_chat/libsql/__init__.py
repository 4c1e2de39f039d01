"""A client of libSQL servers: Hrana 3 over HTTP.

`hrana` is the codec and does no I/O; `address` says where a token may go; `client` sends and
receives; `faults` says what the answers of a server mean to us. None of them knows a table of
ours. Import `client` where it is used: httpx2 takes its time to load.
"""

"""The rules of the program, as functions of their arguments: no I/O, no clock, no randomness."""

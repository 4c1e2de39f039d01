"""The command line: one file per noun; `output` alone writes to stdout and stderr."""

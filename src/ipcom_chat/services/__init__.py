"""The use cases: the only place where storage, assistants and the rules meet.

Front ends (command line, chat) call these and nothing below them.
"""

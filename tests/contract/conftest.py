"""The real server, for every test of a contract."""

from tests.support.sqld import jwt_keys, sqld

__all__ = ["jwt_keys", "sqld"]

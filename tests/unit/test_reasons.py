"""The reasons of the system, in both languages."""

import errno
import os
import socket

import pytest

from ipcom_chat.i18n import speaking
from ipcom_chat.reasons import reason_behind, reason_of, reason_of_code


def failed(code: int) -> OSError:
    return OSError(code, os.strerror(code), "/some/where")


def test_what_the_system_says_is_said_in_the_language_of_the_screen() -> None:
    refused = failed(errno.EACCES)
    assert reason_of(refused) == "Permission denied"
    with speaking("pt_BR"):
        assert reason_of(refused) == "permissão negada"
        assert reason_of_code(errno.ECONNREFUSED) == "conexão recusada"


def test_english_says_what_the_system_says() -> None:
    for code in errno.errorcode:
        assert reason_of(failed(code)) == reason_of_code(code) == os.strerror(code)


def test_what_is_not_known_or_was_said_by_somebody_else_is_passed_on() -> None:
    own = OSError(errno.EINVAL, "não é um arquivo comum")
    with speaking("pt_BR"):
        assert reason_of(own) == "não é um arquivo comum"
        assert reason_of(failed(errno.ESTALE)) == os.strerror(errno.ESTALE)
        assert reason_of(ValueError("no number")) == "no number"
        assert reason_of(OSError()) == "OSError"


def test_names_that_nobody_knows_are_translated_too() -> None:
    with pytest.raises(socket.gaierror) as unknown:
        socket.getaddrinfo("no.such.host.invalid", 1, flags=socket.AI_NUMERICHOST)
    assert reason_of(unknown.value) == "Name or service not known"
    with speaking("pt_BR"):
        assert reason_of(unknown.value) == "nome desconhecido"


def test_the_reason_of_the_system_is_found_behind_what_wrapped_it() -> None:
    dialled = OSError(errno.ECONNREFUSED, "Connect call failed ('127.0.0.1', 9)")
    wrapped = ValueError("All connection attempts failed")
    wrapped.__cause__ = dialled
    assert reason_behind(wrapped) == "Connection refused"
    with speaking("pt_BR"):
        assert reason_behind(wrapped) == "conexão recusada"
    assert reason_behind(ValueError("no number")) is None

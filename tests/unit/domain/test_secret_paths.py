"""Which names are those of secrets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcom_chat.domain.secret_paths import names_history, names_secret


@pytest.mark.parametrize(
    "word",
    [
        "/etc/shadow",
        "shadow",
        "/etc/gshadow-",
        "/etc/sudoers",
        "~/.ssh/id_rsa",
        "id_ed25519",
        "/home/ana/.ssh/work",
        "~/.ssh",
        ".ssh/",
        "@/etc/shadow",
        "--file=/etc/shadow",
        "x.pem",
        "srv.p12",
        "deploy.key.pem",
        ".env",
        "app/.env.production",
        ".aws/credentials",
        ".netrc",
        "~/.kube/config",
        "~/.docker/config.json",
        ".git-credentials",
        "~/.gnupg/x",
        "secrets.yml",
        "/proc/1/environ",
        "/proc/self/mem",
        "/etc/ssl/private/x",
        "~/.config/ipcom-chat/config.toml",
        "ipcom-chat/history.db",
        "token",
        "turso_token",
        "api-token.txt",
        "private_key.json",
        "/etc/ssh/ssh_host_rsa_key",
        "f=@$HOME/.ssh/id_rsa",
        ".pgpass",
        "/run/secrets/db",
    ],
)
def test_these_name_secrets(word: str) -> None:
    assert names_secret(word)


@pytest.mark.parametrize(
    "word",
    [
        "",
        "/etc/passwd",
        "~/.ssh/id_rsa.pub",
        "~/.ssh/config",
        "~/.ssh/known_hosts",
        ".env.example",
        "environment",
        "shadows.txt",
        "notes.txt",
        "/proc/cpuinfo",
        "tokenizer.py",
        "keys.md",
        "tty",
        "secretary.txt",
        "/var/log/syslog",
        "ssh_host_rsa_key.pub",
    ],
)
def test_these_do_not(word: str) -> None:
    assert not names_secret(word)


@pytest.mark.parametrize(
    ("word", "is_history"),
    [
        ("~/.bash_history", True),
        (".zsh_history", True),
        ("fish_history", True),
        ("~/.mysql_history", True),
        ("/home/a/.local/share/ipcom-chat/history.db", True),
        ("history.txt", False),
        ("bash_history.md", False),
        ("", False),
    ],
)
def test_histories_of_what_people_typed(word: str, is_history: bool) -> None:
    assert names_history(word) is is_history


@given(st.text(alphabet="/.aehkprstnv_-@=~ ", max_size=200))
def test_any_word_can_be_asked_about(word: str) -> None:
    assert names_secret(word) in {True, False}
    assert names_history(word) in {True, False}

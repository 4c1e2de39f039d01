"""Secrets at a fixed place of a command: from which size on, and beside what they stay."""

import pytest

from ipcom_chat.domain.redaction import redact


def _masked(text: str) -> str:
    return redact(text).text.replace("REDACTED:", "")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("[smtp.local]:587 ana@x.com:hun2", "[smtp.local]:587 ana@x.com:[password]"),
        ("[smtp.local]:465 ana:abcd efgh ijkl mnop", "[smtp.local]:465 ana:[password]"),
        ("db.local:5432:app:app:hunter", "db.local:5432:app:app:[password]"),
        ("db.local:*:app:app:hunter", "db.local:*:app:app:[password]"),
        ("rootpw --plaintext abc", "rootpw --plaintext [password]"),
        ("vault login abcdefgh", "vault login [password]"),
        ('send "hun2\\r"', 'send "[password]\\r"'),
        ('send -- "hun2\\n"', 'send -- "[password]\\n"'),
        ("sqlplus app/ab@db", "sqlplus app/[password]@db"),
        ("net user ana sunflower /add", "net user ana [password] /add"),
        ("schtasks /create /ru ana /rp hunter", "schtasks /create /ru ana /rp [password]"),
        ("twine upload -u ana -p hunter22 dist/*", "twine upload -u ana -p [password] dist/*"),
        ("credentials for nas: adm / hun2", "credentials for nas: adm / [credentials]"),
        ("credentials are adm | hun2", "credentials are adm | [credentials]"),
        ("creds ana:hun2", "creds ana:[credentials]"),
        ("echo hunter22 | sudo -S apt", "echo [password] | sudo -S apt"),
        ("echo a:hunter | sudo chpasswd", "echo a:[password] | sudo chpasswd"),
    ],
)
def test_a_secret_at_its_place_goes(text: str, masked: str) -> None:
    assert _masked(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "[smtp.local]:587 ana@x.com:hun",
        "db.local:5439:app:app:hunter22",
        "rootpw ab",
        "rootpw $6$ab",
        "vault login abcdefg",
        'send "hun\\r"',
        'send "hunter\\r"',
        "sqlplus app/h@db",
        "docker run -u ana -p hunter22",
        "cd /rp hunter22",
        "credentials are adm / hunter",
        "echo hunter22 | sudo tee /etc/x",
    ],
)
def test_what_stands_at_another_place_stays(text: str) -> None:
    assert redact(text).text == text

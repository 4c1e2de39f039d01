"""How tokens are made: commands for a shell, of Turso's own program and of OpenSSL.

This program makes none itself: the key that signs them has no business on the machines that use
them. The text can be pasted into sh, bash or zsh, or piped into sh. Its comments hold plain words
only, because an interactive zsh takes a comment for a command.

Source: docs.turso.tech/cli/db/tokens/create; RFC 7515, 7519 (JWT) and 8037 (EdDSA); `sqld --help`.
"""

from ipcom_chat.i18n import _

DATABASE = "ipcom-history"

# Ed25519 signs in one go: openssl wants a file whose size it can see, not a pipe.
_SCRIPT = """\
(
set -eu
umask 077
test -e jwt.pem || openssl genpkey -algorithm ed25519 -out jwt.pem
openssl pkey -in jwt.pem -pubout -out jwt.pub.pem
chmod 644 jwt.pub.pem
encode() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
head=$(printf '{"alg":"EdDSA","typ":"JWT"}' | encode)
claims=$(printf '{"a":"ACCESS","exp":%d}' "$(($(date +%s) + DAYS * 86400))" | encode)
printf '%s.%s' "$head" "$claims" > ACCESS.part
signature=$(openssl pkeyutl -sign -rawin -inkey jwt.pem -in ACCESS.part | encode)
printf '%s.%s\\n' "$(cat ACCESS.part)" "$signature" > ACCESS.token
rm ACCESS.part
)
"""


def token_commands(*, read_only: bool, days: int) -> str:
    """Return the commands that make a token which is good for `days` days."""
    access = "ro" if read_only else "rw"
    turso = f"turso db tokens create {DATABASE} --expiration {days}d"
    comments = (
        _("In the cloud of Turso, with the name of your database:"),
        f"  {turso} --read-only" if read_only else f"  {turso}",
        _("On a server of your own, in a folder that only you can read, with OpenSSL 3 or newer:"),
    )
    after = (
        _("jwt.pub.pem belongs to the server: sqld --auth-jwt-key-file jwt.pub.pem"),
        _("jwt.pem makes tokens: keep it safe, and off the machines that use them."),
        _("{file} is the token: copy it with mode 0600, set TURSO_AUTH_TOKEN_FILE to its path.",
          file=f"{access}.token"),
    )  # fmt: skip
    script = _SCRIPT.replace("ACCESS", access).replace("DAYS", str(days))
    return f"{_commented(comments)}{script}{_commented(after)}"


def _commented(lines: tuple[str, ...]) -> str:
    return "".join(f"# {line}\n" for line in lines)

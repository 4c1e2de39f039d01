"""Which files hold secrets, by their names: keys, passwords, tokens, histories.

Pure: a name is judged as it is written, wherever in a word it stands (`-d@/etc/shadow`). What a link
or a working directory makes of it cannot be seen.
"""

import re
from typing import Final

_START: Final = r"(?:^|[/=@:,'\"\s])"

_SECRET: Final = re.compile(
    _START
    + r"""(?:
      g?shadow-? | sudoers | master\.passwd | \.?(?:netrc|pgpass|my\.cnf|s3cfg|boto|vault-token)
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)? (?!\S{0,96}\.pub) | \.ssh/(?!(?:config|known_hosts|\S{0,96}\.pub))\S+
    | ssh_host_\w+_key (?!\.pub) | [^/\s]{0,96}\.(?:pem|p12|pfx|jks|keystore|kdbx|ppk|ovpn)
    | [^/\s]{0,64}private[-_.]?key[^/\s]{0,64} | \.env(?!\.(?:example|sample|template|dist)\b)(?:\.\w+)?
    | \.aws/\S | \.azure/\S | \.config/gcloud/\S | \.kube/config | \.docker/config\.json
    | \.gnupg/\S | \.git-credentials | \.npmrc | \.pypirc | \.password-store/\S
    | credentials(?:\.\w+)? | secrets?\.(?:ya?ml|json|toml|env|txt|ini) | \.htpasswd
    | (?:[\w-]{0,64}[-_.])?tokens?(?:\.(?:txt|json))? | wp-config\.php | krb5\.keytab | [^/\s]{0,64}\.keytab
    | etc/ssl/private/\S | letsencrypt/(?:live|archive|keys)/\S | wg\d*\.conf | etc/wireguard/\S
    | NetworkManager/system-connections/\S | openvpn/[^\s]{1,64}\.(?:key|conf)
    | proc/(?:\d+|self|thread-self|\*|\?|\[\S+\]|\$\w+)/(?:environ|mem) | proc/kcore
    | \.mozilla/\S | Login\ Data | cookies\.sqlite | key[34]\.db | keyrings/\S | \.vault_pass\w{0,32}
    | run/secrets/\S | serviceaccount/token | ipcom-chat/\S | \.claude/\S | \.ssh/?(?=\s|$)
    )"""
    + r"(?:(?<=/\S)|(?![\w-]))",
    re.VERBOSE,
)
_HISTORY: Final = re.compile(
    _START
    + r"[^/\s]{0,64}(?:\.(?:bash|zsh|sh|ash|ksh|python|mysql|psql|sqlite|node_repl|rediscli)_?history|"
    + r"\.zhistory|fish_history|\.lesshst|\.viminfo|atuin/\S|ipcom-chat/\S|/?\.mysql_history|"
    + r"\.ssh/known_hosts)"
    + r"(?:(?<=/\S)|(?![\w-]))"
)
_FOLDERS: Final = re.compile(r"(?:^|[/=@])\.(?:ssh|gnupg|aws|azure|kube|password-store|mozilla)/?$")


def names_secret(word: str) -> bool:
    """Return whether a word names a file, or a folder of files, that holds secrets."""
    return bool(_SECRET.search(word) or _FOLDERS.search(word))


def names_history(word: str) -> bool:
    """Return whether a word names a history of what people typed."""
    return _HISTORY.search(word) is not None

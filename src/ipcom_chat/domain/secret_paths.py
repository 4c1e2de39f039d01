"""Which files hold secrets, by their names: keys, passwords, tokens, histories.

Pure: a name is judged as it is written, wherever in a word it stands (`-d@/etc/shadow`). What a link
or a working directory makes of it cannot be seen.
"""

import re
from typing import Final

_START: Final = r"(?:^|[/=@:,'\"\s])"
_END: Final = r"(?![\w-])"

_SECRET: Final = re.compile(
    _START
    + r"""(?:
      g?shadow-? | sudoers | master\.passwd | \.?(?:netrc|pgpass|my\.cnf|s3cfg|boto|vault-token)
    | id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)? (?!\S*\.pub) | \.ssh/(?!(?:config|known_hosts|\S*\.pub))\S+
    | ssh_host_\w+_key (?!\.pub) | \S*\.(?:pem|p12|pfx|jks|keystore|kdbx|ppk|ovpn)
    | \S*private[-_.]?key\S* | \.env(?!\.(?:example|sample|template|dist)\b)(?:\.\w+)?
    | \.aws/\S+ | \.azure/\S+ | \.config/gcloud/\S+ | \.kube/config | \.docker/config\.json
    | \.gnupg/\S+ | \.git-credentials | \.npmrc | \.pypirc | \.password-store/\S+
    | credentials(?:\.\w+)? | secrets?\.(?:ya?ml|json|toml|env|txt|ini) | \.htpasswd
    | (?:[\w-]*[-_.])?tokens?(?:\.(?:txt|json))? | wp-config\.php | krb5\.keytab | \S*\.keytab
    | etc/ssl/private/\S+ | letsencrypt/(?:live|archive|keys)/\S+ | wg\d*\.conf | etc/wireguard/\S+
    | NetworkManager/system-connections/\S+ | openvpn/\S+\.(?:key|conf)
    | proc/(?:\d+|self|thread-self|\*|\?|\[\S+\]|\$\w+)/(?:environ|mem) | proc/kcore
    | \.mozilla/\S+ | Login\ Data | cookies\.sqlite | key[34]\.db | keyrings/\S+ | \.vault_pass\S*
    | run/secrets/\S+ | serviceaccount/token | ipcom-chat/\S+ | \.claude/\S+ | \.ssh/?(?=\s|$)
    )"""
    + _END,
    re.VERBOSE,
)
_HISTORY: Final = re.compile(
    _START
    + r"\S*(?:\.(?:bash|zsh|sh|ash|ksh|python|mysql|psql|sqlite|node_repl|rediscli)_?history|"
    + r"\.zhistory|fish_history|\.lesshst|\.viminfo|atuin/\S+|ipcom-chat/\S+|/?\.mysql_history|"
    + r"\.ssh/known_hosts)"
    + _END
)
_FOLDERS: Final = re.compile(r"(?:^|[/=@])\.(?:ssh|gnupg|aws|azure|kube|password-store|mozilla)/?$")


def names_secret(word: str) -> bool:
    """Return whether a word names a file, or a folder of files, that holds secrets."""
    return bool(_SECRET.search(word) or _FOLDERS.search(word))


def names_history(word: str) -> bool:
    """Return whether a word names a history of what people typed."""
    return _HISTORY.search(word) is not None

"""Secrets that are typed: after a prompt, into a here-document, through a pipe; and told as credentials.

See `redaction_rule`.
"""

from ipcom_chat.domain.redaction_rule import SUDO, WORD, Rule

_PROMPTS = (
    Rule(
        "password",
        (
            "pass phrase",
            "enter pass",
            "digite a senha",
            "digite sua senha",
            "informe a senha",
        ),
        r"[^\n:]{0,80}:[ \t]{1,4}(?P<s>[^\s\"'][^\n]{2,200}?)\s{0,3}$",
        "Enter PEM pass phrase: {w:5} {w:5}",
        "Enter PEM pass phrase:",
    ),
    Rule(
        "password",
        (
            "\npassword for ",
            "password for '",
            "[sudo] password for ",
            "senha para ",
            "passphrase for ",
            "'s password:",
            "pin for ",
        ),
        r"\n?[^\n:]{0,80}+(?::[^\s:][^\n:]{0,60}+){0,3}+:[ \t]{1,4}(?P<s>[^\s\"'`]\S{3,127})\s{0,3}$",
        "Password for 'https://ana@git.example': {w:10}",
        "Password for 'https://ana@git.example': ",
    ),
    Rule(
        "password",
        ("passwd", "chpasswd", "smbpasswd", "sudo -", "cryptsetup", "-stdin", "--stdin", "kinit"),
        r"printf\s{1,4}[\"'][^\"'\n]{0,60}%s[^\"'\n]{0,60}[\"']\s{1,4}(?P<s>[^|\n]{3,200})\|\s{0,4}"
        + SUDO
        + r"(?:chpasswd|passwd|smbpasswd|sudo|cryptsetup|kinit|[^|\n]{0,120}?-stdin)",
        "printf '%s\\n%s\\n' '{w:10}' '{w:10}' | smbpasswd -s ana",
        "printf '%s\\n' \"$P\" | smbpasswd -s ana",
        line=True,
        each=r"(?<![\w$])[\"']?(?P<s>[^\s\"'|]{3,128})[\"']?",
    ),
    Rule(
        "password",
        ("zfs ", "ssh-add", "op signin", "load-key", "unlock", "decrypt"),
        r"[^\n<]{0,160}<<<\s{0,4}" + WORD,
        "zfs load-key tank <<< {w:10}",
        "zfs load-key tank",
    ),
)

_TOLD = (
    Rule(
        "credentials",
        (
            "login: ",
            "usuário: ",
            "usuario: ",
            "user: ",
            "username: ",
            "acesso: ",
            "conta: ",
            "account: ",
            "credencial: ",
            "login with ",
            "log in with ",
            "log in as ",
            "entre com ",
            "acesse com ",
            "entrar com ",
            "logar com ",
            "authuserpass: ",
        ),
        r"(?i:login|usu[áa]rio|user(?:name)?|acesso|conta|account|credencial|(?:log ?in|entr(?:e|ar)|acesse|logar) (?:with|as|com)|authuserpass):? [\w.@\\-]{1,64}\s{0,2}[/|,]\s{0,2}(?P<s>[^\s/]{4,100})(?=\s|$)",
        "login: ana / {w:10}",
        "login: ana / root",
        like="password",
    ),
    Rule(
        "credentials",
        ("acesso: ", "credencial: ", "credenciais: "),
        r"(?i:acesso|credencial|credenciais): [\w.@\\-]{1,64} (?P<s>[^\s/]{4,100})(?=\s|$)",
        "acesso: root {w:10} porta 22",
        "acesso: root liberado",
        like="password",
    ),
    Rule(
        "credentials",
        ("admin / ", "root / ", "administrator / ", "administrador / ", "admin | ", "root | "),
        r"\w{1,20} [/|] (?P<s>[^\s/|]{4,100})(?=\s|$)",
        "PORTAINER: admin / {w:10}",
        "the user admin / the group",
        like="password",
    ),
    Rule(
        "password",
        ("temporary password", "initial password", "senha inicial", "senha temporária"),
        r"[^\n:]{0,80}:[ \t]{1,4}(?P<s>[^\s\"'`]\S{3,127})\s{0,3}$",
        "A temporary password is generated for root@localhost: {w:12}",
        "A temporary password is generated for root@localhost:",
        like="password",
    ),
    Rule(
        "recovery-code",
        ("código", "codigo", "recovery code", "backup code", "recovery key"),
        r"(?i:c[óo]digos?[^\n:]{0,40}?(?:recupera\w{1,5}|backup|reserva)[^\n:]{0,30}?|(?:recovery|backup) (?:codes?|key)[^\n:]{0,20}?)(?: é| são| is| are|:)\s{1,3}(?P<s>[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){1,8}|\d{6,12})(?![\w-])",
        "recovery code: {l:5}-{l:5}",
        "recovery code: see the mail",
        like="any",
    ),
    Rule(
        "recovery-code",
        (
            "seed phrase",
            "frase-semente",
            "frase semente",
            "frase de recupera",
            "mnemonic",
            "recovery phrase",
        ),
        r"[^\n:]{0,60}?(?: é| is| são|:|=)\s{1,3}[\"']?(?P<s>(?:[^\W\d_]{3,9} ){11,23}[^\W\d_]{3,9})",
        "seed phrase: able acid also apple army atom baby bag ball band bar base",
        "a seed phrase is a list of words",
        like="any",
    ),
)

_HERE = tuple(
    Rule(
        "password",
        ("<<",),
        r"<<-?\s{0,2}[\"']?\w{1,20}[\"']?[^\n]{0,60}\n(?P<s>(?:[^\n]{1,200}\n){1,12})",
        f"cat > {name}.txt <<EOF\nana\n{{w:10}}\nEOF\n",
        f"cat > {name}.txt <<EOF\nhello\nEOF\n",
        near=name,
        like="password",
        each=r"^[ \t]{0,8}(?P<s>\S{4,128})\s{0,3}$",
    )
    for name in ("pass", "senha", "secret", "cred")
)
"""The lines of a here-document that goes where secrets are kept."""

PROMPTS = (*_HERE, *_PROMPTS, *_TOLD)

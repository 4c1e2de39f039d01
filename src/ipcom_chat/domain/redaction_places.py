"""Secrets at a fixed place of a command without options, of a call in a program, of SQL, of LDIF.

What has an option of its own stands in `redaction_commands`. See `redaction_rule`.
"""

from ipcom_chat.domain.redaction_rule import EDGE, WORD, Rule

_QUOTED = r"[\"'](?P<s>[^\"'\n]{2,200})[\"']"


def _after(hint: str, before: str, yes: str, no: str) -> Rule:
    """Return the rule of an argument that follows what `before` matches."""
    return Rule("password", (hint,), before + r"\s{1,4}(?![-<]|\$[A-Za-z_{(])" + WORD, yes, no)


_ARGUMENTS = (
    _after("rclone obscure", "rclone obscure", "rclone obscure {w:10}", "rclone obscure -"),
    _after("bw unlock", "bw unlock", "bw unlock '{w:10}'", "bw unlock --passwordenv P"),
    _after(
        "mkpasswd",
        r"mkpasswd(?:\s{1,4}-{1,2}[\w-]{1,20}+(?:[ =](?:sha-?\d{3}|sha\d{3}crypt|md5\w{0,5}|yescrypt|bcrypt\w?|des))?+){0,5}+",
        "mkpasswd -m sha-512 {w:10}",
        "mkpasswd -m sha-512",
    ),
    _after("doveadm auth", r"doveadm auth (?:test|login) \S{1,100}", "doveadm auth test ana {w:10}", "doveadm auth test ana"),
    _after("kamctl ", r"kamctl (?:add|passwd) \S{1,100}", "kamctl add 100 {w:10}", "kamctl show 100"),
    _after("prosodyctl register", r"prosodyctl register \S{1,100} \S{1,100}", "prosodyctl register ana h {w:10}", "prosodyctl status"),
    _after("ejabberdctl ", r"ejabberdctl (?:register|change_password) \S{1,100} \S{1,100}", "ejabberdctl register ana h {w:10}", "ejabberdctl status"),
    _after("zmprov ", r"zmprov (?:sp|setPassword|ca|createAccount) \S{1,100}", "zmprov sp ana@h {w:10}", "zmprov ga ana@h"),
    _after("net rpc password", r"net rpc password \S{1,100}", "net rpc password ana {w:10}", "net rpc password ana"),
    _after("samba-tool user", r"samba-tool user (?:create|add) [^\s-]\S{0,100}", "samba-tool user create ana {w:10}", "samba-tool user create ana --random-password"),
    _after("mosquitto_passwd", r"mosquitto_passwd (?:-c )?-b \S{1,200} \S{1,100}", "mosquitto_passwd -b /etc/m ana {w:10}", "mosquitto_passwd -c /etc/m ana"),
    _after("input_pw", "input_pw", "pdftk a.pdf input_pw {w:10} output b.pdf", "pdftk a.pdf input_pw"),
    _after("user_pw", "user_pw", "pdftk a.pdf output b.pdf user_pw {w:10}", "pdftk a.pdf output b.pdf user_pw"),
    _after("owner_pw", "owner_pw", "pdftk a.pdf output b.pdf owner_pw {w:10}", "pdftk a.pdf output b.pdf owner_pw"),
    _after("local-user ", r"local-user \S{1,64} (?:password|privilege level \d{1,2} password) (?:irreversible-cipher|cipher|simple)", "local-user ana password cipher {w:10}", "local-user ana service-type ssh"),
    _after("d-i ", r"d-i \S{1,40}password\S{0,10} password", "d-i passwd/root-password password {w:10}", "d-i passwd/root-login boolean false"),
)  # fmt: skip

_CALLS = (
    Rule(
        "password",
        (
            "networkcredential",
            ".login(",
            ".auth(",
            "auth=(",
            "changeuserpassword(",
            "httpbasicauth(",
        ),
        r"(?i:networkcredential(?:\]::new)?|\.login|\.auth|auth=|changeuserpassword|httpbasicauth)\(\s{0,4}[^,()\n]{1,100},\s{0,4}"
        + _QUOTED
        + r"\s{0,4}\)",
        'server.login("a@b.example", "{w:10}")',
        "server.login(user, password)",
    ),
    Rule(
        "password",
        ("mysqli(", "mysqli_connect(", "mysql_connect("),
        r"(?i:mysqli?(?:_connect)?)\((?:[^,()\n]{1,100},\s{0,4}){2}" + _QUOTED,
        'new mysqli("h", "root", "{w:10}", "db")',
        'new mysqli("h", "root", $password, "db")',
    ),
    Rule(
        "password",
        ("pdo(",),
        r"(?i:pdo)\((?:[^,()\n]{1,200},\s{0,4}){2}" + _QUOTED,
        "new PDO($dsn, 'root', '{w:10}')",
        "new PDO($dsn, $user, $password)",
    ),
    Rule(
        "password",
        ("password_hash(",),
        _QUOTED + r"\s{0,4}\|\s{0,4}password_hash\(",
        "password={{ '{w:10}' | password_hash('sha512') }}",
        "password={{ pw | password_hash('sha512') }}",
        line=True,
    ),
)

_SQL = (
    Rule(
        "password",
        ("md5('", "sha1('", "sha2('", "encrypt('", "crypt('", "sha256('"),
        r"(?i:(?:pass\w{0,6}|senha|pwd)\W{1,6}(?:md5|sha1|sha2|sha256|encrypt|crypt))\('(?P<s>[^'\n]{1,200})'"
        r"|(?i:crypt)\('(?P<s2>[^'\n]{1,200})',\s{0,4}(?i:gen_salt)",
        "UPDATE users SET senha = MD5('{w:10}')",
        "SELECT md5('the name')",
        line=True,
    ),
    Rule(
        "password",
        ("sp_addlogin", "sp_password"),
        r"sp_(?:addlogin|password) (?:@\w{1,20}\s{0,2}=\s{0,2})?N?'[^'\n]{1,100}',\s{0,4}(?:@\w{1,20}\s{0,2}=\s{0,2})?N?'(?P<s>[^'\n]{1,200})'",
        "EXEC sp_addlogin 'ana', '{w:10}'",
        "EXEC sp_addlogin 'ana'",
    ),
)

_PRINTS = (
    "base64 -d", "base64 --decode", "pass show ", "kv get ", "bw get ", "op read ", "op item get ",
    "/run/secrets/", "get-secret-value", "versions access", "keyvault secret show", "pwgen",
    "openssl rand", "find-generic-password", "gopass show", "secret-tool lookup",
)  # fmt: skip

_OTHERS = (
    Rule(
        "password",
        (" using ",),
        r" using " + WORD,
        "db2 connect to SAMPLE user ana using {w:10}",
        "connect to the host using ssh",
        near="connect to",
        like="password",
    ),
    Rule(
        "password",
        (" on >", " on ~", " on nopass"),
        r" on [^\n]{0,60}?(?<=[\s])>(?P<s>[^\s]{1,128})",
        "user app on >{w:10} ~* +@all",
        "user app on nopass ~*",
        near="user ",
    ),
    Rule(
        "password",
        (" /p ",),
        r" /p\s{1,4}(?![/-])" + WORD,
        "systeminfo /s h /u ana /p {w:10}",
        "dir /p /w",
        near=" /u ",
        like="net",
    ),
    Rule(
        "password",
        ("signtool ",),
        r"signtool(?:\.exe)? sign [^\n]{0,200}? /p\s{1,4}" + WORD,
        "signtool sign /f a.pfx /p {w:10} a.exe",
        "signtool verify a.exe",
    ),
    Rule(
        "secret",
        ("kv put", "etcdctl put", " set "),
        r"(?:kv put|etcdctl (?:put|set)|config set(?: --?\w{1,12})?|\bset)\s{1,4}[\w./:-]{0,100}(?i:senha|passw|passphrase|secret|segredo|token|api_?key|pwd)\w{0,20}\s{1,4}"
        r"(?![-<$=@])" + WORD + r"\s{0,4}(?:$|[|;&])",
        "consul kv put app/db/senha {w:10}",
        "consul kv put app/db/senha @file",
        line=True,
    ),
    Rule(
        "secret",
        _PRINTS,
        r"[^\n]{0,100}\n(?P<s>[^\s:]{6,200})(?=\s{0,3}(?:\n|$))",
        "kubectl get secret db -o jsonpath='{.data.password}' | base64 -d\n{w:12}",
        "echo aGVsbG8x | base64 -d\nhello",
        like="password",
    ),
    Rule(
        "password",
        ("_command", "-command"),
        r"(?:pass(?:word|phrase|wd)?|secret|token)[_-]command[=\s\"':]{1,6}(?:echo|printf)\s{1,4}[\"']?(?P<s>[^\s\"']{3,100})",
        "password_command = 'echo {w:10}'",
        "password_command = 'cat /etc/pw'",
        line=True,
    ),
    Rule(
        "password",
        (" * ", "\t*\t", "\"*\""),
        r"(?:^|:\s)[ \t]{0,8}[\"']?[\w.@\\-]{1,64}[\"']?[ \t]{1,8}[\"']?\*[\"']?[ \t]{1,8}[\"']?(?P<s>[^\s\"'*]{3,128})[\"']?[ \t]{1,8}(?:\*|[\d.]{7,15})\s{0,3}$",
        "ana * {w:10} *",
        "0 3 * 1 *",
        line=True,
    ),
    Rule(
        "password",
        ("base64",),
        r"(?:echo|printf)\s{1,4}(?:-\w{1,3}\s{1,4}){0,2}[\"']?(?:[\w.@-]{1,64}:)?(?P<s>[^\s\"'|:$]{4,100})[\"']?\s{0,4}\|\s{0,4}base64(?!\s{1,4}(?:-\w{0,3}[dD]|--decode))",
        "echo -n 'ana:{w:10}' | base64 -w0",
        "echo aGVsbG8x | base64 -d",
        line=True,
        like="password",
    ),
    Rule(
        "password",
        ("userpassword::", "unicodepwd::", "krbprincipalkey::", "clearpassword::"),
        r"\w{1,20}:: (?P<s>[\w+/=]{8,400})",
        "userPassword:: {b:22}==",
        "userPassword:: ",
        like="any",
    ),
    Rule(
        "password",
        ("auth ",),
        r"(?:(?<=^)|(?<=> ))AUTH (?!PLAIN|LOGIN|CRAM|XOAUTH|GSSAPI|NTLM)(?:\S{1,64} )?(?P<s>\S{4,200})\s{0,3}$",
        "127.0.0.1:6379> AUTH {w:10}",
        "AUTH required",
        like="password",
    ),
    Rule(
        "password",
        (":5432:", ":*:", ":6432:", ":5433:"),
        r"[\"'][^\s:\"']{1,100}:(?:\d{2,5}|\*):[^\s:]{1,64}:[^\s:]{1,64}:(?P<s>[^\s:\"']{1,128})[\"']",
        "echo 'db.local:5432:app:app:{w:10}' >> ~/.pgpass",
        "echo '127.0.0.1:5432:running'",
        line=True,
    ),
    Rule(
        "password",
        ("register =>",),
        r"register =>\s{0,4}[^\s:@]{1,64}:(?P<s>[^\s:@]{1,64})[@:]",
        "register => ana:{w:10}@sip.example/100",
        "register => ana@sip.example",
    ),
    Rule(
        "password",
        ("cache_peer ",),
        r"cache_peer [^\n]{1,120}? login=[^\s:]{1,64}:(?P<s>\S{1,64})",
        "cache_peer h parent 3128 0 login=ana:{w:10}",
        "cache_peer h parent 3128 0 login=PASS",
    ),
    Rule(
        "password",
        ("impacket-", "secretsdump", "psexec.py", "wmiexec", "smbexec", "getuserspns", "getnpusers", "gettgt", "getst", "mssqlclient", "smbclient.py", "lookupsid", "atexec", "dcomexec"),
        r"(?<=[\s'\"/])[\w.-]{1,64}:(?P<s>[^\s'\"/:]{1,100})@[\w.-]{1,100}(?=['\"\s]|$)",
        "secretsdump.py IPCOM/ana:{w:10}@10.0.0.1",
        "secretsdump.py IPCOM/ana@10.0.0.1",
        line=True,
    ),
    Rule(
        "wifi-key",
        ("wpa_cli ",),
        r"wpa_cli [^\n|;]{0,60}?set_network \d{1,3} (?:psk|password|wep_key\d) [\"'\\]{0,4}(?P<s>[^\s\"'\\]{1,63})",
        "wpa_cli set_network 0 psk '\"{w:10}\"'",
        "wpa_cli set_network 0 ssid x",
    ),
    Rule(
        "wifi-key",
        ("wpa-psk ascii", "wpa-psk hex", "wpa-psk pass-phrase"),
        r"wpa-psk (?:ascii|hex|pass-phrase)(?: \d)? " + WORD,
        "wlan security wpa-psk ascii 0 {w:10}",
        "wpa-psk ascii",
    ),
    Rule(
        "pin",
        ("cvv ", "cvc ", "cvv2 "),
        r"(?i:cvv2?|cvc)\s{1,3}(?P<s>\d{3,4})\b",
        "val 12/29 cvv {d:4}",
        "cvv 3 digits",
        like="any",
    ),
    Rule(
        "otp-seed",
        ("código ", "codigo ", "verification code", "2fa code", "otp code", "one-time code"),
        r"(?i:c[óo]digo (?:de verifica[çc][ãa]o|de uso único|2fa|mfa|otp|do sms)|(?:verification|2fa|otp|one-time) code)"
        r"(?: (?:is|é))?:?\s{1,3}(?P<s>\d{4,8})\b",
        "código de verificação {d:6}",
        "código de verificação expirado",
        like="any",
    ),
    Rule(
        "token",
        ("k10",),
        EDGE + r"K10[0-9a-f]{40,64}::(?P<s>\S{8,200})",
        "k3s agent --token K10{x:64}::server:{x:32}",
        "K10 is a tool",
        like="any",
    ),
)  # fmt: skip

PLACES = (*_ARGUMENTS, *_CALLS, *_SQL, *_OTHERS)

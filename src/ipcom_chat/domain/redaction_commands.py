"""Secrets among the arguments of commands, told by the options of each program.

A command is read once, from the name of its program to the end of the command: a pipe, `;`, `&`
or the end of the line, quotes respected. Long options such as `--password` need no table: they
are read by `redaction_names`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from ipcom_chat.domain.redaction_values import is_path, is_secret

MAX_TOKENS = 200
MAX_SECRETS = 16
"""How many secrets a command holds; where there are more, the rest of it goes as a whole."""


class Program(NamedTuple):
    """Programs, and the options of theirs whose values are secret.

    An option is written `-p` (value attached or next), `-p*` (attached only), `-p+` (next only)
    or `/p:`; after it, what comes before the secret inside the value: `-u:` means `user:secret`.
    """

    names: str
    options: str
    yes: str
    no: str
    kind: str = "password"
    needs: str = ""
    """A word that the command must hold."""


PROGRAMS = (
    Program("mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlbinlog mysqlslap mysqlpump mysqlsh mycli mariadb "
            "mariadb-dump mariadb-admin mariadb-backup xtrabackup mydumper myloader innobackupex mariadb-check mariadb-import",
            "-p*", "mysql -u root -p{w:10} base", "mysql -u root -p base"),
    Program("sshpass", "-p", "sshpass -p '{w:10}' ssh ana@h", "sshpass -e ssh -p 22 h"),
    Program("curl", "-u: -U: --user: --proxy-user: --oauth2-bearer --pass --proxy-pass -E: --cert: --tlspassword --aws-sigv4-secret",
            "curl -su 'ana:{w:10}' https://x", "curl -u ana https://x"),
    Program("http https xh xhs httpie", "-a: --auth:", "http -a ana:{w:10} GET x", "http GET x"),
    Program("ab siege wrk hey", "-A: -P:", "ab -A ana:{w:10} http://x/", "ab -n 10 http://x/"),
    Program("smbclient smbget smbtree smbcacls smbcquotas rpcclient winexe pth-winexe wmic net sharesec smbspool nmblookup",
            "-U% --user% --password", "smbclient -U 'DOM\\ana%{w:10}' //s/d", "smbclient -U ana //s/d"),
    Program("smbmap crackmapexec cme netexec nxc evil-winrm hydra medusa psexec psexec.exe paexec rdesktop ncftpput ncftpget ncftp "
            "impala-shell beeline racadm bmcutil idracadm7 wbemcli isql-fb neo4j-shell cypher-shell cqlsh nodetool jmxterm sqlplusw",
            "-p -pw+ -password+", "rdesktop -u ana -p {w:10} h", "rdesktop h"),
    Program("crackmapexec cme netexec nxc evil-winrm smbmap psexec.py wmiexec.py smbexec.py atexec.py dcomexec.py secretsdump.py "
            "impacket-psexec impacket-wmiexec impacket-smbexec impacket-secretsdump getst.py gettgt.py lookupsid.py",
            "-H+ -hashes+ -aesKey+ --hash", "nxc smb h -u ana -H {x:32}", "nxc smb h -u ana", kind="hash"),
    Program("influx influxdb3", "-p+", "influx user create -n ana -p {w:10}", "influx user list", needs="user"),
    Program("az", "--value", "az keyvault secret set -n x --value {w:10}", "az appconfig kv set --key a --value b", needs="secret"),
    Program("aws", "--value", "aws ssm put-parameter --type SecureString --value {w:10}", "aws ssm put-parameter --type String --value b", needs="SecureString"),
    Program("gh glab", "-b --body --value", "gh secret set X --body {w:10}", "gh pr create --body x", needs="secret", kind="secret"),
    Program("security", "-p+", "security unlock-keychain -p {w:10}", "security list-keychains", needs="unlock-keychain"),
    Program("security", "-w+", "security add-generic-password -a a -w {w:10}", "security find-generic-password -w", needs="add-generic-password"),
    Program("doveadm", "-p+", "doveadm pw -s SHA512-CRYPT -p {w:10}", "doveadm pw -l", needs="pw"),
    Program("wbinfo", "-a% --authenticate%", "wbinfo -a ana%{w:10}", "wbinfo -u"),
    Program("kadmin", "-w+", "kadmin -p adm -w {w:10} -q list", "kadmin -p adm"),
    Program("caddy", "--plaintext", "caddy hash-password --plaintext {w:10}", "caddy run"),
    Program("ldapsearch ldapadd ldapmodify ldapdelete ldapmodrdn ldapcompare ldapwhoami ldapexop", "-w",
            "ldapsearch -x -D cn=a -w {w:10} -b dc=x", "ldapsearch -x -W -b dc=x"),
    Program("ldappasswd", "-w -s+ -a+", "ldappasswd -D cn=a -w {w:9} -s {w:10} uid=b", "ldappasswd -S -W"),
    Program("ipmitool", "-P -k+ -y+", "ipmitool -I lanplus -H h -U adm -P {w:10} chassis status", "ipmitool -E -H h sel list"),
    Program("ipmipower ipmiconsole ipmi-sensors ipmi-sel ipmi-chassis bmc-info bmc-config ipmi-config ipmi-fru bmc-device",
            "-p -k+", "ipmipower -h h -p {w:10} --stat", "ipmipower -P -h h"),
    Program("snmpwalk snmpget snmpset snmpgetnext snmpbulkwalk snmpbulkget snmptable snmptrap snmpinform snmpdf snmpstatus "
            "snmpnetstat snmpdelta snmptest snmpusm snmpvacm snmp-check braa", "-c -A+ -X+", "snmpwalk -v2c -c {w:9} h",
            "snmpwalk -v2c -c public h", kind="snmp-community"),
    Program("check_snmp check_snmp_int check_snmp_load check_snmp_mem check_snmp_storage", "-C+ -A+ -X+",
            "check_snmp -H h -C {w:9} -o x", "check_snmp -H h", kind="snmp-community"),
    Program("openssl", "-k+ -K+ -pass=pass: -passin=pass: -passout=pass: -password=pass: -hmac+ -macopt=key: -macopt=hexkey: -srppass+ -psk+",
            "openssl enc -aes-256-cbc -k {w:10} -in a", "openssl x509 -in a -noout -text"),
    Program("zip unzip zipcloak 7zz", "-P -p*", "unzip -P {w:10} a.zip", "unzip -p a.zip"),
    Program("7z 7za 7zr rar unrar", "-p* -hp*", "7z a -p{w:10} a.7z d", "7z x -p a.7z"),
    Program("redis-cli keydb-cli valkey-cli redis-benchmark", "-a", "redis-cli -h h -a {w:10} ping", "redis-cli -h h ping"),
    Program("mongo mongosh mongodump mongorestore mongoexport mongoimport mongostat mongotop mongofiles", "-p",
            "mongodump -p {w:10}", "mongosh --port 27017"),
    Program("sqlcmd bcp isql osql tsql fisql", "-P", "sqlcmd -S s -U sa -P {w:10}", "sqlcmd -S s -E"),
    Program("mosquitto_pub mosquitto_sub mosquitto_rr", "-P", "mosquitto_pub -u a -P {w:10} -t x", "mosquitto_sub -t x"),
    Program("docker podman buildah nerdctl helm oras crane regctl az cf oc tkn argocd heroku kamal", "-p+ --password+",
            "docker login -p {w:10} r", "docker run -p 80:80 web", needs="login"),
    Program("twine", "-p", "twine upload -p {w:10} dist/a", "twine check dist/a"),
    Program("skopeo podman buildah", "--creds: --src-creds: --dest-creds:", "skopeo copy --src-creds ana:{w:10} a b", "skopeo copy a b"),
    Program("lftp", "-u,", "lftp -u ana,{w:10} ftp.x", "lftp ftp.x"),
    Program("xfreerdp xfreerdp3 wlfreerdp sdl-freerdp freerdp wfreerdp mstsc", "/p: /pth: /gp: -p", "xfreerdp /u:ana /p:{w:10} /v:h",
            "xfreerdp /u:ana /v:h"),
    Program("keytool jarsigner apksigner", "-storepass+ -keypass+ -srcstorepass+ -deststorepass+ -srckeypass+ -destkeypass+ -new+ "
            "--ks-pass=pass: --key-pass=pass:", "keytool -storepasswd -new {w:10} -keystore k", "keytool -list -keystore k"),
    Program("ssh-keygen ssh-add dropbearkey", "-N+ -P+", "ssh-keygen -t ed25519 -N '{w:10}' -f k", "ssh-keygen -t ed25519 -N '' -f k"),
    Program("useradd usermod adduser groupadd groupmod", "-p+", "useradd -m -p '{w:13}' ana", "useradd -m -s /bin/bash ana"),
    Program("net.exe", "-U%", "net.exe rpc -U ana%{w:10}", "net.exe start"),
    Program("grpcurl websocat nats", "--password -W+", "nats -W {w:10} pub", "nats sub x"),
    Program("influx mosquitto_passwd", "-password+ -b+", "influx -b {w:10}", "influx -host h"),
    Program("asadmin wlst.sh jboss-cli.sh kcadm.sh kcadm", "--password -p", "kcadm.sh config credentials -p {w:10}", "kcadm.sh get users"),
    Program("mount.cifs mount_smbfs", "-P+", "mount_smbfs -P {w:8} //a@h/s /m", "mount.cifs //h/s /m"),
    Program("ncat socat openvpn fetchmail swaks msmtp sendemail sendEmail", "-ap+ -xp+ --auth-password -p:", "sendemail -xu a -xp {w:10} -s h",
            "openvpn --config a"),
    Program("pdbedit restic rclone duplicity borg", "--pass --obscure", "rclone config create x --obscure {w:10}", "rclone ls x:"),
    Program("certutil certutil.exe", "-p+", "certutil -p {w:10} -importpfx a.pfx", "certutil -store my"),
    Program("etcdctl consul nomad", "--user: -token=", "etcdctl --user root:{w:10} get x", "etcdctl get x"),
    Program("dsacls dsadd dsmod", "-pwd+ -p+", "dsmod user cn=a -p {w:10}", "dsmod user cn=a -disabled no"),
)  # fmt: skip

_ARGUMENT = re.compile(
    r"""(?:[ \t]|\\\n|\d?>{1,2}&?[ \t]?\S{1,100}|<(?!<)[ \t]?\S{1,100}){0,40}+
        ((?:[^\s|;&<>'"\\]++|'[^'\n]{0,2000}+'|"(?:[^"\\\n]{0,2000}+(?=")|(?:\\[^\n]|[^"\\\n]){0,2000})"|\\[^\n])+)""",
    re.VERBOSE,
)
"""A word of a command behind blanks and redirections."""

_NOT_ATTACHED = frozenset(
    "-print -print0 -printf -port -proto -prune -path -perm -user -url -usage".split()
)


class _Option(NamedTuple):
    flag: str
    after: str
    attached: bool
    spaced: bool


class _Options:
    """The options of a program, by the characters that tell them apart."""

    def __init__(self, program: Program) -> None:
        self._by_second: dict[str, list[_Option]] = {}
        self._by_last: dict[str, list[_Option]] = {}
        for option in map(_option, program.options.split()):
            self._by_second.setdefault(option.flag[1], []).append(option)
            if option.after:
                self._by_last.setdefault(option.flag[-1], []).append(option)

    def of(self, second: str, last: str) -> list[_Option]:
        """Return those that a token with this second and this last character may be."""
        found = self._by_second.get(second, [])
        clustered = self._by_last.get(last)
        if not clustered:
            return found
        return found + [option for option in clustered if option.flag[1] != second]


@cache
def _by_name() -> dict[str, tuple[tuple[Program, _Options], ...]]:
    table: dict[str, tuple[tuple[Program, _Options], ...]] = {}
    for program in PROGRAMS:
        options = _Options(program)
        for name in program.names.split():
            table[name.lower()] = (*table.get(name.lower(), ()), (program, options))
    return table


def _option(spec: str) -> _Option:
    if spec.startswith("/"):
        return _Option(spec.lower(), "", attached=True, spaced=False)
    if spec[-1] in "*+":
        return _Option(spec[:-1], "", attached=spec[-1] == "*", spaced=spec[-1] == "+")
    flag, _equals, after = spec.partition("=")
    if after:
        return _Option(flag, after, attached=False, spaced=True)
    if spec[-1] in ":%,":
        return _Option(spec[:-1], spec[-1], attached=True, spaced=True)
    return _Option(flag, "", attached=True, spaced=True)


def names_of_programs() -> frozenset[str]:
    """Return the names of all programs of the table, in lower case."""
    return frozenset(_by_name())


def commands(
    text: str, lowered: str, runs: list[tuple[int, str]]
) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and kind of the secrets in the options of known programs.

    Args:
        text: all of it.
        lowered: the same in lower case.
        runs: where the names of programs stand, in order, and which; no letter or digit is before.
    """
    read: dict[str, int] = {}
    for start, name in runs:
        if (
            start < read.get(name, 0)
            or lowered[start - 1 : start] in _NAME_CHARS
            or not _begins(lowered, start)
        ):
            continue
        tokens, read[name] = _tokens(text, start + len(name))
        for program, options in _by_name()[name]:
            yield from _secrets(text, tokens, program, options)


_NAME_CHARS = frozenset("_-.")
"""What names of programs hold besides letters and digits."""


def _begins(lowered: str, position: int) -> bool:
    """Return whether a program is run here, and not looked for: `find / -name mysql -print`."""
    begin = max(lowered.rfind("\n", 0, position) + 1, position - 300)
    before = lowered[begin:position].rstrip()
    if not before or before[-1] in "|;&({`\"'>$#%:/\\=":
        return True
    words = before.split()
    return words[-1] not in _ARGUMENT_OF and not (
        words[0] in _LOOKERS or (words[0] == "sudo" and words[1:2] and words[1] in _LOOKERS)
    )


_ARGUMENT_OF = frozenset("-name -iname -path -regex install".split())
_LOOKERS = frozenset(
    "find locate which whereis man apt apt-get yum dnf apk pacman rpm dpkg systemctl service grep egrep "
    "pgrep pkill killall ls cd cat vi vim nano echo chown chmod cp mv rm mkdir tail less head".split()
)


def _tokens(text: str, position: int) -> tuple[list[tuple[int, int]], int]:
    found: list[tuple[int, int]] = []
    while len(found) < MAX_TOKENS and (argument := _ARGUMENT.match(text, position)):
        found.append(argument.span(1))
        position = argument.end()
    return found, position


def _secrets(
    text: str, tokens: list[tuple[int, int]], program: Program, options: _Options
) -> Iterator[tuple[int, int, str]]:
    if program.needs and not any(text[a:b] == program.needs for a, b in tokens):
        return
    count = 0
    for index, (begin, stop) in enumerate(tokens):
        first, start, end = text[begin], begin, stop
        if first in "'\"" and text[stop - 1] == first:  # A shell takes `'-pvalue'` for `-pvalue`.
            start, end = begin + 1, stop - 1
            first = text[start]
        if first not in "-/":
            continue
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        for option in options.of(text[start + 1 : start + 2], text[end - 1]):
            span = _value(text, start, end, option, following)
            span = span and _trimmed(text, *span, option.after)
            if span and is_secret(value := text[slice(*span)]) and not is_path(value):
                count += 1
                if count > MAX_SECRETS:
                    yield span[0], tokens[-1][1], program.kind
                    return
                yield (*span, program.kind)


def _value(
    text: str, start: int, end: int, option: _Option, following: tuple[int, int] | None
) -> tuple[int, int] | None:
    flag, token = option.flag, text[start:end]
    if token == flag:
        return following if following and _takes(option, text[following[0]]) else None
    attached = (start + len(flag), end)
    if flag.startswith("/"):
        return attached if token.lower().startswith(flag) else None
    if token.startswith(f"{flag}="):
        return attached[0] + 1, end
    if len(flag) > len("-p") and flag != "-hp":
        return None
    if token.startswith(flag):
        is_attached = option.attached and token[1] != "-" and token not in _NOT_ATTACHED
        return attached if is_attached else None
    return _clustered(token, option, following)


def _takes(option: _Option, first: str) -> bool:
    return option.spaced and (first != "-" or bool(option.after))


def _clustered(
    token: str, option: _Option, following: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Return the next word for `-sku` as for `-u`; only where the value names a user first."""
    is_cluster = (
        option.after and re.fullmatch(r"-[A-Za-z]{1,8}", token) and token[-1] == option.flag[-1]
    )
    return following if is_cluster else None


def _trimmed(text: str, start: int, end: int, after: str) -> tuple[int, int] | None:
    """Return the secret inside an argument: without quotes, after the user's name."""
    while start < end and text[start] in "\"'$":
        if text[start] == "$" and (start + 1 >= end or text[start + 1] not in "\"'"):
            break
        start += 1
    while end > start and text[end - 1] in "\"'" and text.count(text[end - 1], start, end) % 2:
        end -= 1
    if after:
        place = text.find(after, start, end)
        if place < 0 or (len(after) > 1 and place != start):
            return None
        start = place + len(after)
        while start < end and text[start] in "\"'":
            start += 1
    return (start, end) if start < end else None

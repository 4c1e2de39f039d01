"""The rules of redaction: headers and URLs here, and all of them as one list.

See `redaction_rule` for what a rule is.
"""

from ipcom_chat.domain.redaction_network import NETWORK
from ipcom_chat.domain.redaction_places import PLACES
from ipcom_chat.domain.redaction_prompts import PROMPTS
from ipcom_chat.domain.redaction_rule import EDGE, Rule
from ipcom_chat.domain.redaction_shell import COMMANDS
from ipcom_chat.domain.redaction_tokens import HASHES, TOKENS

__all__ = ["RULES", "Rule"]

_COOKIE = r"[\w.-]{1,80}=(?P<s>[^\"'\s;]{4,4000})"

HEADERS = (
    Rule(
        "authorization",
        ("authorization",),
        r"(?i:authorization)\\?[\"']?\s{0,4}[:=]\s{0,4}\\?[\"']?(?:(?i:digest|oauth|hawk|aws4-hmac-sha256) (?P<s>[^'\n]{4,4000})|(?i:bearer|basic|token|negotiate|ntlm|apikey|api-key|key|"
        r"splunk|snowflake|bot|ssws|genie\w{0,4})[ :=]{1,4}(?P<s2>[^\s\"'\\,;<>]{3,8000}))",
        "curl -H 'Authorization: Bearer {w:30}' https://x",
        "Authorization: Bearer $TOKEN",
    ),
    Rule(
        "authorization",
        ("authorization:", 'authorization": "', "authorization': '"),
        r"(?i:authorization)[\"']?:\s{0,4}[\"']?(?P<s>[\w+/=.~-]{12,2000})",
        "Authorization: {w:40}",
        "Authorization: none",
    ),
    Rule(
        "bearer",
        ("bearer ",),
        EDGE + r"(?i:bearer)\s{1,4}(?P<s>[\w.~+/=-]{12,4000})",
        "sent bearer {w:32}",
        "the bearer token",
        like="random",
    ),
    Rule(
        "cookie",
        ("cookie:", 'cookie":', "cookie':"),
        # `Set-Cookie` has attributes behind its one cookie.
        r"(?i:(?<=set-)cookie2?[\"']?:\s{0,4}[\"']?(?P<s>[\w.-]{1,80}=[^\"'\n;]{4,4000})|"
        r"cookie2?[\"']?:\s{0,4}[\"']?(?P<s2>[\w.-]{1,80}=[^\"'\n]{4,4000}))",
        "curl -H 'Cookie: theme=dark; sid={w:24}'",
        "cookie: none",
        like="cookie",
        each=_COOKIE,
    ),
    Rule(
        "cookie",
        (" --cookie", " -b"),
        r"\s(?:--cookie[ =]|-b\s?)[\"']?(?P<s>[\w.-]{1,80}=[^\"'\n\s;,]{6,2000}(?:;[^\"'\n]{0,2000})?)(?![^\"'\s;])",
        "curl -b 'sid={w:24}' https://x",
        "ldapsearch -b dc=example,dc=com",
        like="cookie",
        each=_COOKIE,
    ),
    Rule(
        "authorization",
        ("auth plain ", "auth login "),
        r"(?i:auth (?:plain|login)) (?P<s>[A-Za-z0-9+/]{8,400}={0,2})",
        "AUTH PLAIN AG{b:20}==",
        "smtp auth plain text",
        like="random8",
    ),
    Rule(
        "password",
        ("pass ",),
        r"(?<=^)(?:PASS) (?P<s>[^\s]{3,128})\s{0,3}$|(?<=[<>:\n] )PASS (?P<s2>[^\s]{3,128})(?=\s|$)",
        "> PASS {w:10}",
        "PASS the salt",
        like="password",
    ),
)

URLS = (
    Rule(
        "url-password",
        ("://",),
        r"://(?!\[REDACTED:)[^\s:/@'\"<>?#]{0,256}+:(?:(?P<s>[^\s'\"<>/@]{1,256}(?:@[^\s'\"<>/@]{1,128}(?=@))*)@"
        r"|(?<!//:)(?P<s2>[^\s'\"<>@]{1,256}(?:@[^\s'\"<>/@]{1,128}(?=@))*)@(?=[\w.\[-]))",
        "postgres://app:p@{w:12}@db:5432/x amqp://app:{w:6}/{w:6}@mq",
        "http://host:80/a ssh://user@host:22",
    ),
    Rule(
        "url-token",
        ("://",),
        r"://(?P<s>[\w.~%-]{20,256}+)(?::x-oauth-basic)?@",
        "git clone https://{w:40}@git.example/a",
        "https://ana@host",
        like="random",
    ),
    Rule(
        "url-password",
        ("@tcp(", "@unix("),
        r"(?<![^\s'\"=])[\w.-]{1,64}:(?P<s>[^\s'\"]{1,128})@(?:tcp|unix)\(",
        "dsn app:{w:10}@tcp(db:3306)/x",
        "user@tcp(x)",
        line=True,
    ),
    Rule(
        "url-password",
        ("oracle:thin:", "oracle:oci:"),
        r"oracle:(?:thin|oci):[\w$#]{1,64}/(?P<s>[^\s@\"'/]{1,128})@",
        "jdbc:oracle:thin:app/{w:10}@h:1521:X",
        "jdbc:oracle:thin:@h:1521:X",
    ),
    Rule(
        "connection-string",
        ("sharedaccesskey=", "accountkey=", "accesskey="),
        r"(?i:sharedaccesskey|accountkey|accesskey)=(?P<s>[\w+/=]{16,200})",
        "Endpoint=sb://x/;SharedAccessKeyName=root;SharedAccessKey={b:43}=",
        "AccountKey=none",
        like="any",
    ),
)

RULES: tuple[Rule, ...] = (
    *TOKENS,
    *HASHES,
    *HEADERS,
    *URLS,
    *NETWORK,
    *COMMANDS,
    *PLACES,
    *PROMPTS,
)

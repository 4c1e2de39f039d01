"""Which playbook answers what; the shipped ones are the examples."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipcom_chat.assistant.playbook import Capture, Intents, Playbook, Text
from ipcom_chat.assistant.playbook_loading import load_playbooks
from ipcom_chat.assistant.playbook_matching import MOST, language_of_question, match
from ipcom_chat.i18n import Language

SHIPPED, _PROBLEMS = load_playbooks()


def _ids(text: str) -> list[str]:
    return [each.playbook.id for each in match(SHIPPED, text)]


def _values(text: str) -> dict[str, str]:
    return match(SHIPPED, text)[0].values


def _book(name: str, *intents: str, captures: dict[str, Capture] | None = None) -> Playbook:
    return Playbook(
        id=name,
        title=Text(en=name, pt=name),
        intents=Intents(en=intents),
        captures=captures or {},
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quais portas estão abertas?", "ports"),
        ("QUAIS PORTAS ESTAO ABERTAS", "ports"),
        ("quais portas esta\u0303o abertas?", "ports"),
        ("which ports are open", "ports"),
        ("who is listening on port 8080?", "ports"),
        ("quem está usando a porta 443?", "ports"),
        ("what is using port 5432", "ports"),
        ("portas", "ports"),
        ("o que está enchendo o disco /var?", "disk-fill"),
        ("what is filling up the disk?", "disk-fill"),
        ("maiores arquivos em /home", "disk-fill"),
        ("biggest folders in /srv", "disk-fill"),
        ("quanto espaço em disco tem livre?", "disk"),
        ("how much disk space is left", "disk"),
        ("uso de disco", "disk"),
        ("inodes", "disk"),
        ("disco", "disk"),
        ("disk full", "error-no-space"),
        ("sem espaço em disco", "error-no-space"),
        ("memória", "memory"),
        ("uso de memória ram", "memory"),
        ("how much memory is free?", "memory"),
        ("quem está usando swap?", "memory"),
        ("o oom killer matou algum processo?", "oom"),
        ("which process is eating memory", "memory"),
        ("servidor lento, uso de cpu", "cpu"),
        ("the server is slow", "cpu"),
        ("load average alto", "cpu"),
        ("quais processos consomem mais cpu", "cpu"),
        ("top processes", "cpu"),
        ("quais serviços falharam", "units-failed"),
        ("which services failed?", "units-failed"),
        ("systemctl --failed", "units-failed"),
        ("por que o nginx não inicia?", "unit"),
        ("nginx status", "unit"),
        ("status do nginx", "unit"),
        ("o postgresql caiu", "unit"),
        ("is sshd running?", "unit"),
        ("why does apache2 not start?", "unit"),
        ("show me the log of docker.service", "unit"),
        ("log do serviço cron", "unit"),
        ("o serviço mysql está parado", "unit"),
        ("erros recentes no journal", "journal-errors"),
        ("recent errors in the log", "journal-errors"),
        ("últimos erros do sistema", "journal-errors"),
        ("ip desta máquina", "network"),
        ("what is my ip address", "network"),
        ("qual é o gateway padrão?", "network"),
        ("show the routes of this default gateway", "network"),
        ("quais os servidores dns configurados?", "network"),
        ("sem internet", "network"),
        ("dns não resolve example.org", "dns"),
        ("why does db.example.com not resolve?", "dns"),
        ("consigo pingar 10.0.0.1?", "reach"),
        ("can you ping db01?", "reach"),
        ("is 192.168.0.5 reachable", "reach"),
        ("o servidor web01.example.com responde na porta 443?", "reach"),
        ("containers rodando", "containers"),
        ("o container não sobe", "containers"),
        ("why does the container not start?", "containers"),
        ("disco 100%", "disk"),
        ("docker ps", "containers"),
        ("list the podman containers", "containers"),
        ("ips banidos no fail2ban", "fail2ban"),
        ("is 1.2.3.4 banned?", "fail2ban"),
        ("quem está logado?", "system"),
        ("qual a versão do kernel e a distribuição", "system"),
        ("há quanto tempo este servidor está ligado?", "system"),
        (
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "error-port-in-use",
        ),
        ("Error: listen EADDRINUSE: address already in use :::3000", "error-port-in-use"),
        ("OSError: [Errno 98] Address already in use", "error-port-in-use"),
        ("E: Could not get lock /var/lib/dpkg/lock-frontend", "error-package-lock"),
        (
            "E: dpkg was interrupted, you must manually run 'dpkg --configure -a'",
            "error-package-lock",
        ),
        ("cp: cannot create regular file '/etc/x': Permission denied", "error-permission"),
        ("bash: ./run.sh: Permissão negada", "error-permission"),
        ("write error: No space left on device", "error-no-space"),
        ("tar: /srv/a: Não há espaço disponível no dispositivo", "error-no-space"),
        ("curl: (7) Failed to connect to db port 5432: Connection refused", "error-refused"),
        ("ssh: connect to host 10.0.0.9 port 22: Conexão recusada", "error-refused"),
        ("bash: htop: command not found", "error-command-not-found"),
        ("bash: htop: comando não encontrado", "error-command-not-found"),
        ("curl: (6) Could not resolve host: api.example.com", "error-name-resolution"),
        ("ping: foo: Temporary failure in name resolution", "error-name-resolution"),
    ],
)
def test_questions_of_technicians_find_their_playbook_first(text: str, expected: str) -> None:
    assert _ids(text)[:1] == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "importante",
        "script para equipe",
        "login stop programa",
        "",
        "   \n\t ",
        "olá, tudo bem?",
        "hello there",
        "Bata 2 ovos com 200 g de açúcar, junte a farinha e asse 40 minutos com a porta fechada.",
        "escreva um e-mail para a equipe de vendas",
        "write a poem about an open door",
        "qual é a capital da França?",
        "what does this regular expression do: ^a+$",
        "git status",
        "status do pedido 123",
        "como faço um laço for em bash?",
        "explique o que é um logaritmo",
        "support desktop wallpaper",
        "transporte e reportagem",
        "the portrait is important",
        "uma rede social para pescadores",
        "the catalogue of the exhibition",
        "diskette museum",
        "programa de monograma",
        "lembre-me de ligar para o suporte",
    ],
)
def test_words_inside_words_and_other_subjects_match_nothing(text: str) -> None:
    assert _ids(text) == []


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("who is listening on port 8080?", "port", "8080"),
        ("quem usa a porta nº 443", "port", "443"),
        ("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)", "port", "80"),
        ("nginx: [emerg] bind() to [::]:8443 failed (98: Address already in use)", "port", "8443"),
        ("Error: listen EADDRINUSE: address already in use :::3000", "port", "3000"),
        ("o que está enchendo o disco /var/Lógs?", "path", "/var/Lógs"),
        ('tamanho de "/srv/my data"', "path", "/srv/my data"),
        ("o que enche o disco?", "path", "/"),
        ("por que o nginx não inicia?", "unit", "nginx"),
        ("Por que o NetworkManager não inicia?", "unit", "NetworkManager"),
        ("status of getty@tty1.service", "unit", "getty@tty1.service"),
        ("consigo pingar 10.0.0.1?", "host", "10.0.0.1"),
        ("dns não resolve example.org", "host", "example.org"),
        ("is 1.2.3.4 banned?", "address", "1.2.3.4"),
        ("is 2001:db8::7 banned?", "address", "2001:db8::7"),
        ("cp: cannot create regular file '/etc/a b': Permission denied", "path", "/etc/a b"),
        ("bash: /root/x.sh: Permission denied", "path", "/root/x.sh"),
        ("curl: (7) Failed to connect to db01 port 5432: Connection refused", "host", "db01"),
        ("curl: (7) Failed to connect to db01 port 5432: Connection refused", "port", "5432"),
        ("dial tcp 10.1.2.3:6379: connect: connection refused", "host", "10.1.2.3"),
        ("dial tcp 10.1.2.3:6379: connect: connection refused", "port", "6379"),
        ("bash: line 3: htop: command not found", "program", "htop"),
        ("sudo: apt-file: comando não encontrado", "program", "apt-file"),
        ("zsh: command not found: jq", "program", "jq"),
        (
            "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1234 (apt)",
            "pid",
            "1234",
        ),
        ("curl: (6) Could not resolve host: api.example.com", "host", "api.example.com"),
        ("ping: foo: Name or service not known", "host", "foo"),
    ],
)
def test_values_are_taken_from_the_question(text: str, name: str, value: str) -> None:
    assert _values(text)[name] == value


@pytest.mark.parametrize(
    "text",
    [
        "log do serviço --help",
        "status of -rf",
        "who is listening on port 99999999?",
        "consigo pingar -f?",
        "consigo pingar $(reboot)?",
        "nginx; reboot status",
    ],
)
def test_no_option_and_no_shell_becomes_a_value(text: str) -> None:
    for found in match(SHIPPED, text):
        for value in found.values.values():
            assert not value.startswith("-")
            assert not set(value) & set(";$(){}|&`<>\n")


def test_a_server_without_a_name_is_no_unit() -> None:
    assert "unit" not in _ids("por que o servidor não inicia?")


def test_the_specific_playbook_beats_the_general_one() -> None:
    assert _ids("o que está enchendo o disco?") == ["disk-fill"]


def test_two_subjects_in_one_question_both_run() -> None:
    assert set(_ids("uso de cpu e memória livre")) == {"cpu", "memory"}


def test_at_most_two_run() -> None:
    text = "portas abertas? uso de disco? memória livre? uso de cpu? containers rodando?"
    assert len(_ids(text)) == MOST


def test_the_error_is_found_inside_a_long_log_and_its_question_answered() -> None:
    noise = "\n".join(
        f"2026-01-01 10:00:{n % 60:02} app[{n}]: conexão com o host 10.0.0.{n % 255}, port open"
        for n in range(2000)
    )
    text = (
        f"{noise}\n2026-01-01 bind() to 0.0.0.0:8081 failed (98: Address already in use)\n{noise}"
    )
    found = match(SHIPPED, text)
    assert [each.playbook.id for each in found] == ["error-port-in-use"]
    assert found[0].values["port"] == "8081"


def test_of_a_huge_paste_the_ends_are_read() -> None:
    text = f"quais portas estão abertas?\n{'x' * 1_200_000}\nbash: htop: command not found"
    found = match(SHIPPED, text)
    assert [each.playbook.id for each in found] == ["error-command-not-found", "ports"]
    assert found[0].values["program"] == "htop"


def test_a_phrase_is_whole_words_too() -> None:
    book = Playbook(id="x", title=Text(en="x", pt="x"), says=("no space",))
    assert match([book], "sudo: no spaceship") == ()
    assert match([book], "xno space") == ()
    assert match([book], "(no space)") != ()


def test_groups_must_meet_in_one_clause() -> None:
    book = _book("x", "alpha + beta")
    assert match([book], "alpha. beta") == ()
    assert match([book], "beta, then alpha") != ()


def test_a_clause_of_nothing_else() -> None:
    book = _book("x", "=alpha")
    assert match([book], "Alpha?") != ()
    assert match([book], "alpha beta") == ()


def test_ties_are_broken_by_id() -> None:
    found = match([_book("b", "beta"), _book("a", "alpha")], "alpha beta")
    assert [each.playbook.id for each in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("quais portas estão abertas?", "pt_BR"),
        ("which ports are open?", "en"),
        ("cpu usage", "en"),
        ("uso de cpu", "pt_BR"),
        ("memória", "pt_BR"),
        ("why?\n2026-01-01 10:00:00 o que e como da para nao de", "en"),
    ],
)
def test_the_answer_follows_the_language_of_the_question(text: str, language: str) -> None:
    other: Language = "en" if language == "pt_BR" else "pt_BR"
    assert language_of_question(SHIPPED, text, match(SHIPPED, text), other) == language


@pytest.mark.parametrize("text", ["docker ps", "df", "bash: htop: command not found", ""])
def test_what_is_of_no_language_leaves_that_of_the_screen(text: str) -> None:
    matches = match(SHIPPED, text)
    assert language_of_question(SHIPPED, text, matches, "pt_BR") == "pt_BR"
    assert language_of_question(SHIPPED, text, matches, "en") == "en"


_HOSTILE = st.text(
    alphabet=string.printable + "{}-/:.$`çãÀ\u0130\u0345\u202e\x1b\ud800", max_size=300
)
_TEMPLATES = st.sampled_from(
    ["status of {}", "ping {}", "porta {}", "o que enche o disco /{}", "{}: command not found",
     "connect to {} port {}: Connection refused", "ban {} fail2ban", "held by process {} dpkg lock"]
)  # fmt: skip


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(), _HOSTILE))
def test_matching_never_raises(text: str) -> None:
    assert len(match(SHIPPED, text)) <= MOST
    assert language_of_question(SHIPPED, text, (), "en") in ("en", "pt_BR")


@settings(deadline=None, max_examples=300)
@given(_TEMPLATES, _HOSTILE)
def test_no_capture_injects_an_option_a_placeholder_or_a_line(template: str, text: str) -> None:
    for found in match(SHIPPED, template.replace("{}", text)):
        for value in found.values.values():
            assert value
            assert not value.startswith("-")
            assert not set(value) & set("{}\n\x00\x1b")


@pytest.mark.parametrize("unit", ["a", "a.", "/a", "1:", "a ", "::"])
def test_a_paste_without_line_ends_is_read_in_bounded_pieces(unit: str) -> None:
    text = unit * 50_000
    assert match(SHIPPED, f"{text} permission denied {text}")[0].playbook.id == "error-permission"


def test_a_wrapped_english_message_does_not_make_the_question_english() -> None:
    text = "nginx: [emerg] bind() to 0.0.0.0:80 failed\n(98: Address already in use)\nERRO"
    matches = match(SHIPPED, text)
    assert matches
    assert language_of_question(SHIPPED, text, matches, "pt_BR") == "pt_BR"
    assert language_of_question(SHIPPED, text, matches, "en") == "en"

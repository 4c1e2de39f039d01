"""Brazilian Portuguese: what `doctor` finds."""

MESSAGES: dict[str, str] = {
    "Ask the server of the AI, too.": "Pergunta também ao servidor da IA.",
    "none is configured": "nenhum está configurado",
    "does not say when it ends": "não diz quando expira",
    "reads only": "só lê",
    "may read and write": "lê e grava",
    "Have a new one made ('ipcom-chat server token') and put it in the place of the old one; "
    "nothing needs a restart.": (
        "Peça um novo ('ipcom-chat server token') e ponha-o no lugar do antigo; nada precisa ser "
        "reiniciado."
    ),
    "{rights}, without an end": "{rights}, sem prazo",
    "It ended on {date}.": "Expirou em {date}.",
    "{rights}, until {date}": "{rights}, até {date}",
    "nothing waits to be sent": "nada espera para ser enviado",
    "One row has waited for {lag} to be sent.": "Uma linha espera há {lag} para ser enviada.",
    "{count} rows wait to be sent, the oldest for {lag}.": (
        "{count} linhas esperam para ser enviadas, a mais antiga há {lag}."
    ),
    "Run 'ipcom-chat sync': it says what holds them up.": (
        "Execute 'ipcom-chat sync': ele diz o que as impede."
    ),
    "Look at the network and the load of the primary.": (
        "Verifique a rede e a carga do banco primário."
    ),
    "agrees with the primary's within {seconds} s": (
        "difere do relógio do banco primário por {seconds} s"
    ),
    "{columns} columns, {lines} lines": "{columns} colunas, {lines} linhas",
    "The chat is made for 80 columns and 24 lines.": (
        "O chat foi feito para 80 colunas e 24 linhas."
    ),
    "One secret of the self-test was not masked.": "Um segredo do autoteste não foi mascarado.",
    "{count} secrets of the self-test were not masked.": (
        "{count} segredos do autoteste não foram mascarados."
    ),
    "Install this version of ipcom-chat again.": "Instale de novo esta versão do ipcom-chat.",
    "secrets are masked before they are stored": (
        "os segredos são mascarados antes de serem gravados"
    ),
    "will be made by the first search": "será criado pela primeira busca",
    "The search index in {path} cannot be read.": "Não é possível ler o índice de busca em {path}.",
    "Nothing is lost: the next search makes it anew.": (
        "Nada se perdeu: a próxima busca o cria de novo."
    ),
    "one row is not indexed yet": "uma linha ainda não está no índice",
    "{count} rows are not indexed yet": "{count} linhas ainda não estão no índice",
    "up to date": "em dia",
    "Text that was taken out is still in the write-ahead log of the history.": (
        "O texto que foi apagado ainda está no log de gravação do histórico."
    ),
    "Close the other windows of ipcom-chat; the next start erases it.": (
        "Feche as outras janelas do ipcom-chat; o próximo início o apaga."
    ),
    "nothing is left of what was taken out": "nada resta do que foi apagado",
    "one server": "um servidor",
    "{count} servers": "{count} servidores",
    "Correct the file; see docs/mcp.md.": "Corrija o arquivo; veja docs/mcp.md.",
    "See 'ipcom-chat config list' for ai.model and its key; without it answers come from the "
    "history.": (
        "Veja ai.model e a chave em 'ipcom-chat config list'; sem ela as respostas vêm do "
        "histórico."
    ),
    "{host} does not accept the key.": "{host} não aceita a chave.",
    "{host} is there and cannot answer (HTTP {status}).": (
        "{host} está no ar e não consegue responder (HTTP {status})."
    ),
    "Wait, or look at the status page of the vendor.": (
        "Aguarde, ou veja a página de status do fornecedor."
    ),
    "{host} cannot be reached ({reason}).": "Não é possível alcançar {host} ({reason}).",
}

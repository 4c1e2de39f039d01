"""Brazilian Portuguese: alerts, and who is told of them."""

MESSAGES: dict[str, str] = {
    "--check goes alone, or with --json.": "--check vai sozinho ou com --json.",
    "Check alerts: a line each, exit code 0, 1, 2 or 3 as Nagios has them.": (
        "Verifica os alertas: uma linha para cada, código de saída 0, 1, 2 ou 3 como no Nagios."
    ),
    "one rule checked, no alert.": "uma regra verificada, nenhum alerta.",
    "{count} rules checked, no alert.": "{count} regras verificadas, nenhum alerta.",
    "it could not be read.": "não foi possível ler.",
    "Over: {title}.": "Acabou: {title}.",
    "Better, to be watched: {title}.": "Melhorou, em observação: {title}.",
    "saving was slow": "gravar estava lento",
    "the primary did not answer": "o banco primário não respondia",
    "too many rows waited": "linhas demais esperavam",
    "rows were refused": "linhas foram recusadas",
    "changes waited too long": "alterações esperavam tempo demais",
    "too many requests failed": "pedidos demais falhavam",
    "too many requests were cancelled": "pedidos demais eram cancelados",
    "the clock was wrong": "o relógio estava errado",
    "the primary's certificate was about to expire": (
        "o certificado do banco primário estava para vencer"
    ),
    "the primary's token was about to expire": "o token do banco primário estava para vencer",
    "the disk was nearly full": "o disco estava quase cheio",
    "the budget of AI tokens was used up": "o orçamento de tokens de IA estava esgotado",
    "the budget of AI costs was used up": "o orçamento de custos de IA estava esgotado",
    "the primary held more entries than planned": (
        "o banco primário tinha mais registros que o planejado"
    ),
    "the primary was larger than planned": "o banco primário estava maior que o planejado",
    "Saving takes {value} ms (p95), more than {limit} ms: look at the disk and what else "
    "writes to it.": (
        "Gravar leva {value} ms (p95), mais que {limit} ms: veja o disco e o que mais grava nele."
    ),
    "The primary has not answered for {span}: 'ipcom-chat sync status' says why; what is "
    "saved here is safe and waits.": (
        "O banco primário não responde há {span}: 'ipcom-chat sync status' diz por quê; o que foi "
        "gravado aqui está seguro e espera."
    ),
    "{value} rows wait for the primary, more than {limit}: see 'ipcom-chat sync status'; "
    "is 'sync --watch' running?": (
        "{value} linhas esperam pelo banco primário, mais que {limit}: veja 'ipcom-chat sync "
        "status'; o 'sync --watch' está rodando?"
    ),
    "Rows that the primary refused: {value}. See 'ipcom-chat sync status', then "
    "'ipcom-chat sync retry'.": (
        "Linhas que o banco primário recusou: {value}. Veja 'ipcom-chat sync status' e depois "
        "'ipcom-chat sync retry'."
    ),
    "The oldest change has waited {span} for the primary, more than {limit}: see "
    "'ipcom-chat sync status'.": (
        "A alteração mais antiga espera há {span} pelo banco primário, mais que {limit}: veja "
        "'ipcom-chat sync status'."
    ),
    "{value} % of the requests failed, more than {limit} %: see 'ipcom-chat doctor' and the log.": (
        "{value} % dos pedidos falharam, mais que {limit} %: veja 'ipcom-chat doctor' e o registro."
    ),
    "{value} % of the requests were cancelled, more than {limit} %: answers may be too "
    "slow or of no use; see 'ipcom-chat monitor'.": (
        "{value} % dos pedidos foram cancelados, mais que {limit} %: as respostas podem estar "
        "lentas ou inúteis; veja 'ipcom-chat monitor'."
    ),
    "This machine's clock is {span} away from the primary's, more than {limit}: "
    "timedatectl set-ntp true": (
        "O relógio desta máquina difere {span} do relógio do banco primário, mais que {limit}: "
        "timedatectl set-ntp true"
    ),
    "The primary's TLS certificate has expired: renew it on the server.": (
        "O certificado TLS do banco primário venceu: renove-o no servidor."
    ),
    "The primary's TLS certificate expires in {span}: renew it on the server.": (
        "O certificado TLS do banco primário vence em {span}: renove-o no servidor."
    ),
    "The primary's token has expired: make a new one and set TURSO_AUTH_TOKEN.": (
        "O token do banco primário venceu: crie um novo e defina TURSO_AUTH_TOKEN."
    ),
    "The primary's token expires in {span}: make a new one and set TURSO_AUTH_TOKEN.": (
        "O token do banco primário vence em {span}: crie um novo e defina TURSO_AUTH_TOKEN."
    ),
    "{value} MiB are free on the disk of the history, less than {limit} MiB: free some space.": (
        "Há {value} MiB livres no disco do histórico, menos que {limit} MiB: libere espaço."
    ),
    "{name} has used {value} AI tokens today, more than {limit}: see 'ipcom-chat "
    "monitor --once'.": (
        "{name} usou {value} tokens de IA hoje, mais que {limit}: veja 'ipcom-chat monitor --once'."
    ),
    "The AI's answers to {name} have cost US$ {value} today, more than US$ {limit}: see "
    "'ipcom-chat monitor --once'.": (
        "As respostas da IA a {name} custaram US$ {value} hoje, mais que US$ {limit}: veja "
        "'ipcom-chat monitor --once'."
    ),
    "The primary holds {value} entries, more than {limit}: raise the plan, or purge old ones.": (
        "O banco primário tem {value} registros, mais que {limit}: amplie o plano ou elimine os "
        "antigos."
    ),
    "The primary takes {value} MiB, more than {limit} MiB: raise the plan, or purge old entries.": (
        "O banco primário ocupa {value} MiB, mais que {limit} MiB: amplie o plano ou elimine "
        "registros antigos."
    ),
    "alerts.webhook_url must begin with https://; only a server on this machine "
    "may have http://. Nothing is sent to it.": (
        "alerts.webhook_url deve começar com https://; só um servidor nesta máquina pode ter "
        "http://. Nada é enviado a ele."
    ),
    "alerts.command must be a command with its whole path, like "
    "/usr/local/bin/tell --team; no shell runs it.": (
        "alerts.command deve ser um comando com o caminho completo, como /usr/local/bin/tell "
        "--team; nenhum shell o executa."
    ),
    "false: 'sync --watch' checks no alerts": "false: 'sync --watch' não verifica alertas",
    "address that gets each alert as JSON; Slack and its like show it": (
        "endereço que recebe cada alerta em JSON; o Slack e similares o mostram"
    ),
    "a command, with its whole path, that gets each alert as JSON on its stdin": (
        "um comando, com o caminho completo, que recebe cada alerta em JSON na entrada padrão"
    ),
    "how long a value must be well before its alert is over": (
        "por quanto tempo um valor deve estar bem para o alerta acabar"
    ),
    "how far back rates and latencies look, the hour that runs included": (
        "até quantas horas atrás vão taxas e latências, incluída a hora corrente"
    ),
    "fewer requests than this in the window raise no alert": (
        "menos pedidos que isto na janela não geram alerta"
    ),
    "alert when saving takes longer, milliseconds, p95; 0: never": (
        "alerta quando gravar demora mais, milissegundos, p95; 0: nunca"
    ),
    "alert when the primary does not answer for longer; 0: never": (
        "alerta quando o banco primário não responde por mais segundos; 0: nunca"
    ),
    "alert when more rows wait for the primary; 0: never": (
        "alerta quando mais linhas esperam pelo banco primário; 0: nunca"
    ),
    "alert when the primary refused rows; false: never": (
        "alerta quando o banco primário recusou linhas; false: nunca"
    ),
    "alert when a change waits for longer; 0: never": (
        "alerta quando uma alteração espera por mais segundos; 0: nunca"
    ),
    "alert when more percent of this machine's requests fail; 0: never": (
        "alerta quando falham mais por cento dos pedidos desta máquina; 0: nunca"
    ),
    "alert when more percent of this machine's requests are cancelled; 0: never": (
        "alerta quando são cancelados mais por cento dos pedidos desta máquina; 0: nunca"
    ),
    "alert when the clock is further away from the primary's; 0: never": (
        "alerta quando o relógio difere mais segundos do relógio do banco primário; 0: nunca"
    ),
    "alert when the primary's certificate is valid for fewer days; 0: never": (
        "alerta quando o certificado do banco primário vale por menos dias; 0: nunca"
    ),
    "alert when the primary's token is valid for fewer days; 0: never": (
        "alerta quando o token do banco primário vale por menos dias; 0: nunca"
    ),
    "alert when less is free on the disk of the history, MiB; 0: never": (
        "alerta quando há menos livre no disco do histórico, MiB; 0: nunca"
    ),
    "budget of AI tokens for each user and day (UTC); 0: none": (
        "orçamento de tokens de IA por usuário e dia (UTC); 0: nenhum"
    ),
    "budget of AI costs for each user and day (UTC), US cents; 0: none": (
        "orçamento de custos de IA por usuário e dia (UTC), centavos de dólar; 0: nenhum"
    ),
    "how many entries the primary may hold; 0: no limit": (
        "quantos registros o banco primário pode ter; 0: sem limite"
    ),
    "how large the primary may be, MiB; 0: no limit": (
        "quão grande o banco primário pode ser, MiB; 0: sem limite"
    ),
}

"""Brazilian Portuguese: the dashboard for browsers."""

MESSAGES: dict[str, str] = {
    "(no text)": "(sem texto)",
    "24 hours": "24 horas",
    "30 days": "30 dias",
    "7 days": "7 dias",
    "A file with the token that others need; only its owner may read it.": (
        "Um arquivo com o token de que os outros precisam; só o dono pode lê-lo."
    ),
    "A name under which it is reached, beside that of this machine.": (
        "Um nome pelo qual ele é alcançado, além do nome desta máquina."
    ),
    "About it": "Sobre o registro",
    "Adoption and reuse": "Adoção e reuso",
    "All users": "Todos os usuários",
    "Asked": "Perguntado em",
    "Cancel": "Cancelar",
    "Cancel this request": "Cancelar este pedido",
    "Cancel {id}": "Cancelar {id}",
    "Cancellation rate over time": "Taxa de cancelamento ao longo do tempo",
    "Commands in each minute of the last hour": "Comandos em cada minuto da última hora",
    "Commands per minute": "Comandos por minuto",
    "Commands that ran for it": "Comandos executados para ela",
    "Figures": "Indicadores",
    "HOST": "HOST",
    "Health: {health}. {opened}": "Saúde: {health}. {opened}",
    "Language": "Idioma",
    "Last exchange": "Última troca",
    "Log in": "Entrar",
    "Log out": "Sair",
    "More": "Mais",
    "More pages": "Mais páginas",
    "Most active users": "Usuários mais ativos",
    "Next": "Próxima",
    "None.": "Nada.",
    "Nothing is shown of the session {id}.": "Nada é mostrado da sessão {id}.",
    "Nothing was found.": "Nada foi encontrado.",
    "One entry.": "Um registro.",
    "One open request.": "Um pedido aberto.",
    "Only the beginning is shown.": "Só o começo é mostrado.",
    "Open no browser.": "Não abre o navegador.",
    "Others can read the token file {path}, so it is not used. Run: chmod 600 {path}": (
        "Outros podem ler o arquivo do token {path}, então ele não é usado. Execute: chmod 600 "
        "{path}"
    ),
    "Others than this machine need a token: --token-file FILE, or {variable} in the environment.": (
        "Quem não é desta máquina precisa de um token: --token-file ARQUIVO, ou {variable} no "
        "ambiente."
    ),
    "Overview": "Visão geral",
    "Pages": "Páginas",
    "Previous": "Anterior",
    "Requests by status": "Pedidos por status",
    "Serving {address}; Ctrl-C ends it.": "Servindo {address}; Ctrl-C encerra.",
    "Show the dashboard in a browser.": "Mostra o painel em um navegador.",
    "Show the dashboard in a browser: health, requests, people and machines, and the history to "
    "search. For this account on this machine; others need a token (docs/web.md).": (
        "Mostra o painel em um navegador: saúde, pedidos, pessoas e máquinas, e o "
        "histórico para pesquisar. Para esta conta nesta máquina; os outros precisam de um "
        "token (docs/web.md)."
    ),
    "Skip to the content": "Ir para o conteúdo",
    "Solved problems that helped": "Problemas resolvidos que ajudaram",
    "Span of time": "Período",
    "That did not work": "Não funcionou",
    "That is too much.": "É demais.",
    "The connection was lost; trying again.": "A conexão caiu; tentando de novo.",
    "The dashboard needs a package that is not installed: pip install 'ipcom-chat[web]'": (
        "O painel precisa de um pacote que não está instalado: pip install 'ipcom-chat[web]'"
    ),
    "The token file {path} cannot be read: {reason}.": (
        "O arquivo do token {path} não pode ser lido: {reason}."
    ),
    "The token has fewer than {count} characters. A good one: openssl rand -hex 32": (
        "O token tem menos de {count} caracteres. Um bom: openssl rand -hex 32"
    ),
    "There is no such page.": "Essa página não existe.",
    "This cannot be done like that.": "Isso não pode ser feito assim.",
    "This form is too old. Go back, load the page again and try once more.": (
        "Este formulário está velho demais. Volte, recarregue a página e tente mais uma vez."
    ),
    "This is not the token.": "Este não é o token.",
    "Times are in the zone {zone}.": "Os horários estão no fuso {zone}.",
    "Token": "Token",
    "Too many look already; this page works all the same.": (
        "Já há gente demais olhando; a página funciona mesmo assim."
    ),
    "Took": "Levou",
    "Trouble": "Problema",
    "Used": "Usada",
    "Users by day": "Usuários por dia",
    "Words": "Palavras",
    "account": "conta",
    "all": "tudo",
    "asked to end": "cancelamento pedido",
    "command": "comando",
    "question": "pergunta",
    "{count} changes are not in the index yet.": "{count} mudanças ainda não estão no índice.",
    "{count} entries.": "{count} registros.",
    "{count} min ago: {commands}": "há {count} min: {commands}",
    "{count} open requests.": "{count} pedidos abertos.",
}

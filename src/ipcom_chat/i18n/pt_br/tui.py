"""Brazilian Portuguese: tui."""

MESSAGES: dict[str, str] = {
    "… {count} more line": "… mais {count} linha",
    "… {count} more lines": "… mais {count} linhas",
    "[ESC - Message cancelled]": "[ESC - Mensagem cancelada]",
    "Ask, or paste an error": "Pergunte, ou cole um erro",
    "copied": "copiado",
    "copy": "copiar",
    "{count} more": "mais {count}",
    "ESC cancels": "ESC cancela",
    "exit {code}": "saída {code}",
    "Operation cancelled by user": "Operação cancelada pelo usuário",
    "Pasted {count} line": "{count} linha colada",
    "Pasted {count} lines": "{count} linhas coladas",
    "stopped": "interrompido",
    "text": "texto",
    "The editor {command} could not be used.": "Não foi possível usar o editor {command}.",
    "/help shows keys and commands.": "/help mostra teclas e comandos.",
    "/private takes on, off, or nothing to switch over.": (
        "/private aceita on, off, ou nada para alternar."
    ),
    "/retry asks it again.": "/retry pergunta de novo.",
    (
        "A new conversation: the assistant no longer sees what was said before. The history keeps "
        "it."
    ): ("Nova conversa: o assistente não vê mais o que foi dito antes. O histórico guarda tudo."),
    "A question was interrupted when the program ended: {text}": (
        "Uma pergunta foi interrompida quando o programa terminou: {text}"
    ),
    "An answer is still arriving; ESC cancels it.": (
        "Uma resposta ainda está chegando; ESC a cancela."
    ),
    "Anything else is a question. A paste waits for your Enter.": (
        "Todo o resto é pergunta. Um texto colado espera o seu Enter."
    ),
    "Ask again what got no answer": "Perguntar de novo o que ficou sem resposta",
    "Ask in your own words, or paste an error. For example:": (
        "Pergunte com suas palavras, ou cole um erro. Por exemplo:"
    ),
    "Assistant": "Assistente",
    "Begin a new conversation": "Começar uma nova conversa",
    "Cancelled from another terminal by {name}": "Cancelado em outro terminal por {name}",
    "Commands": "Comandos",
    "Ctrl-C again leaves": "Ctrl-C de novo sai",
    "Ctrl-C twice, Ctrl-D": "Ctrl-C duas vezes, Ctrl-D",
    "Ctrl-J, or \\ and Enter": "Ctrl-J, ou \\ e Enter",
    "E: Could not get lock /var/lib/dpkg/lock-frontend": (
        "E: Não foi possível obter trava /var/lib/dpkg/lock-frontend"
    ),
    "History": "Histórico",
    "Keep new entries on this machine": "Manter novos registros nesta máquina",
    "Keys": "Teclas",
    "Keys and commands": "Teclas e comandos",
    "Leave": "Sair",
    "Machine": "Máquina",
    "Mode": "Modo",
    "Mode global: what you ask is shared with everyone.": (
        "Modo global: o que você pergunta é compartilhado com todos."
    ),
    "Mode hybrid: shared with everyone, and in your and this machine's history.": (
        "Modo hybrid: compartilhado com todos, e no seu histórico e no desta máquina."
    ),
    "Mode machine: what you ask belongs to the history of this machine.": (
        "Modo machine: o que você pergunta fica no histórico desta máquina."
    ),
    "Mode user: what you ask belongs to the history of {user}.": (
        "Modo user: o que você pergunta fica no histórico de {user}."
    ),
    "More or fewer details in the log": "Mais ou menos detalhes no log",
    "No user: entries name the account {name} only.": (
        "Sem usuário: os registros citam só a conta {name}."
    ),
    "Nothing was asked in this session yet.": "Nada foi perguntado nesta sessão ainda.",
    "Nothing was asked yet in this history.": "Nada foi perguntado neste histórico ainda.",
    "Private: what you ask stays in this history file.": (
        "Privado: o que você pergunta fica neste arquivo de histórico."
    ),
    "Shift-Tab, then Enter": "Shift-Tab, depois Enter",
    "Status": "Estado",
    "Synchronisation": "Sincronização",
    "The command met an unexpected fault; details are in {path}.": (
        "O comando encontrou uma falha inesperada; os detalhes estão em {path}."
    ),
    "The log cannot be written: {path}": "Não é possível gravar o log: {path}",
    "The log has only what matters again: {path}": "O log volta a ter só o que importa: {path}",
    "The log now has all details: {path}": "O log agora tem todos os detalhes: {path}",
    "The mode 'user' needs a user. Change the mode first: /mode global": (
        "O modo 'user' precisa de um usuário. Mude antes o modo: /mode global"
    ),
    "The mode 'user' needs a user. Say who you are: /user USERNAME": (
        "O modo 'user' precisa de um usuário. Diga quem você é: /user USUÁRIO"
    ),
    "The team's memory, in your terminal.": "A memória da equipe, no seu terminal.",
    "There is no answer.": "Não há resposta.",
    "There is no command {typed}. Did you mean /{name}?": (
        "Não existe o comando {typed}. Quis dizer /{name}?"
    ),
    "There is no command {typed}; /help shows all.": (
        "Não existe o comando {typed}; /help mostra todos."
    ),
    "There is no folder {path}.": "Não existe a pasta {path}.",
    "There is no mode {name!r}. There are: {modes}": "Não existe o modo {name!r}. Existem: {modes}",
    "There is nothing to ask again: every question was answered.": (
        "Não há o que perguntar de novo: toda pergunta foi respondida."
    ),
    "This request is not in the history: {reason}": "Esta pergunta não está no histórico: {reason}",
    "This session": "Esta sessão",
    "User": "Usuário",
    "Version": "Versão",
    "Which histories to write and read": "Em quais históricos gravar e ler",
    "Who you are": "Quem você é",
    "Who, where, with what": "Quem, onde, com quê",
    "Write this conversation to a file": "Gravar esta conversa em um arquivo",
    "Wrote one question to {path}": "Uma pergunta gravada em {path}",
    "Wrote {count} questions to {path}": "{count} perguntas gravadas em {path}",
    "You are {username}: {name}, {email}.": "Você é {username}: {name}, {email}.",
    "[FILE]": "[ARQUIVO]",
    "[USERNAME|none]": "[USUÁRIO|none]",
    "an answer is arriving: ESC cancels it": "uma resposta está chegando: ESC cancela",
    "cancel what runs; twice: empty the prompt": "cancela o que roda; duas vezes: limpa o texto",
    "complete a command or a path": "completa um comando ou caminho",
    "copy the newest code, empty the screen": "copia o último código, limpa a tela",
    "everyone": "todos",
    "go to code, commands, sources: copy, open": "vai a códigos, comandos, fontes: copia, abre",
    "leave": "sai",
    "link copied": "link copiado",
    "local only": "só local",
    "new line": "nova linha",
    "nothing asked yet": "nada perguntado ainda",
    "off: everything stays on this machine": "desligada: tudo fica nesta máquina",
    "one entry, {size}": "um registro, {size}",
    "one moment": "um momento",
    "only {user}": "só {user}",
    "private": "privado",
    "scroll, like Shift with the arrow keys": "rolam, como Shift com as setas",
    "send": "envia",
    "there is no code to copy": "não há código para copiar",
    "this machine": "esta máquina",
    "what is filling the disk?": "o que está enchendo o disco?",
    "which ports are open, and who listens?": "quais portas estão abertas, e quem escuta?",
    "write in your editor": "escreve no seu editor",
    "{count} entries, {size}": "{count} registros, {size}",
    "{count} line": "{count} linha",
    "{count} lines": "{count} linhas",
    "{count} questions were interrupted when the program ended; the last: {text}": (
        "{count} perguntas foram interrompidas quando o programa terminou; a última: {text}"
    ),
    "{count} token": "{count} token",
    "{count} tokens": "{count} tokens",
    "{path} exists already; give another name.": "{path} já existe; dê outro nome.",
    "The beginning of this answer has left the screen; the history has it.": (
        "O começo desta resposta saiu da tela; está no histórico."
    ),
}

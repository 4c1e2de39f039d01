"""Brazilian Portuguese: the command line."""

MESSAGES: dict[str, str] = {
    "Only one mode at a time: {first} or {second}.": ("Só um modo por vez: {first} ou {second}."),
    "The option {name} needs a value.": "A opção {name} precisa de um valor.",
    "You can be only one user: {first!r} or {second!r}.": (
        "Você só pode ser um usuário: {first!r} ou {second!r}."
    ),
    "The mode is global, user, local or hybrid, not {value!r}.": (
        "O modo é global, user, local ou hybrid, não {value!r}."
    ),
    "Answer one question on stdout; all else goes to stderr. '-' reads the question from"
    " stdin; with a question and piped input, the input is added to it.": (
        "Responde a uma pergunta na saída padrão; o resto vai para a saída de erros. '-' lê a"
        " pergunta da entrada padrão; se há uma pergunta e uma entrada redirecionada, a"
        " entrada é anexada à pergunta."
    ),
    "Print nothing but the answer and errors.": "Mostra só a resposta e os erros.",
    "QUESTION": "PERGUNTA",
    "ID": "ID",
    "{id} has ended already: {status}.": "{id} já terminou: {status}.",
    "Asked the process that answers {id} to stop.": (
        "Foi pedido ao processo que responde a {id} que pare."
    ),
    "The process that answers {id} was asked to stop before.": (
        "Já tinha sido pedido ao processo que responde a {id} que pare."
    ),
    'Nothing was asked. Try: ipcom-chat ask "question"': (
        'Nada foi perguntado. Tente: ipcom-chat ask "pergunta"'
    ),
    "Only the first {size} MB of the input were read.": (
        "Só os primeiros {size} MB da entrada foram lidos."
    ),
    "One earlier request was interrupted: {ids}": ("Um pedido anterior foi interrompido: {ids}"),
    "{count} earlier requests were interrupted: {ids}": (
        "{count} pedidos anteriores foram interrompidos: {ids}"
    ),
    "(exit code {code})": "(código de saída {code})",
    "Operation cancelled by user": "Operação cancelada pelo usuário",
    "There is no answer.": "Não há resposta.",
    "There is an argument too many or too few.": "Há argumentos demais ou de menos.",
    "{value!r} is none of {choices}": "{value!r} não é uma destas opções: {choices}",
    " See '{command} --help'.": " Veja '{command} --help'.",
    "A value": "Um valor",
    " Did you mean '{word}'?": " Você quis dizer '{word}'?",
    "Show this page.": "Mostra esta página.",
    "Options": "Opções",
    "Commands": "Comandos",
    "Arguments": "Argumentos",
    "[OPTIONS]": "[OPÇÕES]",
    "VERB [ARGUMENTS]...": "VERBO [ARGUMENTOS]...",
    " Its verbs: {verbs}.": " Seus verbos: {verbs}.",
    "There is no verb {word!r} in '{noun}'.": "Não há o verbo {word!r} em '{noun}'.",
    "{name} is missing.": "Falta {name}.",
    "{name}: {problem}.": "{name}: {problem}.",
    "The option {name} needs a value, or takes none.": (
        "A opção {name} precisa de um valor, ou não leva nenhum."
    ),
    "Usage: ": "Uso: ",
    "{value!r} is not a whole number from {minimum} to {maximum}": (
        "{value!r} não é um número inteiro de {minimum} a {maximum}"
    ),
    "Print JSON.": "Mostra JSON.",
    "There is no option {name}.": "Não há a opção {name}.",
    "{value!r} is no date like 2026-01-31 or 2026-01-31T08:00": (
        "{value!r} não é uma data como 2026-01-31 ou 2026-01-31T08:00"
    ),
    "Print the completion script of a shell.\n\nFor bash, put this into ~/.bashrc: eval"
    ' "$(ipcom-chat completion bash)"': (
        "Mostra o script de autocompletar de um shell.\n\nNo bash, coloque isto em ~/.bashrc:"
        ' eval "$(ipcom-chat completion bash)"'
    ),
    "Show and change settings.": "Mostra e altera configurações.",
    "List all settings, their values, and where each comes from.": (
        "Lista todas as configurações, seus valores e a origem de cada uma."
    ),
    "Print the value of one setting.": "Mostra o valor de uma configuração.",
    "KEY": "CHAVE",
    "Saved {key} in {path}.": "Configuração {key} gravada em {path}.",
    "Write one setting into your file; '-' reads the value from stdin. To take it back, delete its"
    " line from the file that 'ipcom-chat config path' prints.": (
        "Grava uma configuração no seu arquivo; '-' lê o valor da entrada padrão. Para voltar"
        " atrás, apague a linha dela no arquivo que 'ipcom-chat config path' mostra."
    ),
    "VALUE": "VALOR",
    "There is no value on stdin.": "Não há um valor na entrada padrão.",
    "Print where your settings are kept.": "Mostra onde ficam as suas configurações.",
    "Setting": "Configuração",
    "Value": "Valor",
    "From": "Origem",
    "default": "padrão",
    "flag": "linha de comando",
    "Variable": "Variável",
    "{key} is not set.": "{key} não está definida.",
    "A secret on the command line can be read by others; give it on stdin: ipcom-chat"
    " config set {key} -": (
        "Um segredo na linha de comando pode ser lido por outros; passe-o pela entrada"
        " padrão: ipcom-chat config set {key} -"
    ),
    "The history file was damaged. It was set aside as {path}; one entry was recovered.": (
        "O arquivo do histórico estava danificado. Ele foi guardado como {path}; um registro"
        " foi recuperado."
    ),
    "The history file was damaged. It was set aside as {path}; {count} entries were recovered.": (
        "O arquivo do histórico estava danificado. Ele foi guardado como {path}; {count}"
        " registros foram recuperados."
    ),
    "Check everything that ipcom-chat needs; changes nothing.": (
        "Verifica tudo de que o ipcom-chat precisa; não muda nada."
    ),
    "ok": "ok",
    "warning": "atenção",
    "FAILED": "FALHA",
    "yes": "sim",
    "no": "não",
    "Nothing was found in this history.": "Nada foi encontrado neste histórico.",
    "List entries, newest first: questions, if --kind says no other.": (
        "Lista registros, do mais novo ao mais antigo: perguntas, se --kind não disser outra coisa."
    ),
    "How many at most.": "Quantos, no máximo.",
    "Show one entry: question, answer, commands.": (
        "Mostra um registro: pergunta, resposta, comandos."
    ),
    "What happened to it, and when.": "O que aconteceu com ele, e quando.",
    "Count entries; days are those of the local time zone.": (
        "Conta registros; os dias são os do fuso horário local."
    ),
    "Export entries, oldest first, with all that an import needs to rebuild them.": (
        "Exporta registros, do mais antigo ao mais novo, com tudo de que uma importação"
        " precisa para refazê-los."
    ),
    "How to write them.": "Em que formato.",
    "FILE": "ARQUIVO",
    "Where to, 0600; stdout if missing.": (
        "Para onde, com permissão 0600; sem isto, na saída padrão."
    ),
    "Replace the file if it exists.": "Substitui o arquivo, se existir.",
    "What to select.": "O que selecionar.",
    "Command": "Comando",
    "Question": "Pergunta",
    "Output": "Saída",
    "Answer": "Resposta",
    "Wrote {count} entries to {path}.": "Registros gravados em {path}: {count}.",
    "Id": "Id",
    "When": "Quando",
    "Who": "Quem",
    "Where": "Onde",
    "Outcome": "Resultado",
    "exit code {code}": "código de saída {code}",
    "USERNAME": "USUÁRIO",
    "Only what this user wrote.": "Só o que este usuário escreveu.",
    "Only the last days, today included.": "Só os últimos dias, incluindo hoje.",
    "DATE": "DATA",
    "Only since this date or time, such as 2026-01-31T08:00.": (
        "Só desde esta data ou hora, como 2026-01-31T08:00."
    ),
    "Only entries with this status.": "Só registros com este status.",
    "Only entries of this session.": "Só registros desta sessão.",
    "Short id": "Id curto",
    "Folder": "Pasta",
    "Cancelled by": "Cancelado por",
    "Mode": "Modo",
    "Private": "Privado",
    "Model": "Modelo",
    "Tokens": "Tokens",
    "Session": "Sessão",
    "Question id": "Id da pergunta",
    "Retry of": "Nova tentativa de",
    "Events": "Eventos",
    "pending": "pendente",
    "processing": "em andamento",
    "completed": "concluído",
    "error": "erro",
    "cancelled": "cancelado",
    "Register this machine, show machines.": "Registra esta máquina, mostra máquinas.",
    "Record this machine as it is now; questions do this by themselves.": (
        "Registra esta máquina como está agora; as perguntas já fazem isso por si."
    ),
    "List the machines, the one seen last first.": (
        "Lista as máquinas, a vista por último primeiro."
    ),
    " (this machine)": " (esta máquina)",
    "Show this machine, or the one with this id or host name.": (
        "Mostra esta máquina, ou a que tem este id ou nome."
    ),
    "This machine is {hostname}, id {id}.": "Esta máquina é {hostname}, id {id}.",
    "Host name": "Nome da máquina",
    "IP address": "Endereço IP",
    "System": "Sistema",
    "Last seen": "Vista por último",
    "No machine is known here yet; 'ipcom-chat machine register' records this one.": (
        "Nenhuma máquina é conhecida aqui ainda; 'ipcom-chat machine register' registra esta."
    ),
    "Earlier ids": "Ids anteriores",
    "MAC address": "Endereço MAC",
    "Kernel": "Kernel",
    "Architecture": "Arquitetura",
    "Version": "Versão",
    "First seen": "Vista pela primeira vez",
    'The chat needs a terminal. For one answer without it: ipcom-chat ask "question"': (
        'O chat precisa de um terminal. Para uma só resposta sem ele: ipcom-chat ask "pergunta"'
    ),
    "ipcom-chat met an unexpected fault ({kind}); {path} has the details, with --debug more.": (
        "O ipcom-chat encontrou uma falha inesperada ({kind}); os detalhes estão em {path},"
        " com --debug há mais."
    ),
    "ipcom-chat met an unexpected fault ({kind}), and the log is not writable.": (
        "O ipcom-chat encontrou uma falha inesperada ({kind}) e não consegue gravar o log."
    ),
    "Standard output is closed.": "A saída padrão está fechada.",
    "Cannot write the output: {reason}.": "Não é possível gravar a saída: {reason}.",
    "Answer one question on stdout.": "Responde a uma pergunta na saída padrão.",
    "Create, change and show users.": "Cria, altera e mostra usuários.",
    "Check everything that ipcom-chat needs.": "Verifica tudo de que o ipcom-chat precisa.",
    "Print the completion script of a shell.": ("Mostra o script de autocompletar de um shell."),
    " To ask a question, put it in quotes or write it after 'ipcom-chat ask'.": (
        " Para fazer uma pergunta, coloque-a entre aspas ou depois de 'ipcom-chat ask'."
    ),
    "A terminal assistant whose history is the team's shared memory. Without a verb it"
    ' opens the chat; "a question in quotes" or piped input is answered once.': (
        "Um assistente de terminal cujo histórico é a memória compartilhada da equipe. Sem"
        ' verbo, abre o chat; "uma pergunta entre aspas" ou uma entrada redirecionada é'
        " respondida uma vez."
    ),
    "Who you are; alone, it also means this user's history.": (
        "Quem é você; sozinha, também escolhe o histórico deste usuário."
    ),
    "The history shared by all (default).": "O histórico compartilhado por todos (padrão).",
    "The history of this machine.": "O histórico desta máquina.",
    "All three histories.": "Os três históricos.",
    "MODE": "MODO",
    "global, user, local or hybrid.": "global, user, local ou hybrid.",
    "New entries stay on this machine.": "Registros novos ficam nesta máquina.",
    "Write details to the log.": "Grava detalhes no log.",
    "Show the version.": "Mostra a versão.",
    "Created the user {username}.": "O usuário {username} foi criado.",
    "Create a user; all three are required.": ("Cria um usuário; os três dados são obrigatórios."),
    "3 to 64 letters, digits, '.', '_' or '-'.": "3 a 64 letras, dígitos, '.', '_' ou '-'.",
    "The name of the person.": "O nome da pessoa.",
    "The e-mail address.": "O endereço de e-mail.",
    "List the users.": "Lista os usuários.",
    "Deactivated ones, too.": "Também os desativados.",
    "Only this user.": "Só este usuário.",
    "Show one user.": "Mostra um usuário.",
    "Changed the user {username}.": "O usuário {username} foi alterado.",
    "Change the name, the e-mail address or both.": (
        "Altera o nome, o endereço de e-mail ou ambos."
    ),
    "The new name.": "O novo nome.",
    "The new e-mail address.": "O novo endereço de e-mail.",
    "Deactivated the user {username}.": "O usuário {username} foi desativado.",
    "Deactivate a user; the history stays, the username is not given again.": (
        "Desativa um usuário; o histórico permanece e o nome de usuário não é dado a outra pessoa."
    ),
    "The user {username} is active.": "O usuário {username} está ativo.",
    "Make a deactivated user active again.": "Reativa um usuário desativado.",
    "Count what a user asked and ran; days are those of the local time zone.": (
        "Conta o que um usuário perguntou e executou; os dias são os do fuso horário local."
    ),
    "The same as the argument.": "O mesmo que o argumento.",
    "Say which user: one USERNAME.": "Diga qual usuário: um USUÁRIO.",
    "Username": "Usuário",
    "Name": "Nome",
    "E-mail": "E-mail",
    "Active": "Ativo",
    "Created": "Criado",
    "Changed": "Alterado",
    "There are no users yet; 'ipcom-chat user create' makes one.": (
        "Ainda não há usuários; 'ipcom-chat user create' cria um."
    ),
    "Questions answered": "Perguntas respondidas",
    "Questions failed": "Perguntas com erro",
    "Questions cancelled": "Perguntas canceladas",
    "Questions open": "Perguntas em aberto",
    "Commands that worked": "Comandos que deram certo",
    "Users": "Usuários",
    "Machines": "Máquinas",
    "Mean time of an answer": "Tempo médio de uma resposta",
    "First entry": "Primeiro registro",
    "Last entry": "Último registro",
    "Day": "Dia",
    "Questions": "Perguntas",
    "All that this machine holds, whatever the mode.": (
        "Tudo o que esta máquina guarda, qualquer que seja o modo."
    ),
    "Waiting for the input to end (Ctrl-D ends it, Ctrl-C gives up).": (
        "Esperando o fim da entrada (Ctrl-D termina, Ctrl-C desiste)."
    ),
}

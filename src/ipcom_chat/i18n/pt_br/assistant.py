"""Brazilian Portuguese: assistant."""

MESSAGES: dict[str, str] = {
    # an AI: agent, endpoint, chat_completions
    "ai.base_url is not an address: write it like http://127.0.0.1:11434/v1 or"
    " https://server.example/v1, without a name or password in it.": (
        "ai.base_url não é um endereço: escreva algo como http://127.0.0.1:11434/v1 ou"
        " https://server.example/v1, sem nome de usuário nem senha."
    ),
    "ai.base_url is missing: set it to the address of the server, for instance"
    " http://127.0.0.1:11434/v1 for Ollama.": (
        "Falta ai.base_url: defina o endereço do servidor, por exemplo"
        " http://127.0.0.1:11434/v1 para o Ollama."
    ),
    "The packages for AI are missing: pip install 'ipcom-chat[ai]'": (
        "Faltam os pacotes de IA: pip install 'ipcom-chat[ai]'"
    ),
    "The key was not sent, because {host} is reached over plain http, where others can read it:"
    " use https in ai.base_url, or remove the key.": (
        "A chave não foi enviada, porque o acesso a {host} é por http simples, onde outros podem"
        " lê-la: use https em ai.base_url ou remova a chave."
    ),
    "The key for the AI holds characters that no key has; copy it again.": (
        "A chave da IA tem caracteres que nenhuma chave tem; copie-a de novo."
    ),
    "(The answer was cut off here: it reached the limit of tokens.)": (
        "(A resposta foi cortada aqui: atingiu o limite de tokens.)"
    ),
    "{host} sent an answer that could not be used: {reason}.": (
        "{host} enviou uma resposta que não pôde ser usada: {reason}."
    ),
    "The connection to {host} broke off in the middle of the answer; what arrived is kept, ask"
    " again for the rest.": (
        "A conexão com {host} caiu no meio da resposta; o que chegou foi guardado, pergunte de"
        " novo para ver o resto."
    ),
    "{host} limits how often it may be asked; wait a moment and ask again.": (
        "{host} limita a frequência das perguntas; espere um momento e pergunte de novo."
    ),
    "{host} sent nothing for {seconds} seconds; ask again, or give a slow model more time in the"
    " settings.": (
        "{host} não enviou nada em {seconds} s; pergunte de novo ou, se o modelo for"
        " lento, aumente o tempo nas configurações."
    ),
    "No connection to {host} ({reason}); check that the server runs and that ai.base_url is"
    " right, then ask again.": (
        "Sem conexão com {host} ({reason}); verifique se o servidor está no ar e se ai.base_url"
        " está certo, e pergunte de novo."
    ),
    "{host} has trouble of its own just now ({reason}); ask again later.": (
        "{host} está com problemas no momento ({reason}); pergunte de novo mais tarde."
    ),
    "The account at {host} has no credit or quota left; top it up there.": (
        "A conta em {host} está sem crédito ou sem cota; recarregue-a lá."
    ),
    "{host} refused the key; check that it is right and may use {model}.": (
        "{host} recusou a chave; verifique se ela está certa e se pode usar {model}."
    ),
    "{host} does not know {model}; check ai.model and ai.base_url.": (
        "{host} não conhece {model}; verifique ai.model e ai.base_url."
    ),
    "This is too long for {model}; shorten the question or begin with /clear.": (
        "Isto é longo demais para {model}; encurte a pergunta ou recomece com /clear."
    ),
    "{host} refused to answer this question; put it in other words.": (
        "{host} se recusou a responder a esta pergunta; formule-a de outro jeito."
    ),
    "{host} rejected the request: {reason}.": "{host} rejeitou o pedido: {reason}.",
    "{host} sent an empty answer; ask again, and check ai.base_url if it always does.": (
        "{host} enviou uma resposta vazia; pergunte de novo e, se for sempre assim, verifique"
        " ai.base_url."
    ),
    # without an AI: knowledge, wording, playbook_loading
    "**Already known here**": "**Já se sabe por aqui**",
    "**Checked now on this machine**": "**Verificado agora nesta máquina**",
    "{who} on {where}, {when} · {id}": "{who} em {where}, {when} · {id}",
    "The whole entry: {command}": "O registro completo: {command}",
    "at an unknown time": "em data desconhecida",
    "today at {clock}": "hoje às {clock}",
    "yesterday at {clock}": "ontem às {clock}",
    "{count} days ago": "há {count} dias",
    "on {date}": "em {date}",
    "The history could not be searched: {why}": "Não foi possível pesquisar o histórico: {why}",
    "Not checked: {name} is not installed on this machine.": (
        "Não verificado: {name} não está instalado nesta máquina."
    ),
    "Not checked: none of {names} is installed on this machine.": (
        "Não verificado: nenhum destes está instalado nesta máquina: {names}."
    ),
    "The Debian package {package} brings it.": "O pacote Debian {package} o instala.",
    "This machine does not run systemd (a container, perhaps), so it cannot say.": (
        "Esta máquina não roda systemd (talvez seja um contêiner), então não há como saber."
    ),
    "Permission was denied, so this may be incomplete.": (
        "A permissão foi negada, então isto pode estar incompleto."
    ),
    "Run `ipcom-chat` as root (with `sudo`) to see all of it.": (
        "Rode o `ipcom-chat` como root (com `sudo`) para ver tudo."
    ),
    "Stopped after {seconds} s; what was found until then is shown.": (
        "Interrompido após {seconds} s; o que foi encontrado até ali é mostrado."
    ),
    "The command ended with exit code {code}.": "O comando terminou com código de saída {code}.",
    "The command printed nothing.": "O comando não imprimiu nada.",
    "The output was too long; its middle is missing.": (
        "A saída era longa demais; falta o meio dela."
    ),
    "One more row is not shown.": "Mais uma linha não é mostrada.",
    "{count} more rows are not shown.": "Outras {count} linhas da tabela não são mostradas.",
    "One more line is not shown.": "Mais uma linha da saída não é mostrada.",
    "{count} more lines are not shown.": "Outras {count} linhas não são mostradas.",
    "Only the first {count} were looked at.": "Só os primeiros {count} foram verificados.",
    "I found nothing about this in the history, and none of my checks of this machine fits the"
    " question.": (
        "Não encontrei nada sobre isso no histórico, e nenhuma das minhas verificações desta"
        " máquina responde à pergunta."
    ),
    "Without an AI I can check, here and now:": "Sem IA, posso verificar aqui e agora:",
    "You can also paste an error message, or name a service, a host, a port or a path.": (
        "Você também pode colar uma mensagem de erro ou citar um serviço, um host, uma porta ou"
        " um caminho."
    ),
    "For questions of any kind, connect an AI. A server of your own will do:": (
        "Para perguntas de qualquer tipo, conecte uma IA. Um servidor próprio serve:"
    ),
    "A server that needs a key finds it in the variable {variable}; for {openai} it is"
    " {vendor_variable}. For another vendor write {setting}; the program then says what it still"
    " needs.": (
        "Um servidor que precisa de chave a encontra na variável {variable}; para {openai} é"
        " {vendor_variable}. Para outro fornecedor, escreva {setting}; o programa diz o que ainda"
        " falta."
    ),
    "{file} is not a valid playbook: {problem}": "{file} não é um roteiro válido: {problem}",
    "it is larger than {size} KiB": "tem mais de {size} KiB",
    "others may write it, and it names programs to run": (
        "outros podem alterá-lo, e ele indica programas a executar"
    ),
    "only a-z, 0-9 and single hyphens": "só a-z, 0-9 e hifens simples",
    "neither intents nor says: it would never answer": (
        "nem intents nem says: nunca responderia a nada"
    ),
    "neither steps nor explanation: it would answer nothing": (
        "nem steps nem explanation: não responderia nada"
    ),
    "a phrase has at least four characters": "uma frase tem pelo menos quatro caracteres",
    "an alternative without a word in “{intent}”": "uma alternativa sem palavra em “{intent}”",
    "no patterns": "nenhum padrão",
    "“{value}” is no {kind}": "“{value}” não é um valor do tipo {kind}",
    "a repetition inside a repetition can take for ever: {it}": (
        "uma repetição dentro de outra pode demorar para sempre: {it}"
    ),
    "{it} is no regular expression: {why}": "{it} não é uma expressão regular: {why}",
    "{it} lacks a group for the value": "{it} não tem um grupo para o valor",
    "nothing stands between the values": "nada separa os valores",
    "{name} has no value there": "{name} não tem valor ali",
    "no commands": "nenhum comando",
    "more than 0 and at most 120 seconds": "mais de 0 e no máximo 120 segundos",
    "the first item names a program": "o primeiro item é o nome de um programa",
    "{program} is not run by a playbook": "um roteiro não executa {program}",
    "it counts rows that are the same: same is missing": (
        "conta linhas iguais: falta o campo same"
    ),
    "one and many belong together": "one e many andam juntos",
    "NAME": "NOME",
    "VENDOR:NAME": "FORNECEDOR:NOME",
}

"""Models, tools and approval, in Brazilian Portuguese."""

MESSAGES = {
    # Models and keys.
    "A model is written as VENDOR:NAME, with the vendor openai, anthropic, google or"
    " openai-compatible; '{setting}' is not.": (
        "Um modelo se escreve FORNECEDOR:NOME, com o fornecedor openai, anthropic, google ou"
        " openai-compatible; '{setting}' não é assim."
    ),
    "AI is switched off (ai.enabled = false in {source}).": (
        "A IA está desligada (ai.enabled = false em {source})."
    ),
    "Several models are called {name}: {models}": "Vários modelos se chamam {name}: {models}",
    "The key for {vendor} is missing: put it into the variable {variable}.": (
        "Falta a chave de {vendor}: coloque-a na variável {variable}."
    ),
    "Put it into the variable {variable}.": "Coloque-a na variável {variable}.",
    "VENDOR:NAME, for example anthropic:claude-sonnet-5-5 or openai-compatible:llama3.2": (
        "FORNECEDOR:NOME, por exemplo anthropic:claude-sonnet-5-5 ou openai-compatible:llama3.2"
    ),
    "models, after commas, that answer where the one before cannot": (
        "modelos, separados por vírgulas, que respondem onde o anterior não pode"
    ),
    "more models to choose from, after commas": (
        "outros modelos para escolher, separados por vírgulas"
    ),
    "the key for the server of ai.model": "a chave para o servidor de ai.model",
    "a file with that key that only you can read": (
        "um arquivo com essa chave que só você pode ler"
    ),
    "a command that prints that key": "um comando que mostra essa chave",
    "Anthropic's key, used for the models of anthropic: only": (
        "a chave da Anthropic, usada só para os modelos de anthropic:"
    ),
    "Google's key, used for the models of google: only": (
        "a chave do Google, usada só para os modelos de google:"
    ),
    "how much of the conversation is sent along, about, in tokens": (
        "quanto da conversa é enviado junto, aproximadamente, em tokens"
    ),
    "how many requests to the AI one question may take": (
        "quantos pedidos à IA uma pergunta pode fazer"
    ),
    "how long one question may take, waiting for you left out": (
        "quanto tempo uma pergunta pode levar, sem contar a espera por você"
    ),
    "seconds that one command may run": "segundos que um comando pode levar",
    "{reason} The history and the built-in checks answer instead.": (
        "{reason} O histórico e as verificações embutidas respondem no lugar."
    ),
    "{reason} {model} answers instead.": "{reason} {model} responde no lugar.",
    "{model} cannot use tools, so it only answers.": (
        "{model} não sabe usar ferramentas, então só responde."
    ),
    "{host} did not answer; asking again ({count} of {limit}).": (
        "{host} não respondeu; perguntando de novo ({count} de {limit})."
    ),
    # A question and its limits.
    "One earlier message no longer fits and is not sent along; /compact makes room.": (
        "Uma mensagem anterior não cabe mais e não é enviada junto; /compact abre espaço."
    ),
    "{count} earlier messages no longer fit and are not sent along; /compact makes room.": (
        "{count} mensagens anteriores não cabem mais e não são enviadas junto; /compact abre"
        " espaço."
    ),
    "Stopped here: {why}.": "Parou aqui: {why}.",
    "the requests for one question are used up": "os pedidos para uma pergunta se esgotaram",
    "the time for one question is used up": "o tempo para uma pergunta se esgotou",
    "{path} is no text file.": "{path} não é um arquivo de texto.",
    "{path} is not attached: there is no room for more.": (
        "{path} não foi anexado: não há espaço para mais."
    ),
    "{reason} It is not attached.": "{reason} Não foi anexado.",
    "{path} is attached: {count} byte": "{path} foi anexado: {count} byte",
    "{path} is attached: {count} bytes": "{path} foi anexado: {count} bytes",
    ", cut in the middle": ", cortado no meio",
    ", one secret masked": ", um segredo mascarado",
    ", {count} secrets masked": ", {count} segredos mascarados",
    "{count} byte": "{count} byte",
    "{count} bytes": "{count} bytes",
    "done": "pronto",
    # What /tools shows.
    "none": "nenhum",
    "Runs without a question": "Executa sem perguntar",
    "Is asked about": "Pergunta antes",
    "everything else": "todo o resto",
    "Never runs": "Nunca executa",
    "Limits": "Limites",
    "{requests} requests, {seconds} s a question, {command} s a command": (
        "{requests} pedidos, {seconds} s por pergunta, {command} s por comando"
    ),
    "MCP servers": "Servidores MCP",
    # What does not run.
    "It did not run: {reason}.": "Não foi executado: {reason}.",
    "Not run: {command} ({reason})": "Não executado: {command} ({reason})",
    "refused": "recusado",
    "commands are off here": "os comandos estão desligados aqui",
    "tools are off here": "as ferramentas estão desligadas aqui",
    "this is a plan, so nothing runs": "isto é um plano, então nada é executado",
    "nobody can be asked here, and no rule allows it": (
        "não há a quem perguntar aqui, e nenhuma regra permite"
    ),
    "the rule {rule!r} denies it": "a regra {rule!r} proíbe",
    "the line was emptied": "a linha ficou vazia",
    "sudo was not granted, so nothing ran.": "o sudo não foi concedido, então nada foi executado.",
    # One-shot.
    "--stream goes with --json; an answer as text streams anyway.": (
        "--stream acompanha --json; uma resposta em texto já aparece aos poucos."
    ),
    "With --json: one event a line, as it happens.": (
        "Com --json: um evento por linha, na hora em que acontece."
    ),
    "Ask this model.": "Perguntar a este modelo.",
    "Let the AI answer, and run nothing.": "Deixar a IA responder, sem executar nada.",
    "Show the AI at most N entries of the history (3).": (
        "Mostrar à IA no máximo N registros do histórico (3)."
    ),
    "Call this tool? [y]es, [a]lways in this session, or why not: ": (
        "Usar esta ferramenta? [s]im, sempre nesta sessão [a], ou por que não: "
    ),
    "Run this? [y]es, [a]lways in this session, [e]dit, or why not: ": (
        "Executar? [s]im, sempre nesta sessão [a], [e]ditar, ou por que não: "
    ),
    "Run this? [y]es, [e]dit, or why not: ": "Executar? [s]im, [e]ditar, ou por que não: ",
    "The line to run instead: ": "A linha a executar no lugar: ",
    "This can destroy data. Really run it? Type yes to run it: ": (
        "Isto pode destruir dados. Executar mesmo? Digite sim para executar: "
    ),
}

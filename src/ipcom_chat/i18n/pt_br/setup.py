"""Brazilian Portuguese: `setup` and `uninstall`."""

MESSAGES: dict[str, str] = {
    "Ask for what is not set yet: AI, primary, user, imports, completion. Empty skips.": (
        "Pergunta o que ainda falta: IA, banco primário, usuário, importações. Vazio pula."
    ),
    "Ask nothing; take the options below.": "Não pergunta nada; usa as opções abaixo.",
    "Which AI answers.": "Qual IA responde.",
    "Where an OpenAI-compatible server is.": "Onde fica um servidor compatível com a OpenAI.",
    "The file with the AI's key.": "O arquivo com a chave da IA.",
    "The primary that all machines share.": "O banco primário que todas as máquinas compartilham.",
    "The file with the primary's token.": "O arquivo com o token do banco primário.",
    "Who you are.": "Quem é você.",
    "Import the histories that are found.": "Importa os históricos encontrados.",
    "The shell that learns to complete.": "O shell que aprende a completar.",
    "There is no terminal to ask on; say what you want with --non-interactive and the options of "
    "'ipcom-chat setup --help'.": (
        "Não há terminal para perguntar; diga o que quer com --non-interactive e as opções de "
        "'ipcom-chat setup --help'."
    ),
    "AI": "IA",
    "Earlier histories": "Históricos anteriores",
    "Completion": "Completar no shell",
    "{key} is {value} (from {source}); kept.": "{key} é {value} (de {source}); mantido.",
    "AI is switched off in {source}.": "A IA está desligada em {source}.",
    "Which AI answers? VENDOR:NAME, such as anthropic:claude-sonnet-5-5,\n"
    "  openai-compatible:llama3.2; empty: none, answers come from the history.": (
        "Qual IA responde? FORNECEDOR:NOME, como anthropic:claude-sonnet-5-5,\n"
        "  openai-compatible:llama3.2; vazio: nenhuma, responde o histórico."
    ),
    "Its address, such as http://127.0.0.1:11434/v1:": (
        "O endereço dela, como http://127.0.0.1:11434/v1:"
    ),
    "Later: ipcom-chat config set ai.base_url URL": (
        "Depois: ipcom-chat config set ai.base_url URL"
    ),
    "A key is there; kept.": "Já há uma chave; mantida.",
    "The file with its key (mode 0600); empty: none, or the variable {variable}:": (
        "O arquivo com a chave (modo 0600); vazio: nenhum, ou a variável {variable}:"
    ),
    "The primary that all machines share, such as https://history.example.com;\n"
    "  empty: none, the history stays on this machine.": (
        "O banco primário que todas compartilham, como https://history.example.com;\n"
        "  vazio: nenhum, o histórico fica nesta máquina."
    ),
    "A token is there; kept.": "Já há um token; mantido.",
    "The file with its token (mode 0600); empty: none:": (
        "O arquivo com o token (modo 0600); vazio: nenhum:"
    ),
    "Known here: {names}": "Conhecidos aqui: {names}",
    "Your username, existing or new; empty: none:": (
        "Seu nome de usuário, existente ou novo; vazio: nenhum:"
    ),
    "There is no user {username} yet.": "Ainda não há o usuário {username}.",
    "Your name; empty: make no user:": "Seu nome; vazio: não criar usuário:",
    "Your e-mail address:": "Seu endereço de e-mail:",
    "Nothing was found.": "Nada foi encontrado.",
    "One history was found:": "Um histórico foi encontrado:",
    "{count} histories were found:": "{count} históricos foram encontrados:",
    "Later: ipcom-chat history import": "Depois: ipcom-chat history import",
    "{path} is there; kept.": "{path} já existe; mantido.",
    "Have {shell} complete ipcom-chat, by this file?": (
        "Fazer o {shell} completar o ipcom-chat, com este arquivo?"
    ),
    "Written: {path}. It holds in new shells.": "Gravado: {path}. Vale nos próximos shells.",
    "Put this into ~/.zshrc, before compinit: {line}": (
        "Ponha isto no ~/.zshrc, antes de compinit: {line}"
    ),
    "One check is well.": "Uma verificação está bem.",
    "{count} checks are well.": "{count} verificações estão bem.",
    "To change a setting: ipcom-chat config set KEY VALUE. To chat: ipcom-chat": (
        "Para mudar algo: ipcom-chat config set CHAVE VALOR. Para conversar: ipcom-chat"
    ),
    "Skipped.": "Pulado.",
    "Set up AI, primary, user, imports and completion.": (
        "Configura IA, banco primário, usuário, importações e o completar."
    ),
    "Take away what this program has made, except the history.": (
        "Remove o que este programa criou, menos o histórico."
    ),
    "Take away completion, units of this user, index and log; history, settings and backups stay, "
    "unless --purge.": (
        "Remove o completar, as unidades deste usuário, o índice e o log; histórico, "
        "configurações e backups ficam, a menos que haja --purge."
    ),
    "Only say what would be removed.": "Só diz o que seria removido.",
    "Ask nothing, but for --purge.": "Não pergunta nada, salvo com --purge.",
    "History, settings and backups of this user, too; asks twice.": (
        "Também o histórico, as configurações e os backups deste usuário; pergunta duas vezes."
    ),
    "--purge asks twice, and there is no terminal to ask on.": (
        "--purge pergunta duas vezes, e não há terminal para perguntar."
    ),
    "To be removed; it can be made again:": "A remover; pode ser criado de novo:",
    "Removed for good:": "Remove-se de vez:",
    "Left where it is:": "Fica onde está:",
    "nothing": "nada",
    "Backups in {folder} stay in any case.": "Os backups em {folder} ficam em todo caso.",
    "Remove it?": "Remover?",
    "Nothing was removed.": "Nada foi removido.",
    "There is no terminal to ask on; --yes removes it without asking.": (
        "Não há terminal em que perguntar; --yes remove sem perguntar."
    ),
    "Remove the history of this machine, too? What was not sent yet is lost.": (
        "Remover também o histórico desta máquina? O que ainda não foi enviado se perde."
    ),
    "remove": "remover",
    "Sure? There is no way back. Type '{word}':": "Tem certeza? Não há volta. Digite '{word}':",
    "Removed. The program itself goes with its folder, or with 'pip uninstall ipcom-chat'; "
    "services of the system with 'systemctl disable --now ipcom-chat-sync@USER'. What was sent to "
    "the primary stays there.": (
        "Removido. O próprio programa sai com a pasta dele, ou com 'pip uninstall ipcom-chat'; os "
        "serviços do sistema, com 'systemctl disable --now ipcom-chat-sync@USUARIO'. O que foi "
        "enviado ao banco primário fica lá."
    ),
    "Cannot remove {path}: {reason}. What was not reached yet is untouched; run it again when "
    "that is mended.": (
        "Não é possível remover {path}: {reason}. O resto está intacto; execute de novo quando "
        "isso estiver resolvido."
    ),
    "ipcom-chat is running here; nothing was removed. Close its windows and stop its services "
    "(systemctl stop 'ipcom-chat-*'), then try again.": (
        "O ipcom-chat está em execução aqui; nada foi removido. Feche as janelas e pare os "
        "serviços (systemctl stop 'ipcom-chat-*'), e tente de novo."
    ),
}

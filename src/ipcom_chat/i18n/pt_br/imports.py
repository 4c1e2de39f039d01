"""Brazilian Portuguese of imports."""

MESSAGES: dict[str, str] = {
    "  What could not be used, and why: {path}": "  O que não pôde ser usado, e por quê: {path}",
    "'ipcom-chat history import' shows it and brings it in.": (
        "'ipcom-chat history import' mostra e importa tudo."
    ),
    "All that is in the usual places.": "Tudo o que está nos lugares de costume.",
    "Ask nothing.": "Não pergunta nada.",
    "Bring in other histories; without a SOURCE, show what there is and ask. A SOURCE is a "
    "file, a folder, or the address of the team's old database.": (
        "Importa outros históricos; sem uma ORIGEM, mostra o que existe e pergunta. Uma ORIGEM é "
        "um arquivo, uma pasta ou o endereço do banco antigo da equipe."
    ),
    "Cannot read {path}: {reason}.": "Não foi possível ler {path}: {reason}.",
    "Import all of these?": "Importar tudo isso?",
    "Into which history: machine (only this machine), user, global (the whole team) or "
    "hybrid? [machine]": (
        "Para qual histórico: machine (só esta máquina), user, global (toda a equipe) ou hybrid? "
        "[machine]"
    ),
    "Kind": "Tipo",
    "Look at everything, change nothing.": "Olha tudo, não muda nada.",
    "No other history was found in the usual places; name a file or a folder.": (
        "Nenhum outro histórico foi encontrado nos lugares de costume; indique um arquivo ou uma "
        "pasta."
    ),
    "Nothing was imported.": "Nada foi importado.",
    "The backup {path} could not be verified, so nothing was changed. Check the disk.": (
        "A cópia de segurança {path} não pôde ser verificada, então nada foi alterado. Verifique "
        "o disco."
    ),
    "The database at {host} has no tables of the earlier program. Nothing was imported.": (
        "O banco em {host} não tem as tabelas do programa anterior. Nada foi importado."
    ),
    "The earlier program left its history on this machine.": (
        "O programa anterior deixou o histórico dele nesta máquina."
    ),
    "The history as it was before: {path}": "O histórico como era antes: {path}",
    "The mode 'user' needs a user: --user USERNAME.": (
        "O modo 'user' precisa de um usuário: --user USUÁRIO."
    ),
    "This was a dry run: nothing was changed.": "Foi só um ensaio: nada foi alterado.",
    "To import all of these: ipcom-chat history import --all --yes; one of them: "
    "ipcom-chat history import PATH. --dry-run only looks; --mode says into which "
    "history, otherwise that of this machine or where the old program had it.": (
        "Para importar tudo isso: ipcom-chat history import --all --yes; um deles: "
        "ipcom-chat history import CAMINHO. --dry-run só olha; --mode diz para qual histórico, "
        "senão o desta máquina ou onde o programa antigo o tinha."
    ),
    "What lines of plain text are.": "O que são as linhas de texto puro.",
    "Where no time was known, it was estimated and is marked so.": (
        "Onde não havia horário, ele foi estimado e está marcado assim."
    ),
    "Whose entries they become, where the source does not say.": (
        "De quem passam a ser os registros, onde a origem não diz."
    ),
    "[SOURCE]...": "[ORIGEM]...",
    "a user without a name": "um usuário sem nome",
    "an answer without a question": "uma resposta sem pergunta",
    "ipcom-chat export": "exportação do ipcom-chat",
    "it holds a number that cannot be stored": "contém um número que não pode ser guardado",
    "it holds no command": "não contém nenhum comando",
    "it holds no question": "não contém nenhuma pergunta",
    "it holds text that cannot be stored": "contém texto que não pode ser guardado",
    "it is no JSON object": "não é um objeto JSON",
    "its id is none": "o id não é um id",
    "its status and its times do not fit together": "o estado e os horários não combinam",
    "old cache": "cache antigo",
    "old monitor": "monitor antigo",
    "old prompts": "perguntas antigas",
    "old session": "sessão antiga",
    "old team database": "banco antigo da equipe",
    "one machine": "uma máquina",
    "one user": "um usuário",
    "the file ends or breaks here": "o arquivo termina ou se quebra aqui",
    "the mode is 'user', and there is no user": "o modo é 'user', e não há usuário",
    "the user {username!r} could not be created: {reason}": (
        "o usuário {username!r} não pôde ser criado: {reason}"
    ),
    "{count} known already": "{count} já conhecidos",
    "{count} left out": "{count} deixados de fora",
    "{count} machines": "{count} máquinas",
    "{count} new": "{count} novos",
    "{count} not usable": "{count} não aproveitáveis",
    "{count} read": "{count} lidos",
    "{count} users": "{count} usuários",
    "{count} would be new": "{count} seriam novos",
    "{path} cannot be read as a SQLite database: {reason}.": (
        "{path} não pode ser lido como banco SQLite: {reason}."
    ),
    "{path} holds nothing that can be imported. Nothing was changed.": (
        "{path} não contém nada que possa ser importado. Nada foi alterado."
    ),
    "{path} is a history of ipcom-chat. Nothing was imported; export it on its own "
    "machine: ipcom-chat history export --everything --format jsonl": (
        "{path} é um histórico do ipcom-chat. Nada foi importado; exporte-o na máquina dele: "
        "ipcom-chat history export --everything --format jsonl"
    ),
    "{path} is larger than {size} MiB and not written line by line. Nothing was "
    "imported from it; write it as JSON lines.": (
        "{path} tem mais de {size} MiB e não está escrito linha a linha. Nada dele foi importado; "
        "grave-o como linhas JSON."
    ),
    "{path} is plain text and does not look like a history of commands. Nothing was "
    "imported; if it is one, say so: --format bash": (
        "{path} é texto puro e não parece um histórico de comandos. Nada foi importado; se for "
        "um, diga: --format bash"
    ),
    "{path} names the team's old database. To import that, too, set "
    "OLD_TURSO_DATABASE_URL and OLD_TURSO_AUTH_TOKEN to its turso_url and turso_token.": (
        "{path} indica o banco antigo da equipe. Para importá-lo também, defina "
        "OLD_TURSO_DATABASE_URL e OLD_TURSO_AUTH_TOKEN com o turso_url e o turso_token dele."
    ),
    "{read} read, {added} new": "{read} lidos, {added} novos",
}

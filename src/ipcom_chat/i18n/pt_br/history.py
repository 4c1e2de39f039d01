"""Brazilian Portuguese of the history screen."""

MESSAGES: dict[str, str] = {
    "Another program still reads the old text.": "Outro programa ainda lê o texto antigo.",
    "Counting {count} changed entries…": "Contando {count} registros alterados…",
    "It is still being answered, and stays.": "Ainda está sendo respondida, e fica.",
    "Nothing in this history fits.": "Nada neste histórico corresponde.",
    "One copy beside the history still has it.": "Uma cópia ao lado do histórico ainda o contém.",
    "Search everything that was asked": "Buscar em tudo o que foi perguntado",
    "Search the history": "Busque no histórico",
    "Search, list, show, count, import and export entries. Without a verb, on a terminal: search "
    "as you type.": (
        "Busca, lista, mostra, conta, importa e exporta registros. Sem verbo, num terminal: busca "
        "enquanto você digita."
    ),
    "This entry belongs to no session.": "Esta entrada não pertence a nenhuma sessão.",
    "Up, Down": "Cima, Baixo",
    "[WORDS]": "[PALAVRAS]",
    "any status": "qualquer estado",
    "ask again": "repetir",
    "back": "voltar",
    "choose": "escolher",
    "commands": "comandos",
    "delete": "excluir",
    "earlier prompts": "perguntas anteriores",
    "everything": "tudo",
    "filter": "filtrar",
    "find a question in the whole history": "achar uma pergunta em todo o histórico",
    "into the prompt": "para a pergunta",
    "others": "outros",
    "output": "saída",
    "questions": "perguntas",
    "read": "ler",
    "redact": "ocultar",
    "session": "sessão",
    "vote": "votar",
    "the answer was copied": "a resposta foi copiada",
    "Blank an entry for everybody": "Ocultar um registro para todos",
    "Delete an entry for everybody": "Apagar um registro para todos",
    "It is still being answered; ESC cancels it.": ("Ainda está sendo respondido; ESC cancela."),
    "Say which one: /{command} {id} is “{question}”.": (
        "Diga qual: /{command} {id} é “{question}”."
    ),
    "y: yes, any other key: no": "s: sim, qualquer outra tecla: não",
    "{count} copies beside the history still have it.": (
        "{count} cópias ao lado do histórico ainda o contêm."
    ),
    "{count} more are being indexed": "mais {count} sendo indexados",
    "{count} more is being indexed": "mais {count} sendo indexado",
    "{count}{more} entries": "{count}{more} entradas",
}

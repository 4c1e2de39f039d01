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
    "Search earlier prompts:": "Buscar nas perguntas anteriores:",
    "stopped": "interrompido",
    "text": "texto",
    "The editor {command} could not be used.": "Não foi possível usar o editor {command}.",
}

"""Brazilian Portuguese: the chat line by line."""

MESSAGES: dict[str, str] = {
    "The chat line by line, for screen readers and slow lines.": (
        "O chat linha por linha, para leitores de tela e conexões lentas."
    ),
    "true: the chat line by line, for screen readers and slow lines": (
        "true: o chat linha por linha, para leitores de tela e conexões lentas"
    ),
    "ESC or Ctrl-C cancels an answer, Ctrl-D leaves, /help tells more.": (
        "ESC ou Ctrl-C cancela uma resposta, Ctrl-D sai, /help diz mais."
    ),
    "There is no {word} in the plain chat; /help lists what there is.": (
        "Não há {word} no chat simples; /help lista o que há."
    ),
    "After the ! comes a command: !df -h": "Depois do ! vem um comando: !df -h",
    "End of the answer {id}.": "Fim da resposta {id}.",
    "A question, or a pasted error, and Enter. !command runs a command, @file adds a "
    "file.\n"
    "/retry asks again what got no answer, /good and /bad say what an answer was "
    "worth, /clear begins a new conversation, /quit leaves.": (
        "Uma pergunta, ou um erro colado, e Enter. !comando executa um comando, @arquivo "
        "anexa um arquivo.\n"
        "/retry pergunta de novo o que ficou sem resposta, /good e /bad dizem o que valeu "
        "uma resposta, /clear começa uma nova conversa, /quit sai."
    ),
    "Nothing waits to be asked again.": "Nada espera para ser perguntado de novo.",
    "A new conversation.": "Uma nova conversa.",
    "Dropped. Ctrl-D leaves.": "Descartado. Ctrl-D sai.",
    "{count} line was pasted.": "{count} linha foi colada.",
    "{count} lines were pasted. Enter sends them, with what you type before it; Ctrl-C "
    "drops them.": (
        "{count} linhas foram coladas. Enter as envia, com o que você digitar antes; Ctrl-C "
        "as descarta."
    ),
    "The plain chat lists no sessions: 'ipcom-chat sessions list' does; --resume ID "
    "goes on with one.": (
        "O chat simples não lista sessões: 'ipcom-chat sessions list' lista; --resume ID "
        "continua uma."
    ),
}

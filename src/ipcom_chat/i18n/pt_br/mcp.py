"""Brazilian Portuguese of the Model Context Protocol."""

MESSAGES: dict[str, str] = {
    "'ipcom-chat mcp' is started by another program, which speaks to it through pipes; see "
    "docs/mcp.md.": (
        "'ipcom-chat mcp' é iniciado por outro programa, que fala com ele por pipes; veja "
        "docs/mcp.md."
    ),
    "A solution needs a question and an answer that say something.": (
        "Uma solução precisa de uma pergunta e de uma resposta que digam algo."
    ),
    "Hand out private entries, too.": "Entregar também os registros privados.",
    "MCP needs a package that is not installed: pip install 'ipcom-chat[ai]'": (
        "MCP precisa de um pacote que não está instalado: pip install 'ipcom-chat[ai]'"
    ),
    "No entry of a session {id!r} is known here.": (
        "Nenhum registro de uma sessão {id!r} é conhecido aqui."
    ),
    "Serve the team's memory to other assistants (MCP, on stdin and stdout).": (
        "Oferece a memória da equipe a outros assistentes (MCP, em stdin e stdout)."
    ),
    "Serve the team's memory to other assistants: Claude Code, Gemini CLI and whatever speaks the "
    "Model Context Protocol on stdin and stdout. They start it themselves; docs/mcp.md says how "
    "to tell them.": (
        "Oferece a memória da equipe a outros assistentes: Claude Code, Gemini CLI e o que mais "
        "falar o Model Context Protocol em stdin e stdout. Eles mesmos o iniciam; docs/mcp.md "
        "explica como configurá-los."
    ),
    "There is no resource {uri!r}.": "Não há recurso {uri!r}.",
    "There is no tool {name!r}; there are: {tools}": (
        "Não há ferramenta {name!r}; existem: {tools}"
    ),
    "ipcom-chat met an unexpected fault ({kind}); its log has the details.": (
        "O ipcom-chat encontrou uma falha inesperada ({kind}); o log tem os detalhes."
    ),
    "{tool}: wrong arguments: {reason}": "{tool}: argumentos errados: {reason}",
}

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
    "a name has letters, digits, - and _, at most 32.": (
        "um nome tem letras, algarismos, - e _, no máximo 32."
    ),
    "cannot be read: {reason}": "não pode ser lido: {reason}",
    "command must be a whole path, or a name that PATH leads to.": (
        "command precisa ser um caminho completo, ou um nome ao qual PATH leve."
    ),
    "cwd must be a whole path.": "cwd precisa ser um caminho completo.",
    "headers.{key} cannot be sent.": "headers.{key} não pode ser enviado.",
    "it cannot be reached ({kind}).": "não pode ser alcançado ({kind}).",
    "it does not answer within one second.": "não responde em um segundo.",
    "it does not answer within {count} seconds.": "não responde em {count} segundos.",
    "it offers more than {count} tools; the rest is left out.": (
        "oferece mais de {count} ferramentas; o resto fica de fora."
    ),
    "it holds a secret ({key}) and can be read by others, so it is not used. Run: chmod 600, or "
    "write ${{VARIABLE}} in its place.": (
        "contém um segredo ({key}) e pode ser lido por outros, então não é usado. Execute: "
        "chmod 600, ou escreva ${{VARIÁVEL}} no lugar dele."
    ),
    "it is no JSON: {reason}": "não é JSON: {reason}",
    'it must hold an object: {"mcpServers": {"NAME": {…}}}': (
        'precisa conter um objeto: {"mcpServers": {"NOME": {…}}}'
    ),
    "it names more than {count} servers.": "nomeia mais de {count} servidores.",
    'it needs a "command", or a "url" with the type "http".': (
        'precisa de um "command", ou de uma "url" com o tipo "http".'
    ),
    "others can change it, so it is not used. Run: chmod go-w, and chown it to you.": (
        "outros podem alterá-lo, então não é usado. Execute: chmod go-w, e chown para você."
    ),
    "url is no address like https://server.example/mcp, without a password in it.": (
        "url não é um endereço como https://server.example/mcp, sem senha dentro dele."
    ),
    "url must begin with https:// unless the server runs on this machine.": (
        "url precisa começar com https:// a não ser que o servidor rode nesta máquina."
    ),
    "{where} holds a character that no value can hold.": (
        "{where} contém um caractere que nenhum valor pode conter."
    ),
    "{where} names the variable {variable}, which is not set.": (
        "{where} usa a variável {variable}, que não está definida."
    ),
    "MCP server {name}: {problem}": "Servidor MCP {name}: {problem}",
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
    "The MCP server {name} does not answer any more.": "O servidor MCP {name} não responde mais.",
    "The MCP server {name} says of {tool}: {reason}": (
        "O servidor MCP {name} diz de {tool}: {reason}"
    ),
    "There is no resource {uri!r}.": "Não há recurso {uri!r}.",
    "There is no tool {name!r}; there are: {tools}": (
        "Não há ferramenta {name!r}; existem: {tools}"
    ),
    "ipcom-chat met an unexpected fault ({kind}); its log has the details.": (
        "O ipcom-chat encontrou uma falha inesperada ({kind}); o log tem os detalhes."
    ),
    "there is no program {name}": "não há programa {name}",
    "{name} cannot be started: {reason}": "{name} não pode ser iniciado: {reason}",
    "{tool}: wrong arguments: {reason}": "{tool}: argumentos errados: {reason}",
}

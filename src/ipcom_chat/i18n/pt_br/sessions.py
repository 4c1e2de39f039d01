"""Brazilian Portuguese of sessions: the chooser, the verbs, and going on with one."""

MESSAGES: dict[str, str] = {
    "'{word}' is no id of a session; 'ipcom-chat sessions list' shows the ids. Without one,"
    " --resume lets you choose in the chat.": (
        "'{word}' não é o id de uma sessão; 'ipcom-chat sessions list' mostra os ids. Sem um,"
        " --resume deixa você escolher no chat."
    ),
    "--continue and --resume go with the chat or a question, not with '{verb}'.": (
        "--continue e --resume valem para o chat ou uma pergunta, não para '{verb}'."
    ),
    "/copy takes code, answer, all, or nothing for the last answer.": (
        "/copy aceita code, answer, all, ou nada para a última resposta."
    ),
    "A title has 1 to {max} characters.": "Um título tem de 1 a {max} caracteres.",
    "Begin a session that goes on from another, which stays as it is.": (
        "Começa uma sessão que continua a partir de outra, que fica como está."
    ),
    "Begun": "Começo",
    "Change the last question and ask it anew": "Mudar a última pergunta e perguntar de novo",
    "Choose an earlier conversation": "Escolher uma conversa anterior",
    "Copy the last answer": "Copiar a última resposta",
    "Delete a session for everybody, with what was asked and run in it.": (
        "Exclui uma sessão para todos, com o que foi perguntado e executado nela."
    ),
    "Delete this session and one entry for everybody?": (
        "Excluir esta sessão e um registro para todos?"
    ),
    "Delete this session and {count} entries for everybody?": (
        "Excluir esta sessão e {count} registros para todos?"
    ),
    "Delete this session for everybody?": "Excluir esta sessão para todos?",
    "Deleted the session and one entry.": "Excluída a sessão e um registro.",
    "Deleted the session and {count} entries.": "Excluída a sessão e {count} registros.",
    "Deleted the session.": "Sessão excluída.",
    "Enter asks it anew, an empty prompt leaves it": (
        "Enter pergunta de novo, o campo vazio a deixa como está"
    ),
    "Find sessions by their title or by what was asked in them.": (
        "Acha sessões pelo título ou pelo que foi perguntado nelas."
    ),
    "Give a session a title.": "Dá um título a uma sessão.",
    "Give this conversation a title": "Dar um título a esta conversa",
    "Go on in a new conversation that begins as this": (
        "Continuar numa conversa nova que começa como esta"
    ),
    "Go on with an earlier conversation": "Continuar uma conversa anterior",
    "Go on with the newest conversation": "Continuar a conversa mais recente",
    "Go on with the newest session; also with a question.": (
        "Continua a sessão mais recente; também com uma pergunta."
    ),
    "Go on with this session; without an id choose one.": (
        "Continua esta sessão; sem id, escolha uma."
    ),
    "Goes on from": "Continua de",
    "How to write it.": "Como escrever.",
    "Keep the questions and commands; only the session goes.": (
        "Mantém as perguntas e os comandos; só a sessão sai."
    ),
    "List sessions in which something was asked, newest first.": (
        "Lista as sessões em que algo foi perguntado, as mais novas primeiro."
    ),
    "List, show, rename, fork, export and delete conversations.": (
        "Lista, mostra, renomeia, bifurca, exporta e exclui conversas."
    ),
    "List, show, rename, fork, export and delete conversations. 'ipcom-chat --resume ID' goes on "
    "with one.": (
        "Lista, mostra, renomeia, bifurca, exporta e exclui conversas. 'ipcom-chat --resume ID' "
        "continua uma."
    ),
    "No session has the id {text!r}; 'ipcom-chat sessions list' shows the ids.": (
        "Nenhuma sessão tem o id {text!r}; 'ipcom-chat sessions list' mostra os ids."
    ),
    "No session in this history fits.": "Nenhuma sessão neste histórico corresponde.",
    "Nothing was answered in this session yet.": "Nada foi respondido nesta sessão ainda.",
    "Only its newest {count} questions are shown and known.": (
        "Só as {count} perguntas mais novas são mostradas e lembradas."
    ),
    "Only one session at a time: --continue, or --resume ID.": (
        "Só uma sessão por vez: --continue, ou --resume ID."
    ),
    "Say which title: /rename TITLE": "Diga qual título: /rename TÍTULO",
    "Search the sessions": "Busque nas sessões",
    "Several sessions have an id that starts with {text}: {ids}": (
        "Várias sessões têm um id que começa com {text}: {ids}"
    ),
    "Show what was asked and answered in a session.": (
        "Mostra o que foi perguntado e respondido numa sessão."
    ),
    "TITLE": "TÍTULO",
    "That is the session you are in.": "Essa é a sessão em que você está.",
    "That session is in a user's own history. Say who you are: --user USERNAME": (
        "Essa sessão está no histórico próprio de um usuário. Diga quem você é: --user USUÁRIO"
    ),
    "The new title": "O novo título",
    "The session {id} belongs to somebody else: it can be read and forked.": (
        "A sessão {id} é de outra pessoa: pode ser lida e bifurcada."
    ),
    "The session {id} goes on from {parent}: ipcom-chat --resume {id}": (
        "A sessão {id} continua a partir de {parent}: ipcom-chat --resume {id}"
    ),
    "The session {id} goes on: {title}": "A sessão {id} continua: {title}",
    "The session {id} is called: {title}": "A sessão {id} se chama: {title}",
    "The session {id} is open in another terminal: read here, your next question begins a fork of "
    "it.": (
        "A sessão {id} está aberta em outro terminal: leia aqui, sua próxima pergunta começa uma "
        "bifurcação dela."
    ),
    "The session {id} is open; leave it first.": "A sessão {id} está aberta; saia dela antes.",
    "The session {id} of {who} can only be read: your next question begins a fork of it.": (
        "A sessão {id} de {who} só pode ser lida: sua próxima pergunta começa uma bifurcação dela."
    ),
    "There is no code to copy.": "Não há código para copiar.",
    "There is no earlier session here to go on with.": (
        "Não há aqui uma sessão anterior para continuar."
    ),
    "There is no earlier session in this history.": "Não há sessão anterior neste histórico.",
    "There is no such session in this history.": "Não há tal sessão neste histórico.",
    "This session is called: {title}": "Esta sessão se chama: {title}",
    "Title": "Título",
    "Used last": "Último uso",
    "With a question, --resume needs the id of a session.": (
        "Com uma pergunta, --resume precisa do id de uma sessão."
    ),
    "Write a session as Markdown or JSON, oldest question first.": (
        "Escreve uma sessão como Markdown ou JSON, a pergunta mais antiga primeiro."
    ),
    "Your next question begins a fork of {id}, which stays as it is.": (
        "Sua próxima pergunta começa uma bifurcação de {id}, que fica como está."
    ),
    "a fork": "uma bifurcação",
    "elsewhere": "em outro lugar",
    "ended": "encerrada",
    "export": "exportar",
    "fork": "bifurcar",
    "fork of {id}": "bifurcação de {id}",
    "fork, rename, delete, export": "bifurcar, renomear, excluir, exportar",
    "go on": "continuar",
    "one command ran": "um comando executado",
    "one question": "uma pergunta",
    "open": "em aberto",
    "rename": "renomear",
    "store the title": "guardar o título",
    "{count} commands ran": "{count} comandos executados",
    "{count}{more} sessions": "{count}{more} sessões",
    "{number} questions": "{number} perguntas",
    "… and what was asked before": "… e o que foi perguntado antes",
}

"""Brazilian Portuguese of votes and suggestions."""

MESSAGES: dict[str, str] = {
    "A private entry takes no votes: nobody else sees it.": (
        "Um registro privado não recebe votos: ninguém mais o vê."
    ),
    "Nothing was answered yet; an id says which entry you mean.": (
        "Nada foi respondido ainda; um id diz de que registro se trata."
    ),
    "Say that an answer helped": "Dizer que uma resposta ajudou",
    "Say that an answer was wrong": "Dizer que uma resposta estava errada",
    "Say that an entry is good or bad; none takes it back.": (
        "Diz que um registro é bom (good) ou ruim (bad); none desfaz."
    ),
    "Similar commands that worked": "Comandos parecidos que funcionaram",
    "Solved before by {who}, {age} ago": "Já resolvido por {who}, há {age}",
    "Still fresh": "Ainda recente",
    "Suggest what worked before, and what comes next.": (
        "Sugere o que já funcionou e o que vem a seguir."
    ),
    "Suggest, for a command or a question: what the team solved, similar commands that worked, "
    "what usually comes next, and what was answered a moment ago.": (
        "Sugere, para um comando ou uma pergunta: o que a equipe já resolveu, comandos parecidos "
        "que funcionaram, o que costuma vir depois e o que acabou de ser respondido."
    ),
    "What usually comes next": "O que costuma vir depois",
    "Your team solved this": "Sua equipe já resolveu isto",
    "[ID]": "[ID]",
    "exit codes {codes}": "códigos de saída {codes}",
    "{age} ago": "há {age}",
    "{count} of {all} times": "{count} de {all} vezes",
    "no votes": "sem votos",
    "{good} good, {bad} bad": "{good} a favor, {bad} contra",
    "{id}: {votes}.": "{id}: {votes}.",
}

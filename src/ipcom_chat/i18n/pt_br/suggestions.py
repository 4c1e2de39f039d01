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
    "[ID]": "[ID]",
    "no votes": "sem votos",
    "{good} good, {bad} bad": "{good} a favor, {bad} contra",
    "{id}: {votes}.": "{id}: {votes}.",
}

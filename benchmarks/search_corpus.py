"""Questions and answers as people write them, in any number, the same for the same seed.

Lengths follow what was counted over the public corpora nl2bash and tldr: a question has 3 to 20
words, 9 in the middle; an answer here 20 to 140, which is 0.5 KB in the middle. A few hundred words
of administration are frequent, and behind them stands a long tail of names that are rare (Zipf), as
in a real history: hosts, files, packages, error codes.
"""

import random
from collections.abc import Iterator
from itertools import accumulate

_FREQUENT = """
how to the a of in on for with and my is what do i list all files find show directory user server
disk service restart nginx port open check log error connection database process memory network
install package update version remove create delete change permission group password key ssh
copy move archive compress extract search text line replace print count sort column script run
command output input shell variable path environment configuration start stop status enable system
docker container image volume build push pull git branch commit merge remote clone backup restore
mount partition filesystem kernel module boot time date schedule cron job mail queue certificate
renew proxy firewall rule address interface route dns domain resolve ping timeout refused denied
como o de da do que um uma para em não por arquivo pasta listar mostrar servidor disco serviço
reiniciar porta aberta verificar erro conexão banco dados processo memória rede instalar pacote
atualizar versão remover criar usuário senha chave copiar mover compactar buscar texto linha
""".split()
_SYLLABLES = (
    "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve xi yo za bra cle dri flo gru".split()
)
_RARE = 60_000
_EXPONENT = 1.05
_BATCH = 2_000


def texts(count: int, seed: int = 7) -> Iterator[tuple[str, str]]:
    """Yield `count` questions with their answers."""
    source = random.Random(seed)
    words = vocabulary(source)
    weights = list(accumulate(1 / (rank + 5) ** _EXPONENT for rank in range(len(words))))
    for start in range(0, count, _BATCH):
        size = min(_BATCH, count - start)
        lengths = [
            (min(20, 3 + int(source.expovariate(1 / 6.5))), source.randint(20, 140))
            for _each in range(size)
        ]
        picked = source.choices(words, cum_weights=weights, k=sum(map(sum, lengths)))
        at = 0
        for question, answer in lengths:
            middle, end = at + question, at + question + answer
            yield " ".join(picked[at:middle]), " ".join(picked[middle:end])
            at = end


def vocabulary(source: random.Random) -> list[str]:
    """Return the words, the most frequent first."""
    rare = (
        "".join(source.choices(_SYLLABLES, k=source.randint(2, 4)))
        + (str(source.randint(1, 99)) if source.random() < 0.2 else "")
        for _each in range(_RARE)
    )
    return list(dict.fromkeys([*_FREQUENT, *rare]))

"""Brazilian Portuguese of the search."""

MESSAGES: dict[str, str] = {
    "Another process is building the search index; it is not complete yet.": (
        "Outro processo está montando o índice de busca; ele ainda não está completo."
    ),
    "Building the search index of {count} entries…": (
        "Montando o índice de busca de {count} registros…"
    ),
    "Compare meanings, too: load the model of meanings, and wait for it.": (
        "Compara também os significados: carrega o modelo de significados e espera por ele."
    ),
    'Find entries: words, "phrases", begin*, -not, and user: machine: session: status: tag: '
    "kind: cwd: exit: mode: before: after:. What begins with two dashes goes after '--'.": (
        'Encontra registros: palavras, "frases", começo*, -sem, e user: machine: session: status: '
        "tag: kind: cwd: exit: mode: before: after:. O que começa com dois hifens vai depois de "
        "'--'."
    ),
    "One changed entry is not in the search index yet and was not looked at.": (
        "Um registro alterado ainda não está no índice de busca e não foi examinado."
    ),
    "Reading {count} entries for their meaning…": (
        "Lendo {count} registros para conhecer seu significado…"
    ),
    "Search, list, show, count, import and export entries.": (
        "Busca, lista, mostra, conta, importa e exporta registros."
    ),
    "Searched by words alone: no process that compares meanings is running. "
    "--semantic starts one and waits for it.": (
        "A busca foi só por palavras: nenhum processo que compara significados está em execução. "
        "--semantic inicia um e espera por ele."
    ),
    "Show why each entry stands where it stands.": ("Mostra por que cada registro está onde está."),
    "--semantic needs the model of meanings: install the extra 'semantic' of "
    "ipcom-chat, and leave the setting search.semantic at true.": (
        "--semantic precisa do modelo de significados: instale o extra 'semantic' do ipcom-chat "
        "e deixe a configuração search.semantic em true."
    ),
    "The model of meanings cannot be loaded; words alone are searched.": (
        "O modelo de significados não pôde ser carregado; a busca é só por palavras."
    ),
    "false: search by words alone, even where the model of meanings is installed": (
        "false: busca só por palavras, mesmo com o modelo de significados instalado"
    ),
    "WORDS": "PALAVRAS",
    "score {total:.3f} = (relevance {relevance:.3f} + meaning {meaning:.3f}) x (1 + recency "
    "{recency:.3f} + scope {scope:.3f} + outcome {outcome:.3f} + votes {votes:.3f} + "
    "people {people:.3f})": (
        "nota {total:.3f} = (relevância {relevance:.3f} + significado {meaning:.3f}) x (1 + "
        "novidade {recency:.3f} + escopo {scope:.3f} + desfecho {outcome:.3f} + votos "
        "{votes:.3f} + pessoas {people:.3f})"
    ),
    "{count} changed entries are not in the search index yet and were not looked at.": (
        "{count} registros alterados ainda não estão no índice de busca e não foram examinados."
    ),
    "{count} changed entries are not read for their meaning yet; --semantic waits.": (
        "O significado de {count} registros alterados ainda não foi lido; --semantic espera."
    ),
    "{count} people": "{count} pessoas",
    "{count} times": "{count} vezes",
}

"""Brazilian Portuguese: the monitor."""

MESSAGES: dict[str, str] = {
    "--output goes with --prometheus.": "--output vai com --prometheus.",
    "ADDRESS": "ENDEREÇO",
    "Adoption": "Adoção",
    "Answered": "Respondidas",
    "Ask the primary about all machines, too.": (
        "Pergunta também ao banco primário por todas as máquinas."
    ),
    "Availability": "Disponibilidade",
    "Bad": "Ruins",
    "Begun": "Começo",
    "By day": "Por dia",
    "Cancelled": "Canceladas",
    "Cancelled: {share}": "Canceladas: {share}",
    "Cannot listen on {host}:{port}: {reason}.": (
        "Não foi possível escutar em {host}:{port}: {reason}."
    ),
    "Cannot write to {path}: {reason}.": "Não foi possível escrever em {path}: {reason}.",
    "Commands a minute": "Comandos por minuto",
    "Cost": "Custo",
    "Day (UTC)": "Dia (UTC)",
    "Exchange": "Troca",
    "FAILING": "FALHA",
    "Failed": "Falhas",
    "Figure": "Indicador",
    "Free on the disk": "Livre no disco",
    "Good": "Boas",
    "Health": "Saúde",
    "Here": "Aqui",
    "How many": "Quantas",
    "How many days to look back; 1 shows hours.": (
        "Quantos dias olhar para trás; 1 mostra as horas."
    ),
    "Latencies here": "Latências aqui",
    "Meanings": "Significados",
    "Met": "Atingido",
    "N": "N",
    "Not all changes were counted yet; a next look knows more.": (
        "Nem todas as mudanças foram contadas ainda; a próxima consulta sabe mais."
    ),
    "Now": "Agora",
    "Primary answers": "Primário responde",
    "Print it as Prometheus reads it.": "Imprime como o Prometheus lê.",
    "Print it as text, once.": "Imprime como texto, uma vez.",
    "Rate": "Taxa",
    "Read": "Ler",
    "Read, p95": "Ler, p95",
    "Refused": "Recusadas",
    "Replica": "Réplica",
    "Requests": "Pedidos",
    "Reuse": "Reuso",
    "Reused": "Reusos",
    "Satisfaction": "Satisfação",
    "Save": "Salvar",
    "Save, p95": "Salvar, p95",
    "Search": "Busca",
    "Search index": "Índice de busca",
    "Seen": "Vista há",
    "Serve /metrics and /healthz over HTTP, on this machine alone by default.": (
        "Serve /metrics e /healthz por HTTP, por padrão só nesta máquina."
    ),
    "Serving http://{host}:{port}/metrics and /healthz.": (
        "Servindo http://{host}:{port}/metrics e /healthz."
    ),
    "Show how it works: health, latencies, requests, machines, people.": (
        "Mostra como funciona: saúde, latências, pedidos, máquinas, pessoas."
    ),
    "Show how it works: health, latencies, requests, the queue, machines, people. Live on a "
    "terminal; once with --once, --json or --prometheus.": (
        "Mostra como funciona: saúde, latências, pedidos, a fila, máquinas, pessoas. Ao vivo em um"
        " terminal; uma vez com --once, --json ou --prometheus."
    ),
    "Since": "Desde",
    "Size of the primary": "Tamanho do primário",
    "Size per entry": "Tamanho/registro",
    "Solved problem": "Problema resolvido",
    "Sync rate": "Sincronização",
    "Synchronisation and sizes": "Sincronização e tamanhos",
    "The address to listen on.": "O endereço em que escutar.",
    "The port to listen on; 0 takes a free one.": "A porta em que escutar; 0 usa uma livre.",
    "The server is ending.": "O servidor está terminando.",
    "Time to answer": "Tempo p/ resposta",
    "Top solved problems": "Problemas resolvidos em destaque",
    "Top users": "Usuários em destaque",
    "Wanted": "Meta",
    "With --prometheus: write to this file, whole or not at all.": (
        "Com --prometheus: escreve neste arquivo, inteiro ou nada."
    ),
    "answered": "respondidos",
    "cache hits": "acertos de cache",
    "cancelled here": "cancelados aqui",
    "counting": "contando",
    "entries reach the primary late": "registros chegam atrasados ao banco primário",
    "failed": "com falha",
    "failed here": "com falha aqui",
    "looking…": "consultando…",
    "many rows wait for the primary": "muitas linhas esperam pelo banco primário",
    "none": "nenhum",
    "nothing yet": "nada ainda",
    "still open": "abertos",
    "paused": "em pausa",
    "q leave   d day, week, month   p pause   r look now   ↑↓ scroll": (
        "q sair   d dia, semana, mês   p pausa   r consultar já   ↑↓ rolar"
    ),
    "reading is slower than wanted": "a leitura está mais lenta que a meta",
    "reuse here": "reuso aqui",
    "rows were refused": "linhas foram recusadas",
    "saves or searches failed": "gravações ou buscas falharam",
    "saving is slower than wanted": "a gravação está mais lenta que a meta",
    "since {time}": "desde {time}",
    "synchronisation needs attention": "a sincronização precisa de atenção",
    "the clock is wrong": "o relógio está errado",
    "the primary cannot be reached": "o banco primário não pode ser alcançado",
    "{count} commands a minute": "{count} comandos por minuto",
}

"""Brazilian Portuguese of the exchange with the primary, its verbs and its place on the screen."""

MESSAGES: dict[str, str] = {
    "'ipcom-chat sync retry' tries them again.": "'ipcom-chat sync retry' tenta de novo.",
    "--watch goes without a verb: ipcom-chat sync --watch": (
        "--watch vai sem verbo: ipcom-chat sync --watch"
    ),
    "Another process of this machine is synchronising; what it does not carry goes next.": (
        "Outro processo desta máquina está sincronizando; o que ele não levar vai em seguida."
    ),
    "one entry": "uma entrada",
    "{count} entries": "{count} entradas",
    "one user": "um usuário",
    "{count} users": "{count} usuários",
    "one machine": "uma máquina",
    "{count} machines": "{count} máquinas",
    "one session": "uma sessão",
    "{count} sessions": "{count} sessões",
    "one vote": "um voto",
    "{count} votes": "{count} votos",
    "Cancel a request that runs elsewhere.": "Cancela um pedido em andamento em outro lugar.",
    "Cancel a request that runs in another terminal or on another machine.": (
        "Cancela um pedido em andamento em outro terminal ou em outra máquina."
    ),
    "Carry the history to and from the primary.": "Leva e traz o histórico do banco primário.",
    "Carry the history to and from the primary: once, or with --watch for good.": (
        "Leva e traz o histórico do banco primário: uma vez, ou com --watch sem parar."
    ),
    "Compare this machine's history with the primary, row by row where needed.": (
        "Compara o histórico desta máquina com o banco primário, linha a linha se preciso."
    ),
    "Cursor": "Cursor",
    "Fetch or push again what differs.": "Busca ou envia de novo o que difere.",
    "Filled": "Completo",
    "Go on until stopped; for systemd.": "Continua até ser parado; para o systemd.",
    "Lag": "Atraso",
    "Last error": "Último erro",
    "Last success": "Último sucesso",
    "Last try": "Última tentativa",
    "Not all could be repaired; 'ipcom-chat sync status' shows what is refused.": (
        "Nem tudo pôde ser reparado; 'ipcom-chat sync status' mostra o que é recusado."
    ),
    "On the clone: rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup,"
    " or set IPCOM_CHAT_MACHINE_ID.": (
        "No clone: rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup,"
        " ou defina IPCOM_CHAT_MACHINE_ID."
    ),
    "Other hosts have the same machine id: {hosts}. No entry is lost, but all of them count as "
    "one machine.": (
        "Outras máquinas têm o mesmo id: {hosts}. Nenhuma entrada se perde, mas todas contam como "
        "uma só."
    ),
    "Oldest waits": "Mais antigo espera",
    "One refused row is tried again.": "Uma linha recusada é tentada de novo.",
    "{count} refused rows are tried again.": "{count} linhas recusadas são tentadas de novo.",
    "One row was refused.": "Uma linha foi recusada.",
    "{count} rows were refused.": "{count} linhas foram recusadas.",
    "one row was refused; see 'ipcom-chat sync status'": (
        "uma linha foi recusada; veja 'ipcom-chat sync status'"
    ),
    "{count} rows were refused; see 'ipcom-chat sync status'": (
        "{count} linhas foram recusadas; veja 'ipcom-chat sync status'"
    ),
    "Synchronisation needs attention: {reason}": "A sincronização precisa de atenção: {reason}",
    "Pushed {pushed}, pulled {pulled}, {waiting} waiting, {parked} refused.": (
        "{pushed} enviadas, {pulled} recebidas, {waiting} esperando, {parked} recusadas."
    ),
    "Repaired: all is equal now.": "Reparado: agora tudo está igual.",
    "See 'ipcom-chat sync status'; 'sync retry' tries again.": (
        "Veja 'ipcom-chat sync status'; 'sync retry' tenta de novo."
    ),
    "Set TURSO_AUTH_TOKEN to a token that may write.": (
        "Defina TURSO_AUTH_TOKEN com um token que possa gravar."
    ),
    "Set it: timedatectl set-ntp true": "Acerte-o: timedatectl set-ntp true",
    "Show what waits, what was refused, and how far each subscription has come.": (
        "Mostra o que espera, o que foi recusado e até onde foi cada assinatura."
    ),
    "State": "Estado",
    "Subscription": "Assinatura",
    "Synchronisation met an unexpected fault; the log has the details.": (
        "A sincronização encontrou uma falha inesperada; o registro tem os detalhes."
    ),
    "The database at TURSO_DATABASE_URL is not prepared for ipcom-chat. What is saved here is "
    "safe and waits; check the address, or run 'ipcom-chat server init' once.": (
        "O banco em TURSO_DATABASE_URL não está preparado para o ipcom-chat. O que está salvo "
        "aqui está seguro e espera; verifique o endereço, ou execute 'ipcom-chat server init' "
        "uma vez."
    ),
    "The primary does not answer; what is saved here is safe and is sent later.": (
        "O banco primário não responde; o que está salvo aqui está seguro e será enviado depois."
    ),
    "The primary does not answer now; another machine hears of it later.": (
        "O banco primário não responde agora; a outra máquina saberá depois."
    ),
    "The primary has an older schema ({found}) than this ipcom-chat needs ({needed}). What is "
    "saved here is safe and waits; run 'ipcom-chat server migrate' once.": (
        "O banco primário tem um esquema mais antigo ({found}) do que este ipcom-chat precisa "
        "({needed}). O que está salvo aqui está seguro e espera; execute 'ipcom-chat server "
        "migrate' uma vez."
    ),
    "The primary needs a newer ipcom-chat than this one. What is saved here is safe and waits; "
    "upgrade ipcom-chat.": (
        "O banco primário precisa de um ipcom-chat mais novo do que este. O que está salvo aqui "
        "está seguro e espera; atualize o ipcom-chat."
    ),
    "The primary was replaced during the exchange. Nothing is lost; it is tried again.": (
        "O banco primário foi trocado durante a sincronização. Nada se perdeu; será tentado de "
        "novo."
    ),
    "The token does not allow writing: this machine reads the shared history, and what is saved "
    "here waits.": (
        "O token não permite gravar: esta máquina lê o histórico compartilhado, e o que é salvo "
        "aqui espera."
    ),
    "The token does not allow writing; what is saved here waits.": (
        "O token não permite gravar; o que é salvo aqui espera."
    ),
    "the token does not allow writing; what is saved here waits": (
        "o token não permite gravar; o que é salvo aqui espera"
    ),
    "This machine's clock is {minutes} minutes away from the primary's.": (
        "O relógio desta máquina está a {minutes} minutos do relógio do banco primário."
    ),
    "This machine's clock is {skew} away from the primary's; set it (timedatectl).": (
        "O relógio desta máquina está a {skew} do relógio do banco primário; acerte-o "
        "(timedatectl)."
    ),
    "Try again what was refused.": "Tenta de novo o que foi recusado.",
    "Waiting": "Esperando",
    "a command that prints the primary's token": (
        "um comando que escreve o token do banco primário"
    ),
    "a file with the primary's token that only you can read": (
        "um arquivo com o token do banco primário que só você pode ler"
    ),
    "connecting": "conectando",
    "different": "diferentes",
    "how long the primary may take to answer, milliseconds": (
        "quanto o banco primário pode demorar para responder, em milissegundos"
    ),
    "how many days of the shared history this machine holds; 0 holds all": (
        "quantos dias do histórico compartilhado esta máquina guarda; 0 guarda tudo"
    ),
    "how many rows one push carries at most": "quantas linhas um envio leva no máximo",
    "machine {name}": "máquina {name}",
    "missing here": "faltam aqui",
    "missing on the primary": "faltam no banco primário",
    "needs attention: {reason}": "precisa de atenção: {reason}",
    "never": "nunca",
    "no primary is configured: the history stays on this machine": (
        "nenhum banco primário está configurado: o histórico fica nesta máquina"
    ),
    "not yet": "ainda não",
    "offline since {since}: {reason}": "sem conexão desde {since}: {reason}",
    "offline since {time}": "sem conexão desde {time}",
    "one entry, equal to the primary": "uma entrada, igual ao banco primário",
    "{count} entries, equal to the primary": "{count} entradas, iguais ao banco primário",
    "{count} entries; {differences}": "{count} entradas; {differences}",
    "one row waits for {host}": "uma linha espera por {host}",
    "{count} rows wait for {host}": "{count} linhas esperam por {host}",
    "one waiting": "1 esperando",
    "{count} waiting": "{count} esperando",
    "pulling": "recebendo",
    "the shared history of {host} is still to be pulled: 'ipcom-chat sync'": (
        "o histórico compartilhado de {host} ainda não foi recebido: 'ipcom-chat sync'"
    ),
    "pulling the shared history from {host}": "recebendo o histórico compartilhado de {host}",
    "refused: {kind} {key}: {reason}": "recusada: {kind} {key}: {reason}",
    "seconds between synchronisations while people are at work": (
        "segundos entre sincronizações enquanto há gente trabalhando"
    ),
    "shared by all": "compartilhado por todos",
    "sync needs attention": "sincronização precisa de atenção",
    "synced": "sincronizado",
    "synced with {host}": "sincronizado com {host}",
    "nothing waits, but {host} did not answer just now": (
        "nada espera, mas {host} não respondeu agora há pouco"
    ),
    "the primary that all machines share; more addresses, after commas, are its replicas": (
        "o banco primário que todas as máquinas compartilham; outros endereços, após vírgulas, "
        "são réplicas dele"
    ),
    "true lets unencrypted requests leave this machine, without a token only": (
        "true deixa sair desta máquina pedidos sem criptografia, só sem token"
    ),
    "user {name}": "usuário {name}",
    "{host} answers within {ms:.0f} ms": "{host} responde em {ms:.0f} ms",
    "{tables} differ": "{tables} diferem",
}

"""Brazilian Portuguese: the administration of the primary."""

MESSAGES: dict[str, str] = {
    # cli/server.py
    "Set up and check the primary, the database all machines share.": (
        "Prepara e verifica o banco primário, compartilhado por todas as máquinas."
    ),
    "Prepare an empty database as the primary; nothing else is ever changed.": (
        "Prepara um banco vazio como primário; nada mais é alterado."
    ),
    "Bring the primary to the newest schema.": (
        "Atualiza o banco primário para o esquema mais novo."
    ),
    "Show the primary in numbers.": "Mostra o banco primário em números.",
    "Check the primary from its schema to its pages; 1 if something is wrong.": (
        "Verifica o banco primário, do esquema às páginas; 1 se algo estiver errado."
    ),
    "Print the commands that make a token for the primary.": (
        "Mostra os comandos que criam um token para o banco primário."
    ),
    "A token that can read and not write.": "Um token que lê e não grava.",
    "DAYS": "DIAS",
    "How long it is good for.": "Por quanto tempo ele vale.",
    "Run a primary on this machine for trying things out, until Ctrl-C.": (
        "Executa um banco primário nesta máquina, para experimentar, até Ctrl-C."
    ),
    "PORT": "PORTA",
    "Where it listens, on this machine only.": "Onde ele escuta, só nesta máquina.",
    "FOLDER": "PASTA",
    "Where it keeps its data; by default beside the history.": (
        "Onde ele guarda os dados; por padrão, ao lado do histórico."
    ),
    "The database at {host} is prepared: schema {schema}. Machines with the same settings share"
    " their history from now on.": (
        "O banco em {host} está preparado: esquema {schema}. A partir de agora, máquinas com as"
        " mesmas configurações compartilham o histórico."
    ),
    "The database at {host} was prepared before: schema {schema}. Nothing was changed.": (
        "O banco em {host} já estava preparado: esquema {schema}. Nada foi alterado."
    ),
    "The database at {host} has the newest schema, {schema}, already.": (
        "O banco em {host} já tem o esquema mais novo, {schema}."
    ),
    "The database at {host} went from schema {before} to {after}.": (
        "O banco em {host} passou do esquema {before} para o {after}."
    ),
    "The server does not allow the check {check}; the others ran.": (
        "O servidor não permite a verificação {check}; as outras foram feitas."
    ),
    "The database at {host} is as it should be.": "O banco em {host} está como deve estar.",
    "One problem at {host}. The histories on the machines are safe. Restore a backup, or prepare"
    " a new database with 'ipcom-chat server init': the machines fill it with what they hold.": (
        "Um problema em {host}. Os históricos das máquinas estão seguros. Restaure um backup ou"
        " prepare um banco novo com 'ipcom-chat server init': as máquinas o preenchem com o que"
        " têm."
    ),
    "{count} problems at {host}. The histories on the machines are safe. Restore a backup, or"
    " prepare a new database with 'ipcom-chat server init': the machines fill it with what they"
    " hold.": (
        "{count} problemas em {host}. Os históricos das máquinas estão seguros. Restaure um backup"
        " ou prepare um banco novo com 'ipcom-chat server init': as máquinas o preenchem com o que"
        " têm."
    ),
    " (this program brings {schema}: 'ipcom-chat server migrate')": (
        " (este programa traz o {schema}: 'ipcom-chat server migrate')"
    ),
    "Primary": "Banco primário",
    "Epoch": "Época",
    "Schema": "Esquema",
    "Oldest protocol": "Protocolo mais antigo",
    "Counter": "Contador",
    "Entries": "Registros",
    "Oldest entry": "Registro mais antigo",
    "Newest entry": "Registro mais novo",
    "Open requests": "Pedidos abertos",
    "Sessions": "Sessões",
    "Votes": "Votos",
    "Replicas, last 24 h": "Réplicas, últimas 24 h",
    "Size": "Tamanho",
    "Round trip": "Ida e volta",
    "Clock": "Relógio",
    "this machine is {time} behind": "esta máquina está {time} atrasada",
    "this machine is {time} ahead": "esta máquina está {time} adiantada",
    "The primary runs until Ctrl-C; its data is in {folder}.": (
        "O banco primário roda até Ctrl-C; os dados ficam em {folder}."
    ),
    # cli/server_token.py: comments of a shell script, so plain words only
    "In the cloud of Turso, with the name of your database:": (
        "Na nuvem da Turso, com o nome do seu banco:"
    ),
    "On a server of your own, in a folder that only you can read, with OpenSSL 3 or newer:": (
        "Em um servidor seu, em uma pasta que só você possa ler, com OpenSSL 3 ou mais novo:"
    ),
    "jwt.pub.pem belongs to the server: sqld --auth-jwt-key-file jwt.pub.pem": (
        "jwt.pub.pem vai para o servidor: sqld --auth-jwt-key-file jwt.pub.pem"
    ),
    "jwt.pem makes tokens: keep it safe, and off the machines that use them.": (
        "jwt.pem cria tokens: guarde-o em segurança, longe das máquinas que os usam."
    ),
    "{file} is the token: copy it with mode 0600, set TURSO_AUTH_TOKEN_FILE to its path.": (
        "{file} é o token: copie-o com modo 0600, defina TURSO_AUTH_TOKEN_FILE com o caminho dele."
    ),
    # sync/server.py
    "The libSQL server at {host} does not understand the schema: {reason}. Nothing was changed;"
    " upgrade the server (sqld 0.24.32 is known to work).": (
        "O servidor libSQL em {host} não entende o esquema: {reason}. Nada foi alterado; atualize"
        " o servidor (o sqld 0.24.32 comprovadamente funciona)."
    ),
    "The database at {host} holds the tables of the earlier program ({names}). Nothing was"
    " changed. Make a new, empty database for ipcom-chat and set TURSO_DATABASE_URL to it;"
    " 'ipcom-chat history import ADDRESS' then brings in what the old one holds.": (
        "O banco em {host} contém as tabelas do programa anterior ({names}). Nada foi alterado."
        " Crie um banco novo e vazio para o ipcom-chat e defina TURSO_DATABASE_URL com ele; depois"
        " 'ipcom-chat history import ENDEREÇO' traz o que o antigo contém."
    ),
    "The database at {host} holds tables that are not those of ipcom-chat ({names}). Nothing was"
    " changed. Set TURSO_DATABASE_URL to an empty database.": (
        "O banco em {host} contém tabelas que não são do ipcom-chat ({names}). Nada foi alterado."
        " Defina TURSO_DATABASE_URL com um banco vazio."
    ),
    "The database at {host} belongs to a newer ipcom-chat (schema {found}, this one knows"
    " {known}). Nothing was changed; upgrade ipcom-chat.": (
        "O banco em {host} pertence a um ipcom-chat mais novo (esquema {found}; este conhece o"
        " {known}). Nada foi alterado; atualize o ipcom-chat."
    ),
    "The database at {host} lacks a part of what ipcom-chat needs. Nothing was changed;"
    " 'ipcom-chat server verify' says what is missing.": (
        "Falta ao banco em {host} uma parte do que o ipcom-chat precisa. Nada foi alterado;"
        " 'ipcom-chat server verify' diz o que falta."
    ),
    # sync/server_verify.py
    "the record of the migrations is not complete": "o registro das migrações não está completo",
    "{object} is missing": "falta: {object}",
    "{object} is not what the migrations make": "{object} não é o que as migrações criam",
    "{object} is not one of ours, and changes what is written": (
        "{object} não é nosso e altera o que é gravado"
    ),
    "sync_meta has {count} rows, not one": "sync_meta tem {count} linhas, e não uma",
    "sync_counter has {count} rows, not one": "sync_counter tem {count} linhas, e não uma",
    "the counter is {counter}, the newest push ends at {newest}": (
        "o contador é {counter}, o envio mais novo termina em {newest}"
    ),
    "gaps or overlaps in the list of pushes: {count}": (
        "lacunas ou sobreposições na lista de envios: {count}"
    ),
    "{table}: revs that occur twice: {count}": "{table}: revs que ocorrem duas vezes: {count}",
    "{table}: revs go from {lowest} to {highest}, the counter is {counter}": (
        "{table}: os revs vão de {lowest} a {highest}, o contador é {counter}"
    ),
    # sync/local_server.py
    "sqld ended by itself: {reason}. Its output is in {log}.": (
        "O sqld terminou sozinho: {reason}. A saída dele está em {log}."
    ),
    "it said nothing": "não disse nada",
    "SQLD_BIN names {path}, which is no program that can be run.": (
        "SQLD_BIN aponta para {path}, que não é um programa executável."
    ),
    "There is no 'sqld' on PATH. Install the libSQL server, or set SQLD_BIN to where it is.": (
        "Não há um 'sqld' no PATH. Instale o servidor libSQL ou defina SQLD_BIN com o caminho dele."
    ),
    "Cannot start {path}: {reason}.": "Não é possível iniciar {path}: {reason}.",
    "Cannot listen on port {port}: {reason}. Choose another: ipcom-chat server dev --port N.": (
        "Não é possível escutar na porta {port}: {reason}. Escolha outra: ipcom-chat server dev"
        " --port N."
    ),
    "Cannot use the folder {folder}: {reason}.": "Não é possível usar a pasta {folder}: {reason}.",
    "Another 'ipcom-chat server dev' runs in {folder}.": (
        "Outro 'ipcom-chat server dev' está rodando em {folder}."
    ),
    # targets.py
    "No primary is configured. Set TURSO_DATABASE_URL to its address and TURSO_AUTH_TOKEN to its"
    " token, if it wants one.": (
        "Nenhum banco primário está configurado. Defina TURSO_DATABASE_URL com o endereço dele e"
        " TURSO_AUTH_TOKEN com o token, se ele exigir um."
    ),
    "the AI's key": "a chave da IA",
    "{variable} must be a whole path, like /etc/ipcom-chat/token or ~/.config/ipcom-chat/token, not"
    " {text!r}.": (
        "{variable} deve ser um caminho completo, como /etc/ipcom-chat/token ou"
        " ~/.config/ipcom-chat/token, e não {text!r}."
    ),
    "Cannot read {what} in {path}: {reason}. Check {variable}.": (
        "Não é possível ler {what} em {path}: {reason}. Verifique {variable}."
    ),
    "{path} holds {what} and is not yours alone, so it is not used. Run: chmod 600 {path}, and"
    " chown it to you.": (
        "{path} contém {what} e não é só seu; por isso não é usado. Execute: chmod 600 {path}, e"
        " torne-se o dono dele com chown."
    ),
    "{path} must hold {what} in one line, and nothing else.": (
        "{path} deve conter {what} em uma linha, e nada mais."
    ),
    "The command in {variable} did not give {what}: {reason}. Run it yourself to see why.": (
        "O comando em {variable} não forneceu {what}: {reason}. Execute-o você mesmo para ver"
        " por quê."
    ),
    "it is no command": "não é um comando",
    "it printed nothing": "não mostrou nada",
    "it printed too much": "mostrou coisas demais",
    "it took longer than {seconds} s": "levou mais de {seconds} s",
    "it ended with exit code {code}": "terminou com o código de saída {code}",
}

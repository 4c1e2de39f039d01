"""Brazilian Portuguese: settings, storage, services and the rules."""

MESSAGES: dict[str, str] = {
    "A username has {min} to {max} letters, digits, '.', '_' or '-' and starts with a"
    " letter or digit; {text!r} does not.": (
        "Um nome de usuário tem de {min} a {max} letras, dígitos, '.', '_' ou '-' e começa"
        " com letra ou dígito; {text!r} não serve."
    ),
    "A name is required: 1 to {max} printable characters.": (
        "O nome é obrigatório: de 1 a {max} caracteres visíveis."
    ),
    "{text!r} is not a valid e-mail address; write it like ana@example.com. Nothing was changed.": (
        "{text!r} não é um endereço de e-mail válido; escreva-o como ana@example.com. Nada foi"
        " alterado."
    ),
    "IPCOM_CHAT_MACHINE_ID has 1 to 64 letters, digits, '.', '_' or '-'; {text!r} does not fit.": (
        "IPCOM_CHAT_MACHINE_ID tem de 1 a 64 letras, dígitos, '.', '_' ou '-'; {text!r} não serve."
    ),
    "Cannot write to {folder}: {reason}. Check its permissions and the space left.": (
        "Não é possível gravar em {folder}: {reason}. Verifique as permissões e o espaço livre."
    ),
    "The mode 'user' needs a user: --user USERNAME, or once 'ipcom-chat config set user"
    " USERNAME'.": (
        "O modo 'user' precisa de um usuário: --user USUÁRIO ou, uma vez só, 'ipcom-chat"
        " config set user USUÁRIO'."
    ),
    "The assistant met an unexpected fault; the log has the details.": (
        "O assistente encontrou uma falha inesperada; os detalhes estão no log."
    ),
    "{path} exists already; --force replaces it.": "{path} já existe; --force o substitui.",
    "Cannot write {path}: {reason}.": "Não é possível gravar {path}: {reason}.",
    "language {language}, encoding {encoding}, terminal {terminal}": (
        "idioma {language}, codificação {encoding}, terminal {terminal}"
    ),
    "{size} free on the disk of {path}": "{size} livres no disco de {path}",
    "Free some space; what cannot be written is not saved.": (
        "Libere espaço; o que não pode ser gravado não é salvo."
    ),
    "one active user": "um usuário ativo",
    "{count} active users": "{count} usuários ativos",
    "answers come from this history and from playbooks": (
        "as respostas vêm deste histórico e dos roteiros"
    ),
    "Check its owner and permissions, or set {variable}.": (
        "Verifique o dono e as permissões ou defina {variable}."
    ),
    "Close every ipcom-chat and start it again: it recovers the file.": (
        "Feche todos os ipcom-chat e inicie-o de novo: ele recupera o arquivo."
    ),
    "{model} at {host}": "{model} em {host}",
    "{path}: one entry, schema {schema}, sound": ("{path}: um registro, esquema {schema}, íntegro"),
    "{path}: {count} entries, schema {schema}, sound": (
        "{path}: {count} registros, esquema {schema}, íntegro"
    ),
    "from {source}": "de {source}",
    "The packages for AI are missing.": "Faltam os pacotes de IA.",
    "The AI has no key.": "A IA está sem chave.",
    "The AI's key would go to {host} unencrypted.": (
        "A chave da IA iria para {host} sem criptografia."
    ),
    "Use https in ai.base_url.": "Use https em ai.base_url.",
    "one playbook": "um roteiro",
    "{count} playbooks": "{count} roteiros",
    "Upgrade the package apsw: pip install -U apsw": (
        "Atualize o pacote apsw: pip install -U apsw"
    ),
    "Choose a UTF-8 locale: export LANG=C.UTF-8": ("Escolha um locale UTF-8: export LANG=C.UTF-8"),
    "{path} will be made at the first use.": "{path} será criada no primeiro uso.",
    "{path} cannot be written.": "Não é possível gravar em {path}.",
    "the history lies on a local disk": "o histórico está em um disco local",
    "nothing was saved yet": "nada foi salvo ainda",
    "{path} was found damaged.": "{path} está danificado.",
    "Keep a copy of {path} and start ipcom-chat: it recovers what is readable.": (
        "Guarde uma cópia de {path} e inicie o ipcom-chat: ele recupera o que for legível."
    ),
    "{path} will be brought to schema {schema} at the next start.": (
        "{path} passará ao esquema {schema} no próximo início."
    ),
    "The settings name the user {username!r}, who is not an active user here.": (
        "As configurações indicam o usuário {username!r}, que não está ativo aqui."
    ),
    "See 'ipcom-chat user list --all'.": "Veja 'ipcom-chat user list --all'.",
    "{users}; you are {name}": "{users}; você é {name}",
    "AI is switched off: {without}": "A IA está desligada: {without}",
    "Correct or remove the file.": "Corrija ou remova o arquivo.",
    "not configured: the history stays on this machine": (
        "não configurada: o histórico fica nesta máquina"
    ),
    "{path} is not there; defaults hold.": "{path} não existe; valem os valores padrão.",
    "The chat is shown line by line; set TERM for the screen.": (
        "O chat aparece linha por linha; defina TERM para ter a tela."
    ),
    "Others can look into {path}.": "Outros podem ver o conteúdo de {path}.",
    "Others can read {path}.": "Outros podem ler {path}.",
    "no AI is configured: {without}": "nenhuma IA configurada: {without}",
    "To have one: ipcom-chat config set ai.model VENDOR:NAME": (
        "Para ter uma: ipcom-chat config set ai.model FORNECEDOR:NOME"
    ),
    "No entry has the id {text!r}; 'ipcom-chat history list' shows the ids.": (
        "Nenhum registro tem o id {text!r}; 'ipcom-chat history list' mostra os ids."
    ),
    "Several entries have an id that starts with {text}: {ids}": (
        "Vários registros têm um id que começa com {text}: {ids}"
    ),
    "The username {username!r} belongs to an inactive user. Bring the user back:"
    " ipcom-chat user reactivate {username}": (
        "O nome {username!r} pertence a um usuário desativado. Reative-o: ipcom-chat user"
        " reactivate {username}"
    ),
    "The username {username!r} is taken; nothing was changed. Choose another, or see whose it is:"
    " ipcom-chat user show {username}": (
        "O nome de usuário {username!r} já está em uso; nada foi alterado. Escolha outro, ou veja"
        " de quem ele é: ipcom-chat user show {username}"
    ),
    "No machine fits {wanted!r}; 'ipcom-chat machine list' shows those known here.": (
        "Nenhuma máquina corresponde a {wanted!r}; 'ipcom-chat machine list' mostra as"
        " conhecidas aqui."
    ),
    "There is no user {username!r}. Create one: ipcom-chat user create --username"
    " {username} --name NAME --email ADDRESS": (
        "Não há o usuário {username!r}. Crie-o: ipcom-chat user create --username {username}"
        " --name NOME --email ENDEREÇO"
    ),
    "{problem} (The name comes from {source}; users of other machines arrive with 'ipcom-chat"
    " sync'.)": (
        "{problem} (O nome vem de {source}; usuários de outras máquinas chegam com 'ipcom-chat"
        " sync'.)"
    ),
    "The user {username!r} is not active. Bring the user back: ipcom-chat user reactivate"
    " {username}": (
        "O usuário {username!r} está desativado. Reative-o: ipcom-chat user reactivate {username}"
    ),
    "Say what to change: --name, --email or both.": (
        "Diga o que alterar: --name, --email ou ambos."
    ),
    "The user {name!r} is gone.": "O usuário {name!r} não existe mais.",
    "{problem} Users are decided there: none was changed; repeat this once it answers.": (
        "{problem} É ele que decide sobre usuários: nenhum foi alterado; repita isto quando ele"
        " responder."
    ),
    "{count} machines fit {wanted!r}; give the id as 'ipcom-chat machine list --json' shows it.": (
        "{count} máquinas correspondem a {wanted!r}; informe o id como 'ipcom-chat machine list"
        " --json' o mostra."
    ),
    "Cannot write to {folder}: {reason}. Check its permissions, or set"
    " IPCOM_CHAT_DATA_DIR to a folder of yours.": (
        "Não é possível gravar em {folder}: {reason}. Verifique as permissões ou defina"
        " IPCOM_CHAT_DATA_DIR como uma pasta sua."
    ),
    "There is no folder {text!r}; set HOME to a folder of yours.": (
        "A pasta {text!r} não existe; defina HOME como uma pasta sua."
    ),
    "it is no ordinary file": "não é um arquivo comum",
    "{path} is no ordinary file; without --output, stdout is used.": (
        "{path} não é um arquivo comum; sem --output, usa-se a saída padrão."
    ),
    "who you are, a username": "quem é você, um nome de usuário",
    "global, user, machine or hybrid: where you write and read": (
        "global, user, machine ou hybrid: onde você escreve e lê"
    ),
    "true keeps new entries on this machine": ("true mantém os registros novos nesta máquina"),
    "the primary's token": "o token do primário",
    "a replica of the primary, tried first for reading": (
        "uma réplica do primário, a primeira a ser tentada na leitura"
    ),
    "seconds between synchronisations at rest": "segundos entre sincronizações em repouso",
    "false: being offline is said loudly": "false: estar offline é avisado com destaque",
    "longest wait between two tries, milliseconds": (
        "maior espera entre duas tentativas, em milissegundos"
    ),
    "seconds an answer or a command's output counts as fresh": (
        "segundos em que uma resposta ou a saída de um comando vale como atual"
    ),
    "false: answers without any AI": "false: respostas sem nenhuma IA",
    "address of an OpenAI-compatible server, ending in /v1": (
        "endereço de um servidor compatível com a OpenAI, terminado em /v1"
    ),
    "the AI's key": "a chave da IA",
    "OpenAI's key, used for the models of openai: only": (
        "a chave da OpenAI, usada só para os modelos de openai:"
    ),
    "how often a failed call to the AI is repeated": (
        "quantas vezes uma chamada à IA que falhou é repetida"
    ),
    "seconds to wait for the AI to begin or go on": (
        "segundos de espera até a IA começar ou continuar"
    ),
    "en or pt_BR; by default the locale decides": ("en ou pt_BR; por padrão, o locale decide"),
    "auto, dark or light": "auto, dark ou light",
    "overrides the id of this machine (tests, containers)": (
        "substitui o id desta máquina (testes, contêineres)"
    ),
    "Unknown setting {key!r} in {where}; 'ipcom-chat config list' shows all. Nothing was"
    " changed.": (
        "Configuração desconhecida {key!r} em {where}; 'ipcom-chat config list' mostra todas. Nada"
        " foi alterado."
    ),
    "Unknown setting {key!r} in {where}; correct it or take it out there. Nothing was changed.": (
        "Configuração desconhecida {key!r} em {where}; corrija-a ou retire-a de lá. Nada foi"
        " alterado."
    ),
    "Unknown setting {key!r} in {where}; did you mean {near!r}? Nothing was changed.": (
        "Configuração desconhecida {key!r} em {where}; você quis dizer {near!r}? Nada foi alterado."
    ),
    "Cannot read the settings in {path}: {reason}. Nothing was changed; mend the file, or move it"
    " away to start without it.": (
        "Não é possível ler as configurações em {path}: {reason}. Nada foi alterado; corrija o"
        " arquivo, ou mova-o para começar sem ele."
    ),
    "true or false ({help})": "true ou false ({help})",
    "a whole number from {least} on ({help})": "um número inteiro a partir de {least} ({help})",
    "{path} holds a secret ({key}) and can be read by others. Run: chmod 600 {path}": (
        "{path} contém um segredo ({key}) e pode ser lido por outros. Execute: chmod 600 {path}"
    ),
    "The setting {key} from {source} cannot be {value}: {help}. Nothing was changed.": (
        "A configuração {key}, vinda de {source}, não pode ser {value}: {help}. Nada foi alterado."
    ),
    "Cannot write the settings to {path}: {reason}. They are as they were; check the"
    " permissions of the folder and the space left.": (
        "Não é possível gravar as configurações em {path}: {reason}. Elas continuam como estavam;"
        " verifique as permissões da pasta e o espaço livre."
    ),
    "The folder {folder} is on a file system where several programs cannot safely share"
    " the history (a network share?). Nothing was written. Set IPCOM_CHAT_DATA_DIR to a"
    " folder on a local disk.": (
        "A pasta {folder} está em um sistema de arquivos onde vários programas não podem"
        " compartilhar o histórico com segurança (uma pasta de rede?). Nada foi gravado."
        " Defina IPCOM_CHAT_DATA_DIR como uma pasta em disco local."
    ),
    "The history file {path} is damaged. It was not changed; start ipcom-chat again: the"
    " file will be set aside and what is readable will be recovered.": (
        "O arquivo do histórico {path} está danificado. Ele não foi alterado; inicie o"
        " ipcom-chat de novo: o arquivo será guardado e o que for legível será recuperado."
    ),
    "No space left on the disk of {path}. What was saved before is safe, this was not"
    " saved; free some space and try again.": (
        "Não há espaço no disco de {path}. O que já estava salvo está seguro, isto não foi"
        " salvo; libere espaço e tente de novo."
    ),
    "The history {path} cannot be written. Nothing was changed; check the permissions of"
    " its folder, or set IPCOM_CHAT_DATA_DIR to a folder of yours.": (
        "Não é possível gravar o histórico {path}. Nada foi alterado; verifique as permissões"
        " da pasta ou defina IPCOM_CHAT_DATA_DIR como uma pasta sua."
    ),
    "The disk failed while reading or writing {path}: {reason}. What was saved before is"
    " safe; check the disk.": (
        "O disco falhou ao ler ou gravar {path}: {reason}. O que já estava salvo está seguro;"
        " verifique o disco."
    ),
    "Cannot open the history {path}: {reason}. Nothing was changed; check the folder, or set"
    " IPCOM_CHAT_DATA_DIR to a folder of yours.": (
        "Não é possível abrir o histórico {path}: {reason}. Nada foi alterado; verifique a pasta"
        " ou defina IPCOM_CHAT_DATA_DIR com uma pasta sua."
    ),
    "Another program has been writing to {path} for {seconds:.0f} s. What was saved before"
    " is safe; try again.": (
        "Outro programa está gravando em {path} há {seconds:.0f} s. O que já foi salvo está"
        " seguro; tente de novo."
    ),
    "{path} is a database of another program. It was not changed; set IPCOM_CHAT_DATA_DIR"
    " to another folder.": (
        "{path} é um banco de dados de outro programa. Ele não foi alterado; defina"
        " IPCOM_CHAT_DATA_DIR como outra pasta."
    ),
    "The history {path} was written by a newer ipcom-chat (schema {found}, this one knows"
    " {known}). It was not changed; upgrade ipcom-chat.": (
        "O histórico {path} foi gravado por um ipcom-chat mais novo (esquema {found}; este"
        " conhece {known}). Ele não foi alterado; atualize o ipcom-chat."
    ),
    "There is a user {username!r} already; 'ipcom-chat user list --all' shows inactive"
    " ones, 'ipcom-chat user reactivate {username}' brings one back.": (
        "Já existe o usuário {username!r}; 'ipcom-chat user list --all' mostra os"
        " desativados, 'ipcom-chat user reactivate {username}' reativa um."
    ),
    "The e-mail {email} belongs to another active user.": (
        "O e-mail {email} pertence a outro usuário ativo."
    ),
    "The history file {path} is damaged. It was not changed; close every other ipcom-chat"
    " of yours, then start again: what is readable will be recovered.": (
        "O arquivo do histórico {path} está danificado. Ele não foi alterado; feche todos os"
        " seus outros ipcom-chat e inicie de novo: o que for legível será recuperado."
    ),
}

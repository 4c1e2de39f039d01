"""Brazilian Portuguese: backups, maintenance, asking again."""

MESSAGES: dict[str, str] = {
    # setting_definitions.py
    "where backups go; by default beside the history": (
        "para onde vão os backups; por padrão, ao lado do histórico"
    ),
    "how many backups of a kind are kept; 0 keeps all": (
        "quantos backups de cada tipo são mantidos; 0 mantém todos"
    ),
    "entries older than so many days are deleted for everybody by 'maintenance run'; 0: none": (
        "entradas mais antigas que tantos dias são excluídas para todos por 'maintenance run'; 0:"
        " nenhuma"
    ),
    "the modes whose entries retention.purge_days is about, after commas": (
        "os modos cujas entradas retention.purge_days alcança, separados por vírgulas"
    ),
    # cli/root.py, cli/ask.py
    "Ask again what got no answer.": "Pergunta de novo o que ficou sem resposta.",
    "Back up this machine's history or the primary, and restore them.": (
        "Faz e restaura backups do histórico desta máquina ou do banco primário."
    ),
    "Delete and drop what is old, compact files, check them.": (
        "Exclui e descarta o que é antigo, compacta e verifica os arquivos."
    ),
    "Ask a question of the history again, as a new entry.": (
        "Repete uma pergunta do histórico, como uma nova entrada."
    ),
    "{id} is no question that could be asked again.": (
        "{id} não é uma pergunta que possa ser repetida."
    ),
    "{id} is still being answered; 'ipcom-chat cancel {id}' stops it.": (
        "{id} ainda está sendo respondida; 'ipcom-chat cancel {id}' a interrompe."
    ),
    # cli/backup.py
    "The primary, the database all machines share, instead of this machine's history.": (
        "O banco primário, compartilhado por todas as máquinas, em vez do histórico desta máquina."
    ),
    "Make a backup while everybody works on; older ones beyond --keep go.": (
        "Faz um backup sem parar ninguém; os mais antigos além de --keep são removidos."
    ),
    "Where to; else the setting backup.folder says.": (
        "Para onde; sem ela, vale a configuração backup.folder."
    ),
    "Keep the newest N of this kind; 0 keeps all.": (
        "Mantém os N mais novos deste tipo; 0 mantém todos."
    ),
    "One entry, {size}, checked while it was written.": (
        "Uma entrada, {size}, verificada durante a gravação."
    ),
    "{count} entries, {size}, checked while it was written.": (
        "{count} entradas, {size}, verificadas durante a gravação."
    ),
    "Removed one older backup.": "Removido um backup mais antigo.",
    "Removed {count} older backups.": "Removidos {count} backups mais antigos.",
    "List the backups, newest first.": "Lista os backups, do mais novo ao mais antigo.",
    "Those of this folder.": "Os desta pasta.",
    "File": "Arquivo",
    "history": "histórico",
    "primary": "primário",
    "There is no backup in {folder}; 'ipcom-chat backup create' makes one.": (
        "Não há backup em {folder}; 'ipcom-chat backup create' faz um."
    ),
    "Check a backup from its checksum to its rows; the newest if none is named.": (
        "Verifica um backup, da soma de verificação às linhas; sem nome, o mais novo."
    ),
    "{path}: one entry, whole and sound": "{path}: uma entrada, completo e íntegro",
    "{path}: {count} entries, whole and sound": "{path}: {count} entradas, completo e íntegro",
    "Put a backup in the place of this machine's history, or into an empty primary.": (
        "Coloca um backup no lugar do histórico desta máquina ou em um banco primário vazio."
    ),
    "SECONDS": "SEGUNDOS",
    "How long to wait for other programs to close the history.": (
        "Quanto esperar que outros programas fechem o histórico."
    ),
    "A restore replaces what is there: say --yes.": (
        "Uma restauração substitui o que existe: confirme com --yes."
    ),
    "Restore the backup of {when} ({entries} entries)?": (
        "Restaurar o backup de {when} ({entries} entradas)?"
    ),
    "The history is that of {when}: one entry.": "O histórico é o de {when}: uma entrada.",
    "The history is that of {when}: {count} entries.": (
        "O histórico é o de {when}: {count} entradas."
    ),
    "Of what came since, {merged} entries were brought up to date (deleted and redacted texts stay"
    " away), and {added} that nobody else has were kept.": (
        "Do que veio depois, {merged} entradas foram atualizadas (textos excluídos e ocultados não"
        " voltam) e {added} que mais ninguém tem foram mantidas."
    ),
    "The replaced file lies in {path}.": "O arquivo substituído está em {path}.",
    "'ipcom-chat sync' now brings what the primary has.": (
        "'ipcom-chat sync' agora traz o que o banco primário tem."
    ),
    "What was saved since is in that file alone.": (
        "O que foi salvo desde então está somente nesse arquivo."
    ),
    "The replaced file could not be read: texts that were deleted or redacted since {when} are"
    " back. Delete them again.": (
        "O arquivo substituído não pôde ser lido: textos excluídos ou ocultados desde {when}"
        " voltaram. Exclua-os de novo."
    ),
    "The primary at {host} holds one entry again. The machines push what it lacks.": (
        "O banco primário em {host} tem de novo uma entrada. As máquinas enviam o que falta."
    ),
    "The primary at {host} holds {count} entries again. The machines push what it lacks.": (
        "O banco primário em {host} tem de novo {count} entradas. As máquinas enviam o que falta."
    ),
    # storage/archives.py, storage/backup.py, storage/restore.py, services/backups.py
    "Another backup is being made or read in {folder}. Try again when it is done.": (
        "Outro backup está sendo feito ou lido em {folder}. Tente de novo quando ele terminar."
    ),
    "Cannot write to {folder}: {reason}. The history is as it was; check the permissions of the"
    " folder and the space left.": (
        "Não foi possível gravar em {folder}: {reason}. O histórico está como estava; verifique as"
        " permissões da pasta e o espaço livre."
    ),
    "{path} is no whole backup: it and {manifest} must lie side by side. Nothing was changed.": (
        "{path} não é um backup completo: ele e {manifest} precisam estar lado a lado. Nada foi"
        " alterado."
    ),
    "The backup {path} is damaged: it is not what its manifest says. Nothing was changed; use"
    " another one ('ipcom-chat backup list').": (
        "O backup {path} está danificado: não é o que o manifesto diz. Nada foi alterado; use outro"
        " ('ipcom-chat backup list')."
    ),
    "What the backup holds is no sound history ({path}). Nothing was changed; use another one"
    " ('ipcom-chat backup list').": (
        "O conteúdo do backup não é um histórico íntegro ({path}). Nada foi alterado; use outro"
        " ('ipcom-chat backup list')."
    ),
    "Another ipcom-chat of yours has the history {path} open. Nothing was changed; close it (the"
    " chat, 'sync --watch'), or wait for it with --wait SECONDS.": (
        "Outro ipcom-chat seu está com o histórico {path} aberto. Nada foi alterado; feche-o (o"
        " chat, 'sync --watch') ou espere por ele com --wait SEGUNDOS."
    ),
    "The restored copy is in use; nothing was changed. Try again.": (
        "A cópia restaurada está em uso; nada foi alterado. Tente de novo."
    ),
    "{path} is a backup of the primary. Nothing was changed; 'ipcom-chat backup restore --primary'"
    " restores it into an empty database.": (
        "{path} é um backup do banco primário. Nada foi alterado; 'ipcom-chat backup restore"
        " --primary' o restaura em um banco vazio."
    ),
    "{path} is a backup of a machine's history, not of the primary. Nothing was changed.": (
        "{path} é um backup do histórico de uma máquina, não do banco primário. Nada foi alterado."
    ),
    # sync/primary_dump.py, sync/primary_load.py
    "The database at {host} has tables that this program does not know. Nothing was changed.": (
        "O banco em {host} tem tabelas que este programa não conhece. Nada foi alterado."
    ),
    "The database at {host} is not empty. Nothing was changed: a backup is restored into an empty"
    " database only. Set TURSO_DATABASE_URL to one.": (
        "O banco em {host} não está vazio. Nada foi alterado: um backup só é restaurado em um banco"
        " vazio. Aponte TURSO_DATABASE_URL para um."
    ),
    "The database at {host} has another schema ({found}) than the backup ({wanted}). Nothing was"
    " changed. Restore it into a database without any tables.": (
        "O banco em {host} tem outro esquema ({found}) que não o do backup ({wanted}). Nada foi"
        " alterado. Restaure-o em um banco sem nenhuma tabela."
    ),
    "The backup does not hold a whole primary. Nothing that is in use was changed; use another one"
    " ('ipcom-chat backup list').": (
        "O backup não contém um banco primário completo. Nada que esteja em uso foi alterado; use"
        " outro ('ipcom-chat backup list')."
    ),
    "the backup": "o backup",
    # formats.py
    "A restore that was cut off is finished: one entry. The replaced file lies in {path}.": (
        "Uma restauração interrompida foi concluída: uma entrada. O arquivo substituído está em"
        " {path}."
    ),
    "A restore that was cut off is finished: {count} entries. The replaced file lies in {path}.": (
        "Uma restauração interrompida foi concluída: {count} entradas. O arquivo substituído está"
        " em {path}."
    ),
    # cli/maintenance.py, services/maintenance.py
    "Take all steps, a line each; 1 if one failed. Fits a timer.": (
        "Executa todas as etapas, uma linha cada; 1 se alguma falhou. Serve para um timer."
    ),
    "skipped": "pulada",
    "off (retention.purge_days)": "desligada (retention.purge_days)",
    "off (sync.window_days)": "desligada (sync.window_days)",
    "one entry would be deleted for everybody": "uma entrada seria excluída para todos",
    "{count} entries would be deleted for everybody": (
        "{count} entradas seriam excluídas para todos"
    ),
    "one entry deleted for everybody": "uma entrada excluída para todos",
    "{count} entries deleted for everybody": "{count} entradas excluídas para todos",
    "one entry would be dropped here, the primary keeps it": (
        "uma entrada seria descartada aqui, o banco primário a mantém"
    ),
    "{count} entries would be dropped here, the primary keeps them": (
        "{count} entradas seriam descartadas aqui, o banco primário as mantém"
    ),
    "one entry dropped here, the primary keeps it": (
        "uma entrada descartada aqui, o banco primário a mantém"
    ),
    "{count} entries dropped here, the primary keeps them": (
        "{count} entradas descartadas aqui, o banco primário as mantém"
    ),
    "would be brought up to date": "seria atualizado",
    "up to date": "em dia",
    "up to date; deleted text leaves the disk when others stop reading": (
        "atualizado; o texto excluído sai do disco quando os outros pararem de ler"
    ),
    "sound": "íntegro",
    "not needed": "não é preciso",
    "would be written anew": "seria regravado",
    "others have the history open; next time": (
        "outros estão com o histórico aberto; fica para a próxima vez"
    ),
    "{size} MB given back": "{size} MB devolvidos",
    "one old backup would be removed": "um backup antigo seria removido",
    "{count} old backups would be removed": "{count} backups antigos seriam removidos",
    "one old backup removed": "um backup antigo removido",
    "{count} old backups removed": "{count} backups antigos removidos",
}

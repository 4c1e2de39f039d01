"""Portuguese texts of redaction and deletion."""

MESSAGES = {
    "Another program is reading the history: the old text leaves the disk when it is done, at the "
    "latest when ipcom-chat starts next.": "Outro programa está lendo o histórico: o texto antigo "
    "sai do disco quando ele terminar, no mais tardar quando o ipcom-chat começar de novo.",
    "Blank question, answer or both of entries, for everybody; the entries stay.": "Apaga a "
    "pergunta, a resposta ou ambas de entradas, para todos; as entradas ficam.",
    "Blank these {count} entries for everybody?": "Apagar os textos destas {count} entradas para "
    "todos?",
    "Blank this entry for everybody?": "Apagar os textos desta entrada para todos?",
    "Blanked one entry.": "Os textos de uma entrada foram apagados.",
    "Blanked {count} entries.": "Os textos de {count} entradas foram apagados.",
    "Delete entries for everybody, by id or by a text, with the commands they ran.": "Exclui "
    "entradas para todos, por id ou por um texto, com os comandos que executaram.",
    "Delete everything from before a date, for everybody.": "Exclui tudo de antes de uma data, "
    "para todos.",
    "Delete these {count} entries for everybody?": "Excluir estas {count} entradas para todos?",
    "Delete this entry for everybody?": "Excluir esta entrada para todos?",
    "Deleted one entry.": "Uma entrada foi excluída.",
    "Deleted {count} entries.": "{count} entradas foram excluídas.",
    "Do not ask.": "Não pergunta.",
    "Entries from before this date or time go.": "As entradas de antes desta data ou hora saem.",
    "Entries that say this, instead of ids.": "Entradas que dizem isto, em vez de ids.",
    "Find secrets that were stored before today's rules of redaction knew them.": "Encontra "
    "segredos gravados antes que as regras de hoje os conhecessem.",
    "Mask them, for everybody.": "Mascara-os, para todos.",
    "Masked secrets in one entry.": "Segredos mascarados em uma entrada.",
    "Masked secrets in {count} entries.": "Segredos mascarados em {count} entradas.",
    "Name an id, or a text with --query.": "Informe um id, ou um texto com --query.",
    "Name ids or a text with --query, not both.": "Informe ids ou um texto com --query, não ambos.",
    "No entry has the id {text!r}, and none says that; 'ipcom-chat history list' shows the ids.": (
        "Nenhuma entrada tem o id {text!r}, e nenhuma diz isso; 'ipcom-chat history list' mostra "
        "os ids."
    ),
    "No secret was found that is not masked already.": "Não foi encontrado segredo que já não "
    "esteja mascarado.",
    "Not reached: exports, backups, and what was copied elsewhere.": "Não alcançados: exportações, "
    "cópias de segurança e o que foi copiado para outros lugares.",
    "One entry holds secrets; --fix masks them.": "Uma entrada contém segredos; --fix os mascara.",
    "One entry; nothing was changed.": "Uma entrada; nada foi alterado.",
    "Only say what would be done.": "Só diz o que seria feito.",
    "Only the answer, and what its commands printed.": "Só a resposta, e o que seus comandos "
    "imprimiram.",
    "Only the question, or the command line.": "Só a pergunta, ou a linha de comando.",
    "Other machines follow with their next exchange with the primary.": "As outras máquinas "
    "acompanham em sua próxima troca com o primário.",
    "Print the text and the kinds of what was masked as one object.": "Imprime o texto e os tipos "
    "do que foi mascarado como um objeto.",
    "Private: this question stays on this machine.": "Privada: esta pergunta fica nesta máquina.",
    "TEXT": "TEXTO",
    "Take secrets out of what comes in on stdin, line by line.": "Tira segredos do que chega pela "
    "entrada padrão, linha por linha.",
    "Take secrets out of what comes in on stdin.": "Tira segredos do que chega pela entrada "
    "padrão.",
    "This reaches several entries: say --yes, or look first with --dry-run.": "Isto alcança várias "
    "entradas: use --yes, ou veja antes com --dry-run.",
    "[y/N]": "[s/N]",
    "{count} entries hold secrets; --fix masks them.": "{count} entradas contêm segredos; --fix os "
    "mascara.",
    "{count} entries; nothing was changed.": "{count} entradas; nada foi alterado.",
    "{id} is still being answered and stays; 'ipcom-chat cancel {id}' stops it.": "{id} ainda está "
    "sendo respondida e fica; 'ipcom-chat cancel {id}' a interrompe.",
    "… and one more": "… e mais uma",
    "… and {count} more": "… e mais {count}",
}

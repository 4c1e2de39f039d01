"""Brazilian Portuguese: an assistant with tools, on the screen of the chat."""

MESSAGES: dict[str, str] = {
    "${amount}": "US$ {amount}",
    "/plan takes on, off, or nothing to switch over.": (
        "/plan aceita on, off, ou nada para alternar."
    ),
    "A command follows the !, as in !df -h": "Depois do ! vem um comando, como em !df -h",
    "A command waits for your answer in the chat": "Um comando espera a sua resposta no chat",
    "Go on from a summary of what was said": "Continuar a partir de um resumo da conversa",
    "It holds control characters that are not shown here.": (
        "Contém caracteres de controle que não aparecem aqui."
    ),
    "Last answer": "Última resposta",
    "Models": "Modelos",
    "No model was asked in this session yet.": "Nenhum modelo foi consultado nesta sessão ainda.",
    "No plan any more: the assistant may run what is allowed.": (
        "Sem plano: o assistente pode executar o que é permitido."
    ),
    "Nothing was shortened.": "Nada foi resumido.",
    "Only plan, run nothing": "Só planejar, não executar nada",
    "Plan: the assistant says what it would do, and runs nothing.": (
        "Plano: o assistente diz o que faria, e não executa nada."
    ),
    "Run this command?": "Executar este comando?",
    "Source": "Fonte",
    "The assistant goes on from this summary; the history keeps everything.": (
        "O assistente continua a partir deste resumo; o histórico guarda tudo."
    ),
    "No AI is configured: 'ipcom-chat config set ai.model …'": (
        "Nenhuma IA está configurada: 'ipcom-chat config set ai.model …'"
    ),
    "There is nothing to shorten.": "Não há nada para resumir.",
    "This can destroy data. Really run it?": "Isto pode destruir dados. Executar mesmo?",
    "This is dangerous. Run it?": "Isto é perigoso. Executar?",
    "Together": "Ao todo",
    "Type yes to run it, or no and why not": "Digite sim para executar, ou não e o motivo",
    "Use this tool?": "Usar esta ferramenta?",
    "What the assistant may run": "O que o assistente pode executar",
    "What this session has used": "O que esta sessão consumiu",
    "Which model answers": "Qual modelo responde",
    "Why not? Enter alone gives no reason": "Por que não? Só Enter não diz o motivo",
    "[NAME]": "[NOME]",
    "add a file to the question": "anexar um arquivo à pergunta",
    "always in this session": "sempre nesta sessão",
    "answer what the assistant wants to run": "responder o que o assistente quer executar",
    "answers now": "responde agora",
    "cancel": "cancelar",
    "do not run it": "não executar",
    "edit": "editar",
    "not run:": "não executado:",
    "plan": "plano",
    "run a command; the next question sees its output": (
        "executar um comando; a próxima pergunta vê a saída"
    ),
    "run it so": "executar assim",
    "waits for your answer": "espera a sua resposta",
    "y": "s",
    "y, n, a, e": "s, n, a, e",
    "yes or no, please": "sim ou não, por favor",
    "{count} answer": "{count} resposta",
    "{count} answers": "{count} respostas",
    "{count} more line": "mais {count} linha",
    "{count} more lines": "mais {count} linhas",
    "{name} answers from now on.": "A partir de agora responde {name}.",
    "{name} answers the next question.": "A próxima pergunta fica com {name}.",
    "… {count} line above": "… {count} linha acima",
    "… {count} lines above": "… {count} linhas acima",
}

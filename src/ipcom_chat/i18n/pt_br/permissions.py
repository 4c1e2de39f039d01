"""Portuguese: what commands may do, and why some are dangerous."""

MESSAGES = {
    "It cannot be read with certainty.": "Não dá para ler com certeza.",
    "Which program it runs is known only while it runs.":
        "Só durante a execução se sabe qual programa ele roda.",
    "It deletes or moves folders of the system, or home folders.":
        "Apaga ou move pastas do sistema ou pastas pessoais.",
    "It deletes folders whose names are known only while it runs.":
        "Apaga pastas cujos nomes só se conhecem durante a execução.",
    "It overwrites files so that nothing can restore them.":
        "Sobrescreve arquivos de modo que nada os recupera.",
    "It writes to a disk or to memory directly.": "Escreve direto em um disco ou na memória.",
    "It formats, partitions or erases a disk or a volume.":
        "Formata, particiona ou apaga um disco ou volume.",
    "It changes files on which logins, privileges or start-up depend.":
        "Altera arquivos dos quais dependem logins, privilégios ou a inicialização.",
    "It changes owners or permissions of the system, or opens them to all.":
        "Altera donos ou permissões do sistema, ou as abre para todos.",
    "It lets a program run with the privileges of another user.":
        "Deixa um programa rodar com os privilégios de outro usuário.",
    "It starts processes without end.": "Inicia processos sem fim.",
    "It runs what is downloaded.": "Executa o que é baixado.",
    "It runs what another command prints.": "Executa o que outro comando imprime.",
    "It runs code that may do anything, or hides what it does.":
        "Executa código que pode fazer qualquer coisa ou esconde o que faz.",
    "It shuts down, restarts or suspends the machine.": "Desliga, reinicia ou suspende a máquina.",
    "It ends all processes, or some that the system needs.":
        "Encerra todos os processos, ou alguns de que o sistema precisa.",
    "It weakens a protection: firewall, SELinux, audit, certificates.":
        "Enfraquece uma proteção: firewall, SELinux, auditoria, certificados.",
    "It may cut this machine off the network.": "Pode tirar esta máquina da rede.",
    "It stops a service that the machine or its access depends on.":
        "Para um serviço do qual a máquina ou o acesso a ela depende.",
    "It changes accounts, passwords or who may do everything.":
        "Altera contas, senhas ou quem pode fazer tudo.",
    "It removes or replaces scheduled jobs.": "Remove ou substitui tarefas agendadas.",
    "It removes traces: logs or histories.": "Remove rastros: logs ou históricos.",
    "It sends secrets or histories to another machine.":
        "Envia segredos ou históricos para outra máquina.",
    "It reads or copies secrets; what it prints may reach the AI.":
        "Lê ou copia segredos; o que imprime pode chegar à IA.",
    "It opens a shell or a channel to another machine.":
        "Abre um shell ou um canal para outra máquina.",
    "It gives a container power over the whole machine.":
        "Dá a um contêiner poder sobre a máquina inteira.",
    "It removes containers, volumes, clusters or cloud resources.":
        "Remove contêineres, volumes, clusters ou recursos de nuvem.",
    "It throws away work in Git, or rewrites it for others.":
        "Joga fora trabalho no Git, ou o reescreve para os outros.",
    "It deletes data of a database.": "Apaga dados de um banco de dados.",
    "It removes packages the system depends on, or overrides checks.":
        "Remove pacotes dos quais o sistema depende, ou ignora verificações.",
    "It changes which code or files other programs use.":
        "Altera o código ou os arquivos que outros programas usam.",
    "It gives the name of a known command to something else.":
        "Dá o nome de um comando conhecido a outra coisa.",
    "It changes the running kernel.": "Altera o kernel em execução.",
    "rules for commands that may run unasked; in a variable ';' stands between them":
        "regras de comandos que rodam sem perguntar; em uma variável, separadas por ';'",
    "rules for commands that are asked about, even if another rule allows them":
        "regras de comandos sobre os quais se pergunta, mesmo que outra regra os permita",
    "rules for commands that never run": "regras de comandos que nunca rodam",
    "{path}, a policy: {source} has no effect": "{path}, uma política: {source} não tem efeito",
    "AI is switched off by policy in {path}; {source} has no effect: {without}":
        "A IA está desligada por política em {path}; {source} não tem efeito: {without}",
}  # fmt: skip

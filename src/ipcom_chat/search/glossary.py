"""Portuguese words of system administration and the English words that say the same.

With it a Portuguese question finds English entries, and the other way round, without any model. A
word stands in one of its forms; the stemmers find the others (`listar`, `lista`, `listando`). Words
that both languages write alike are left out.
"""

from typing import Final

PAIRS: Final = """
abortar abort
abrir open
acessar access
acesso access
achar find
acrescentar append add
adicionar add
administrador administrator admin
agendar schedule
agente agent
agora now
aguardar wait
ajuda help
ajustar adjust set
alterar change modify
alteracoes changes
alternar switch toggle
ambiente environment
analisar analyze parse
andamento progress
anexar attach append
antes before
antigo old
anterior previous
apagar delete remove
apelido alias
apenas only
aplicar apply
aplicativo application app
apos after
apontar point
armazenamento storage store
armazenar store
arquivar archive
arquivo file
arvore tree
assinar sign
assinatura signature
ativar enable activate
ativo active enabled
atraso delay
atributo attribute
atual current
atualizar update upgrade refresh
aumentar increase
autenticacao authentication
autenticar authenticate login
automaticamente automatically
aviso warning
baixar download
banco database bank
barra bar slash
base database base
biblioteca library
bloco block
bloquear block lock
branco white blank
buscar search find fetch
cabecalho header
cada each every
cadeia string chain
calcular calculate compute
caminho path
campo field
canal channel
cancelar cancel
caractere character
carga load
carregar load
cartao card
certificado certificate
chamar call
chave key
classificar sort
clonar clone
codigo code
codificar encode
colar paste
coletar collect
colocar put
coluna column
comando command
combinar combine match
comecar start begin
comentario comment
comparar compare
compartilhar share
compactar compress zip
compilar compile build
completo complete full
comprimento length
comprimir compress
computador computer
conectar connect
conexao connection
configuracao configuration config
configurar configure setup
confirmar confirm
consertar fix repair
construir build
consultar query
conta account
contar count
conteiner container
conter contain
conteudo content
controlador controller
converter convert
copia copy backup
copiar copy
cor color
corrigir fix
cortar cut
criar create make
criptografar encrypt
criptografia encryption
dados data
data date
declarar declare
decodificar decode
definir set define
depois after
depuracao debug
depurar debug
desabilitar disable
desativar disable deactivate
descartar discard drop
descobrir discover find
desconectar disconnect
descrever describe
descompactar decompress extract unzip unpack
descriptografar decrypt
desempenho performance
desinstalar uninstall remove
desfazer undo revert
desligar shutdown off
desmontar unmount
destino destination target
detalhado detailed verbose
detalhes details
determinado given specific
devolver return
dia day
diferenca difference
diferente different
diretorio directory
disco disk
disponivel available
dispositivo device
dividir split
duplicado duplicate
edicao edition edit
editar edit
ejetar eject
eliminar eliminate delete remove
encerrar terminate kill close
encontrar find
endereco address
entrada input
entrar enter login
enviar send upload push
erro error
escala scale
escolher choose select
escrever write
espaco space
especificado specified specific
especifico specific
espelho mirror
esperar wait
estado state status
estatisticas statistics stats
etapa step
etiqueta tag label
evento event
excluir delete remove exclude
executar run execute
executavel executable
exemplo example
exibir display show print
existente existing
existir exist
expandir expand
exportar export
expressao expression
extensao extension
externo external
extrair extract
falha failure fail
falhar fail
fazer make do
fechar close
ferramenta tool
fila queue
filtrar filter
filtro filter
finalizar finish end terminate
fluxo stream flow
fonte source font
forcar force
formato format
fornecer provide
fornecido provided given
funcao function
funcionar work
gerar generate
gerenciador manager
gerenciar manage
gravar record write burn
grupo group
guardar keep store save
habilitar enable
historico history
hora time hour
humanos human
idioma language
ignorar ignore skip
imagem image
impedir prevent
impressora printer
imprimir print
incluir include
incremental incremental
indice index
informacao information info
iniciar start launch initialize
inicializacao boot startup initialization
inicializar initialize start boot
inicio start beginning
inserir insert
instalar install
instancia instance
inteiro whole integer entire
interativo interactive
interface interface
interno internal
interromper interrupt stop
intervalo interval range
inverter reverse invert
janela window
juntar join merge
largura width
leitura read
lento slow
ler read
liberar free release
ligacao link connection
ligar on connect
limitar limit
limite limit
limpar clean clear
lingua language
linguagem language
linha line
lista list
listar list
livre free
lixeira trash
localizar locate find
maiusculas uppercase
maior larger bigger largest
mais more
manter keep
mapear map
maquina machine
marca mark tag
marcar mark
matar kill
maximo maximum max
medir measure
memoria memory
menor smaller smallest
mensagem message
mesclar merge
mes month
minimo minimum min
minusculas lowercase
modelo model template
modificar modify change
modo mode
modulo module
montar mount
monitorar monitor
mostrar show display print
mover move
mudanca change
mudar change
navegador browser
navegar browse navigate
nome name
notificacao notification
novo new
nuvem cloud
numero number
obter get obtain fetch
ocultar hide
oculto hidden
opcao option
operacional operating
ordem order
ordenar sort order
otimizar optimize
outro another other
pacote package
padrao default pattern standard
pagina page
palavra word
parado stopped
parar stop
particao partition
particionar partition
partir from
passo step
pasta folder directory
pausar pause
pedaco piece chunk
pedido request order
perfil profile
perguntar ask prompt
permanente permanent
permissao permission
permitir allow
personalizado custom
pesquisar search
placa card board
plano plan background
porta port
prefixo prefix
preencher fill
primeiro first
principal main
processo process
procurar search look find
profundidade depth
programa program
projeto project
proprietario owner
proteger protect
provedor provider
proximo next
publicar publish
publico public
puxar pull
quadro frame
quantidade amount number
quebrar break
raiz root
rapido fast quick
rastrear trace track
realizar perform
receber receive
recente recent
recuperar recover retrieve
recursivamente recursively
rede network
redefinir reset
redimensionar resize
reduzir reduce
registro log record registry
regra rule
reiniciar restart reboot
relatar report
relatorio report
relogio clock
remoto remote
remover remove delete
renomear rename
reparar repair
repetir repeat
repositorio repository
reproduzir play
requisicao request
resolver resolve solve
responder answer respond
resposta response answer
restaurar restore
restante remaining
resultado result
resumo summary
reverter revert
rodar run
rota route
rotacionar rotate
saida output
sair exit quit logout
salvar save
seguinte following next
seguir follow
segundo second
seguranca security
seguro secure safe
selecionar select
semana week
senha password
separado separated
servico service
servidor server
sessao session
simbolico symbolic
sincronizar synchronize sync
sistema system
sobrescrever overwrite
solicitar request prompt
somente only
subir upload raise
subdiretorio subdirectory
substituir replace substitute
sufixo suffix
tabela table
tamanho size
tarefa task job
teclado keyboard
tela screen
tempo time
temporario temporary
tentar try
terminar end finish terminate
testar test
texto text
tipo type
tirar take remove
tocar play touch
todos all
trabalho job work
traduzir translate
transferir transfer
travar lock hang
trocar switch swap change
ultimo last latest
unico single unique
unidade unit drive
unir join
usar use
uso usage use
usuario user
utilizar use
validar validate
valor value
variavel variable
varios several multiple
vazio empty
velocidade speed
ver view see
verboso verbose
verificar check verify
versao version
vetor vector array
virtual virtual
visualizar view
vizinho neighbor
zerar zero reset
"""
"""A line: one Portuguese word without accents, then the English words."""


def pairs() -> list[tuple[str, list[str]]]:
    """Return each Portuguese word with its English ones."""
    lines = (line.split() for line in PAIRS.split("\n") if line)
    return [(line[0], line[1:]) for line in lines]

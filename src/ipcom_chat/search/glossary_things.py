"""The things of system administration and what is said of them, in Portuguese and in English."""

from typing import Final

PAIRS: Final = """
acesso access
administrador administrator admin
agente agent
agora now
ajuda help
alteracoes changes
ambiente environment
andamento progress
anterior previous
antes before
antigo old
apelido alias
apenas only
aplicativo application app
apos after
armazenamento storage store
arquivo file
arvore tree
assinatura signature
ativo active enabled
atraso delay
atributo attribute
atual current
autenticacao authentication
automaticamente automatically
aviso warning
banco database bank
barra bar slash
base database base
biblioteca library
bloco block
branco white blank
cabecalho header
cada each every
cadeia string chain
caminho path
campo field
canal channel
caractere character
carga load
cartao card
certificado certificate
chave key
codigo code
coluna column
comando command
comentario comment
completo complete full
comprimento length
computador computer
conexao connection
configuracao configuration config
conta account
conteudo content
controlador controller
copia copy backup
cor color
criptografia encryption
dados data
data date
depois after
depuracao debug
desempenho performance
destino destination target
detalhado detailed verbose
detalhes details
determinado given specific
dia day
diferenca difference
diferente different
diretorio directory
disco disk
disponivel available
dispositivo device
duplicado duplicate
edicao edition edit
endereco address
entrada input
erro error
escala scale
espaco space
especificado specified specific
especifico specific
espelho mirror
estado state status
estatisticas statistics stats
etapa step
etiqueta tag label
evento event
executavel executable
exemplo example
existente existing
expressao expression
extensao extension
externo external
falha failure fail
ferramenta tool
fila queue
filtro filter
fluxo stream flow
fonte source font
formato format
fornecido provided given
funcao function
gerenciador manager
grupo group
historico history
hora time hour
humanos human
idioma language
imagem image
impressora printer
indice index
informacao information info
inicializacao boot startup initialization
inicio start beginning
instancia instance
inteiro whole integer entire
interativo interactive
interno internal
intervalo interval range
janela window
largura width
leitura read
lento slow
ligacao link connection
limite limit
lingua language
linguagem language
linha line
lista list
livre free
lixeira trash
maior larger bigger largest
mais more
maiusculas uppercase
maquina machine
marca mark tag
maximo maximum max
memoria memory
menor smaller smallest
mensagem message
mes month
minimo minimum min
minusculas lowercase
modelo model template
modo mode
modulo module
mudanca change
navegador browser
nome name
notificacao notification
novo new
numero number
nuvem cloud
oculto hidden
opcao option
operacional operating
ordem order
outro another other
pacote package
padrao default pattern standard
pagina page
palavra word
parado stopped
particao partition
passo step
pasta folder directory
pedaco piece chunk
pedido request order
perfil profile
permanente permanent
permissao permission
personalizado custom
placa card board
plano plan background
porta port
prefixo prefix
primeiro first
principal main
processo process
profundidade depth
programa program
projeto project
proprietario owner
provedor provider
proximo next
publico public
quadro frame
quantidade amount number
raiz root
rapido fast quick
recente recent
recursivamente recursively
rede network
registro log record registry
regra rule
relatorio report
relogio clock
remoto remote
repositorio repository
requisicao request
resposta response answer
restante remaining
resultado result
resumo summary
rota route
saida output
seguinte following next
segundo second
seguranca security
seguro secure safe
semana week
senha password
separado separated
servico service
servidor server
sessao session
simbolico symbolic
sistema system
somente only
subdiretorio subdirectory
sufixo suffix
tabela table
tamanho size
tarefa task job
teclado keyboard
tela screen
tempo time
temporario temporary
texto text
tipo type
todos all
trabalho job work
ultimo last latest
unico single unique
unidade unit drive
uso usage use
usuario user
valor value
variavel variable
varios several multiple
vazio empty
velocidade speed
verboso verbose
versao version
vetor vector array
vizinho neighbor
"""
"""A line: one Portuguese word without accents, then the English words."""

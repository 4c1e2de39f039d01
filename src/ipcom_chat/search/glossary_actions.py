"""The actions of system administration: Portuguese verbs and the English ones that say the same."""

from typing import Final

PAIRS: Final = """
abortar abort
abrir open
acessar access
achar find
acrescentar append add
adicionar add
agendar schedule
aguardar wait
ajustar adjust set
alterar change modify
alternar switch toggle
analisar analyze parse
anexar attach append
apagar delete remove
aplicar apply
apontar point
armazenar store
arquivar archive
assinar sign
ativar enable activate
atualizar update upgrade refresh
aumentar increase
autenticar authenticate login
baixar download
bloquear block lock
buscar search find fetch
calcular calculate compute
cancelar cancel
carregar load
chamar call
classificar sort
clonar clone
codificar encode
colar paste
coletar collect
colocar put
combinar combine match
comecar start begin
compactar compress zip
comparar compare
compartilhar share
compilar compile build
comprimir compress
conectar connect
configurar configure setup
confirmar confirm
consertar fix repair
construir build
consultar query
contar count
conteiner container
conter contain
converter convert
copiar copy
corrigir fix
cortar cut
criar create make
criptografar encrypt
declarar declare
decodificar decode
definir set define
depurar debug
desabilitar disable
desativar disable deactivate
descartar discard drop
descobrir discover find
descompactar decompress extract unzip unpack
desconectar disconnect
descrever describe
descriptografar decrypt
desfazer undo revert
desinstalar uninstall remove
desligar shutdown off
desmontar unmount
devolver return
dividir split
editar edit
ejetar eject
eliminar eliminate delete remove
encerrar terminate kill close
encontrar find
entrar enter login
enviar send upload push
escolher choose select
escrever write
esperar wait
excluir delete remove exclude
executar run execute
exibir display show print
existir exist
expandir expand
exportar export
extrair extract
falhar fail
fazer make do
fechar close
filtrar filter
finalizar finish end terminate
forcar force
fornecer provide
funcionar work
gerar generate
gerenciar manage
gravar record write burn
guardar keep store save
habilitar enable
ignorar ignore skip
impedir prevent
imprimir print
incluir include
inicializar initialize start boot
iniciar start launch initialize
inserir insert
instalar install
interromper interrupt stop
inverter reverse invert
juntar join merge
ler read
liberar free release
ligar on connect
limitar limit
limpar clean clear
listar list
localizar locate find
manter keep
mapear map
marcar mark
matar kill
medir measure
mesclar merge
modificar modify change
monitorar monitor
montar mount
mostrar show display print
mover move
mudar change
navegar browse navigate
obter get obtain fetch
ocultar hide
ordenar sort order
otimizar optimize
parar stop
particionar partition
partir from
pausar pause
perguntar ask prompt
permitir allow
pesquisar search
preencher fill
procurar search look find
proteger protect
publicar publish
puxar pull
quebrar break
rastrear trace track
realizar perform
receber receive
recuperar recover retrieve
redefinir reset
redimensionar resize
reduzir reduce
reiniciar restart reboot
relatar report
remover remove delete
renomear rename
reparar repair
repetir repeat
reproduzir play
resolver resolve solve
responder answer respond
restaurar restore
reverter revert
rodar run
rotacionar rotate
sair exit quit logout
salvar save
seguir follow
selecionar select
sincronizar synchronize sync
sobrescrever overwrite
solicitar request prompt
subir upload raise
substituir replace substitute
tentar try
terminar end finish terminate
testar test
tirar take remove
tocar play touch
traduzir translate
transferir transfer
travar lock hang
trocar switch swap change
unir join
usar use
utilizar use
validar validate
ver view see
verificar check verify
visualizar view
zerar zero reset
"""
"""A line: one Portuguese word without accents, then the English words."""

"""Brazilian Portuguese: the primary and the way to it."""

MESSAGES: dict[str, str] = {
    "The primary refused a statement: {reason} ({code}). The history on this machine is"
    " safe; please report this.": (
        "O banco primário recusou um comando: {reason} ({code}). O histórico desta máquina está"
        " seguro; por favor, relate isto."
    ),
    "The token would go to {host} unencrypted, so nothing was sent: give the"
    " primary's address as https:// or libsql://.": (
        "O token iria para {host} sem criptografia; nada foi enviado: informe o endereço do banco"
        " primário como https:// ou libsql://."
    ),
    "The history would go to {host} unencrypted, so nothing was sent: give the"
    " primary's address as https:// or libsql://.": (
        "O histórico iria para {host} sem criptografia; nada foi enviado: informe o endereço do"
        " banco primário como https:// ou libsql://."
    ),
    "The primary's address cannot be used: write it like libsql://history.example.com or"
    " https://history.example.com, without a name, password or token in it.": (
        "O endereço do banco primário não serve: escreva-o como libsql://history.example.com ou"
        " https://history.example.com, sem nome, senha ou token nele."
    ),
    "The primary at {host} did not answer as it should: {reason}. The history on this"
    " machine is safe and is sent later; if this lasts, look whether it runs and whether its"
    " address is right.": (
        "O banco primário em {host} não respondeu como devia: {reason}. O histórico desta máquina"
        " está seguro e será enviado depois; se continuar assim, veja se ele está no ar e se o"
        " endereço está certo."
    ),
    "The primary at {host} does not accept the token; the history on this machine is safe."
    " Set TURSO_AUTH_TOKEN, or the file of TURSO_AUTH_TOKEN_FILE, to a valid one.": (
        "O banco primário em {host} não aceita o token; o histórico desta máquina está seguro."
        " Defina TURSO_AUTH_TOKEN, ou o arquivo de TURSO_AUTH_TOKEN_FILE, com um token válido."
    ),
    "The primary at {host} does not allow writing: {reason}. The history on this machine"
    " is safe; set TURSO_AUTH_TOKEN to a token that may write.": (
        "O banco primário em {host} não permite gravar: {reason}. O histórico desta máquina está"
        " seguro; defina TURSO_AUTH_TOKEN com um token que possa gravar."
    ),
    "The primary at {host} does not handle so much at once; nothing is lost, ask for less.": (
        "O banco primário em {host} não comporta tanto de uma vez; nada se perdeu, peça menos."
    ),
    "What answers at {host} is not a libSQL server: {reason}. The history on this machine"
    " is safe; check the primary's address and the proxy.": (
        "O que responde em {host} não é um servidor libSQL: {reason}. O histórico desta máquina"
        " está seguro; verifique o endereço do banco primário e o proxy."
    ),
    "What answers at {host} does not speak TLS. Nothing was sent; check the port, or write http://"
    " if the primary runs on this machine.": (
        "O que responde em {host} não fala TLS. Nada foi enviado; verifique a porta, ou escreva"
        " http:// se o banco primário roda nesta máquina."
    ),
    "There is no safe connection to {host}: {reason}. Nothing was sent; check the address,"
    " this machine's clock and its certificates (SSL_CERT_FILE).": (
        "Não há conexão segura com {host}: {reason}. Nada foi enviado; verifique o endereço, o"
        " relógio desta máquina e os certificados (SSL_CERT_FILE)."
    ),
    "The network cannot be used as it is configured; nothing was sent. Check the"
    " variables HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and SSL_CERT_FILE.": (
        "A rede não pode ser usada como está configurada; nada foi enviado. Verifique as variáveis"
        " HTTPS_PROXY, HTTP_PROXY, ALL_PROXY e SSL_CERT_FILE."
    ),
    "TURSO_AUTH_TOKEN holds characters that no token has; nothing was sent.": (
        "TURSO_AUTH_TOKEN contém caracteres que nenhum token tem; nada foi enviado."
    ),
    "the transaction was given up": "a transação foi abandonada",
    "the address is not valid": "o endereço não é válido",
    "its answer arrived damaged": "a resposta chegou danificada",
    "it took too long": "demorou demais",
    "it sent a page, not data": "enviou uma página, não dados",
}

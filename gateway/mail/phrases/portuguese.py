from gateway.mail.phrases.language import Phrases

PORTUGUESE = Phrases(
    "pt",
    openers="em|no dia|a|data|no|às",
    wrote="escreveu|escreve|escreveram",
    starts="mensagem de",
    calendar="segunda-feira|terça-feira|quarta-feira|quinta-feira|sexta-feira|segunda|terça|quarta|quinta|sexta|feira|sábado"
    "|domingo|seg|ter|qua|qui|sex|sáb|sab|dom|janeiro|fevereiro|março|abril|maio|junho|julho|agosto|setembro|outubro"
    "|novembro|dezembro|jan|fev|mar|abr|mai|jun|jul|ago|set|out|nov|dez",
    author="de|remetente",
    recipient="para|a|destinatário",
    copy="cc|cco|bcc|cópia",
    date="data|enviado|enviada|enviada em|enviado em|enviada a",
    subject="assunto",
    reply_to="responder a|responder para|importância|prioridade|anexos",
    original="mensagem original|mensagem de resposta|e-mail original",
    forward_stem="encaminh|reencaminh|reenviad",
    forwarded="mensagem encaminhada|mensagem reencaminhada|início da mensagem encaminhada|início da mensagem reencaminhada"
    "|encaminhado por|mensagem enviada|início de mensagem reenviada|mensagem reenviada",
    forward_prefix="enc|res enc|fwd|reenv",
    sent_from="enviado do meu|enviado de|enviado do|enviado a partir|enviado por|enviado via|enviado pelo|enviado com"
    "|obter o outlook para|obtenha o outlook para|baixe o outlook para|livre de vírus|enviada do|obter outlook para"
    "|baixar outlook para|transferir o outlook para|enviado usando|enviado através",
    undelivered="não é possível entregar|falha na entrega|não entregue|não foi entregue|não foi possível entregar"
    "|impossível entregar|não pôde ser entregue",
    vacation="resposta automática|resposta automatica|fora do escritório|ausência|ausente|férias|ausência temporária"
    "|mensagem automática|estou de férias|estou ausente|resposta de ausência",
    words="o a os as que não de para com uma um é em meu por mais mas como olá obrigado se do da no na você está bom dia eu",
)

from gateway.mail.phrases.language import Phrases

SPANISH = Phrases(
    "es",
    openers="el|en|con fecha|fecha|a la|a las",
    wrote="escribió|escribio|escribe|ha escrito|escribieron",
    starts="mensaje de",
    calendar="lunes|martes|miércoles|jueves|viernes|sábado|domingo|lun|mar|mié|mie|jue|vie|sáb|sab|dom|enero|febrero|marzo"
    "|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|ene|feb|abr|may|jun|jul|ago|sept|sep|oct"
    "|nov|dic",
    author="de|remitente",
    recipient="para|a|destinatario",
    copy="cc|cco|copia",
    date="fecha|enviado|enviado el|enviados",
    subject="asunto",
    reply_to="responder a|respuesta a|importancia|datos adjuntos",
    original="mensaje original|correo original|mensaje de origen|mensaje de respuesta",
    forward_stem="reenvi|reenví",
    forwarded="mensaje reenviado|inicio del mensaje reenviado|mensaje enviado|correo reenviado|reenviado por"
    "|comienzo del mensaje reenviado",
    forward_prefix="rv|reenv|fwd|rm",
    sent_from="enviado desde|enviado de|enviado con|enviado por|enviado via|enviado a través|obtener outlook|descargar outlook"
    "|libre de virus|obtén outlook|obtenga outlook|descargue outlook|consigue outlook|enviado mediante|enviado usando",
    undelivered="no se puede entregar|error de entrega|no se ha podido entregar|no se pudo entregar|no se pudo enviar"
    "|imposible de entregar|no entregado|mensaje devuelto",
    vacation="respuesta automática|fuera de la oficina|fuera de oficina|ausencia|respuesta automatica|autorespuesta"
    "|de vacaciones|contestación automática|ausente|estoy de vacaciones|estoy fuera|mensaje automático|respuesta de ausencia",
    words="el la los las que no de por para con una un es en mi su hola gracias pero como está más se lo me al del buenos",
)

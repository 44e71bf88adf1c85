"""Files that come in older wrappings than MIME's, made parts like any other: winmail.dat, uuencode, yEnc."""

from urllib.parse import quote

from gateway.mail.enclosed import take_enclosed
from gateway.mail.filenames import type_of
from gateway.mail.headers import Block, Field
from gateway.mail.mime import Entity
from gateway.mail.tnef import TnefFile, read_tnef

_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_TNEF_NAMES = {"winmail.dat", "win.dat"}


def unwrap_tnef(entity: Entity, name: str) -> list[Entity]:
    """The files in a winmail.dat; where it has none, the item that it is. Empty for what is none, or cannot be read."""
    if entity.content_type not in _TNEF_TYPES and name.lower() not in _TNEF_NAMES:
        return []
    tnef = read_tnef(entity.content)
    if tnef is None:
        return []
    files = tnef.files or ([tnef.as_file()] if tnef.item or tnef.text or tnef.html or tnef.rtf else [])
    return [_part(file) for file in files]


def unwrap_text(entity: Entity) -> tuple[bytes, list[Entity]]:
    """The bytes of a text without the files that stand within it, and these."""
    raw, files = take_enclosed(entity.content)
    return raw, [_part(TnefFile(file.name, file.content)) for file in files]


def _part(file: TnefFile) -> Entity:
    content_type = file.content_type if "/" in file.content_type else type_of(file.name)
    fields = [
        Field("content-type", content_type.encode("ascii", "ignore")),
        Field("content-disposition", f"attachment; filename*=utf-8''{quote(file.name[:1000], safe='')}".encode()),
    ]
    if file.content_id:
        fields.append(Field("content-id", f"<{file.content_id}>".encode()))
    return Entity(Block(tuple(fields), 0), body=file.content)

"""The HTML twin of a letter's text: paragraphs, links and a quiet reply-above line, with inline style alone, for every mail program."""

import html
import re

LINK = re.compile(r"https?://[^\s<>\"']{1,500}[^\s<>\"'.,;:!?)\]]")

PAGE = (
    '<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title></head>\n'
    '<body style="margin:0;padding:16px;font:15px/1.5 sans-serif;color:#1d1d1f;background:#fff">\n'
    '<p style="margin:0 0 16px;color:#6b6b70;font-size:12px">{line}</p>\n{body}\n</body></html>\n'
)
PARAGRAPH = '<p style="margin:0 0 12px">{}</p>'
RULE = '<hr style="border:0;border-top:1px solid #d2d2d7;margin:16px 0">'


def as_html(text: str, title: str, line: str, language: str, scale: str = "", buttons: str = "", *, links: bool = True) -> str:
    """`text` is the letter without its reply-above line `line`. Where it has the satisfaction scale, that becomes its `buttons`: nobody can
    have written the same, for its addresses are signed."""
    blocks = (block.strip("\n") for block in re.split(r"\n[ \t]*\n", text))
    body = "\n".join(buttons if scale and block == scale else paragraph(block, links=links) for block in blocks if block.strip())
    return PAGE.format(language=language, title=html.escape(title), line=html.escape(line), body=body)


def paragraph(block: str, *, links: bool = True) -> str:
    """A line `---` at its beginning is a rule."""
    ruled = block.startswith("---\n")
    lines = PARAGRAPH.format("<br>\n".join(linked(each, links=links) for each in block.removeprefix("---\n").split("\n")))
    return f"{RULE}\n{lines}" if ruled else lines


def linked(line: str, *, links: bool = True) -> str:
    """The line escaped, its web addresses as links, its indentation kept."""
    out, end = [], 0
    for found in LINK.finditer(line) if links else ():
        address = html.escape(found[0])
        out += [html.escape(line[end : found.start()]), f'<a href="{address}">{address}</a>']
        end = found.end()
    return "".join([*out, html.escape(line[end:])]).replace("  ", "&nbsp; ")

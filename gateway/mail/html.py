"""HTML made safe to show. What a mail fetches from elsewhere when it is opened is taken out; images wait to be clicked."""

import re
from collections.abc import Mapping
from html import escape, unescape

import nh3

from gateway.mail.charsets import clean

REMOTE_IMAGE = "remote-image"
"""Class of an image that is not loaded before somebody clicks it; its address stands in `data-src`."""

_MAX_DATA_URL = 64 * 1024

_TAGS = {
    "a", "abbr", "acronym", "address", "article", "aside", "b", "bdi", "big", "blockquote", "br", "caption", "center", "cite", "code",
    "col",
    "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3",
    "h4", "h5",
    "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre", "q", "rp", "rt", "ruby", "s", "samp",
    "section", "small", "span", "strike", "strong", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time",
    "tr", "tt",
    "u", "ul", "var", "wbr",
}  # fmt: skip
WITHOUT_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "object",
    "applet",
    "iframe",
    "svg",
    "math",
    "textarea",
    "select",
    "xml",
}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title", "align", "valign"},
    "a": {"href", "name"},
    "img": {"src", "alt", "width", "height"},
    "blockquote": {"type", "cite"},
    "font": {"color", "face", "size"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "li": {"value"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "tr": {"bgcolor"},
    "td": {"colspan", "rowspan", "width", "height", "bgcolor", "nowrap"},
    "th": {"colspan", "rowspan", "width", "height", "bgcolor", "nowrap", "scope"},
    "col": {"span", "width"},
    "colgroup": {"span", "width"},
    "time": {"datetime"},
}
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left", "border-right", "border-spacing",
    "border-style", "border-top", "border-width", "color", "direction", "font-family", "font-size", "font-style",
    "font-variant", "font-weight",
    "height", "letter-spacing", "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align", "text-decoration",
    "text-indent",
    "vertical-align", "white-space", "width", "word-break", "word-wrap",
}  # fmt: skip

_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags=WITHOUT_CONTENT,
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    filter_style_properties=_STYLES,
    link_rel="noopener noreferrer nofollow",
)

# The cleaner writes every attribute in double quotes and `<` in text as an entity, so this takes exactly its start tags, one by one.
_START_TAG = re.compile(r'<([a-z][a-z0-9]*)((?: [^\s"=<>]+="[^"]*")*)>')
_ATTRIBUTE = re.compile(r' ([^\s"=<>]+)="([^"]*)"')
_DATA_IMAGE = re.compile(r"data:image/(?:png|jpeg|jpg|gif|webp|bmp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_PIXEL_STYLE = re.compile(r"(?:^|;)\s*(?:width|height|max-width)\s*:\s*[012](?:px)?\s*(?:;|$)")
_FETCHING_STYLE = re.compile(r"url\s*\(|expression\s*\(|image-set|\\", re.IGNORECASE)


def sanitise(html: str, parts_by_location: Mapping[str, str] | None = None) -> str:
    """The fragment without scripts, forms and anything fetched. The caller has seen to the bounds (`html_bounds`).

    `parts_by_location` tells the Content-ID of parts named by their Content-Location.
    """
    locations = parts_by_location or {}
    cleaned = _cleaner.clean(clean(html))
    return _START_TAG.sub(lambda tag: _rewritten(tag, locations), cleaned)


def _rewritten(tag: re.Match[str], locations: Mapping[str, str]) -> str:
    name, attributes = tag[1], tag[2]
    if not attributes or (name not in ("img", "a") and "style=" not in attributes and "cite=" not in attributes):
        return tag[0]
    values = {key: unescape(value) for key, value in _ATTRIBUTE.findall(attributes)}
    if _FETCHING_STYLE.search(values.get("style", "")):
        del values["style"]
    if name == "img":
        return _image(values, locations)
    for url in ("href", "cite"):
        if values.get(url, "").strip().lower().startswith(("data:", "cid:")):
            del values[url]
    return _tag(name, values)


def _image(values: dict[str, str], locations: Mapping[str, str]) -> str:
    source = values.pop("src", "").strip()
    if content_id := locations.get(source):
        source = f"cid:{content_id}"
    lower = source[:8].lower()
    if lower.startswith("cid:") or (len(source) <= _MAX_DATA_URL and _DATA_IMAGE.fullmatch(source)):
        return _tag("img", {"src": source, **values})
    if not lower.startswith(("http://", "https://", "//")) or _is_pixel(values):
        return escape(values["alt"]) if values.get("alt") and not _is_pixel(values) else ""
    return _tag("img", {"class": REMOTE_IMAGE, "data-src": source, **values})


def _is_pixel(values: Mapping[str, str]) -> bool:
    """An image too small to be seen was put there to tell that the mail was opened."""
    sizes = [values.get(side, "").strip().lower().removesuffix("px") for side in ("width", "height")]
    return any(size in ("0", "1", "2") for size in sizes) or bool(_PIXEL_STYLE.search(values.get("style", "")))


def _tag(name: str, values: Mapping[str, str]) -> str:
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
    return f"<{name}{attributes}>"


def from_text(text: str) -> str:
    """Plain text as HTML, for a message that has both in turns."""
    return "<div>" + escape(text, quote=False).replace("\n", "<br>") + "</div>"

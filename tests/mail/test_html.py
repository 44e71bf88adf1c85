"""HTML: shown safely, read as text, and measured before any of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mail.html import sanitise
from gateway.mail.html_bounds import MAX_DEPTH, exceeded_bound
from gateway.mail.html_text import html_to_text


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
        ("a<script>alert(1)</script>b", "ab"),
        ("<style>p{}</style><title>t</title>a", "a"),
        ('<p onclick="x()">a</p>', "<p>a</p>"),
        ("<form action=/x><input name=q>a</form>", "a"),
        ("<iframe src=https://x.test></iframe>a", "a"),
        ("<svg><script>x</script></svg>a", "a"),
        ("<!-- c -->a", "a"),
        ('<a href="javascript:alert(1)">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href=" JaVaScRiPt:x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href="data:text/html,x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href="https://x.test/?a=1&b=2">a</a>', '<a href="https://x.test/?a=1&amp;b=2" rel="noopener noreferrer nofollow">a</a>'),
        ('<p style="color: red; position: fixed">a</p>', '<p style="color:red">a</p>'),
        ('<p style="background-color: url(https://x.test/p)">a</p>', "<p>a</p>"),
        (
            '<img src="https://x.test/a.png" alt="A" width="90">',
            '<img class="remote-image" data-src="https://x.test/a.png" alt="A" width="90">',
        ),
        ('<img src="//x.test/a.png">', '<img class="remote-image" data-src="//x.test/a.png">'),
        ('<img src="https://x.test/p.gif" width="1" height="1">', ""),
        ('<img src="https://x.test/p.gif" style="width:1px; height: 1px">', ""),
        ('<img src="javascript:x" alt="A">', "A"),
        ('<img src="data:text/html,x">', ""),
        ('<img src="data:image/svg+xml;base64,AAAA">', ""),
        ('<img src="data:image/png;base64,AAAA">', '<img src="data:image/png;base64,AAAA">'),
        ('<img src="cid:logo@x">', '<img src="cid:logo@x">'),
        ('<img src="logo.png">', '<img src="cid:part1">'),
        ('<p title="&lt;img src=&quot;https://x.test&quot;&gt;">a</p>', '<p title="&lt;img src=&quot;https://x.test&quot;&gt;">a</p>'),
    ],
)
def test_nothing_is_fetched_or_run_when_html_is_shown(html: str, safe: str) -> None:
    assert sanitise(html, {"logo.png": "part1"}) == safe


FRAGMENTS = st.lists(
    st.sampled_from(
        [
            "<img src=", "https://x.test/p", "javascript:x", '"', "'", ">", "<a href=", "<p style=", "url(", "<script>", "</script>",
            "<svg>", "<math>", "<!--", "-->", "&lt;", "&quot;", "<b>", "</p>", " onerror=", "alert(1)", "<noscript>", "<textarea>", "x",
            " ", "\x00", "\ud800",
        ]
    ),
    max_size=25,
)  # fmt: skip


@given(FRAGMENTS)
def test_no_markup_gets_a_source_or_a_handler_through(pieces: list[str]) -> None:
    safe = sanitise("".join(pieces))
    assert sanitise(safe).count("<script") == 0
    assert ' src="http' not in safe.replace("data-src", "")
    assert 'href="javascript' not in safe
    for tag in safe.split("<")[1:]:
        assert " onerror=" not in tag.partition(">")[0].replace("&quot;", "").split('"')[0::2][-1]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b", "a\nb"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ('<p class="MsoNormal">a</p><p class="MsoNormal">&nbsp;</p><p class="MsoNormal">b</p>', "a\n\nb"),
        ('<p style="margin:0cm">a</p><p style="margin:0cm">b</p>', "a\nb"),
        ("  a \n\t b&nbsp;c ", "a b c"),
        ("<b>a</b><i>b</i> <u>c</u>", "ab c"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "- a\n- b\n  - c"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('<a href="https://x.test/y">here</a>', "here <https://x.test/y>"),
        ('<a href="https://x.test/">x.test</a>', "x.test"),
        ('<a href="https://x.test/y">https://x.test/y</a>', "https://x.test/y"),
        ('<a href="mailto:ann@client.test">ann@client.test</a>', "ann@client.test"),
        ('<a href="mailto:ann@client.test">Ann</a>', "Ann <ann@client.test>"),
        ('<a href="javascript:x">Ann</a>', "Ann"),
        ("a<blockquote>b<br>c<blockquote>d</blockquote></blockquote>e", "a\n\n> b\n> c\n>\n>> d\n\ne"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<head><title>t</title></head><style>x</style><script>y</script>a", "a"),
        ('<div style="display: none">hidden</div>a', "a"),
        ("a<hr>b", "a\n" + "_" * 32 + "\nb"),
        ("<h1>a</h1>b", "a\n\nb"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ('<img alt="logo"><img alt="😀">', "😀"),
        ("", ""),
    ],
)
def test_html_reads_as_it_looked(html: str, text: str) -> None:
    assert html_to_text(html) == text


@pytest.mark.parametrize(
    ("html", "bound"),
    [
        ("<div>" * (MAX_DEPTH + 1), "deeper"),
        ("<blockquote>x" * 10_000, "deeper"),
        ("<div></b>" * 1_000, "deeper"),
        ('<div title="</div>">' * 1_000, "deeper"),
        ("<div title='</div>'>" * 1_000, "deeper"),
        ("<div><!-- </div> -->" * 1_000, "deeper"),
        ("<div><textarea></div></textarea>" * 1_000, "deeper"),
        ("<div><style></div></style>" * 1_000, "deeper"),
        ("<p>" + "<b>" * 400 + "</p>" + "<p>x</p>" * 10_000, "formatting"),
        ("&" * 200_000, "references"),
        ("x" * 5_000_000, "MiB"),
    ],
)
def test_html_that_would_choke_a_parser_is_measured_first(html: str, bound: str) -> None:
    exceeded = exceeded_bound(html)
    assert exceeded is not None
    assert bound in exceeded


@pytest.mark.parametrize(
    "html",
    [
        "<p>a" * 5_000,
        "<tr><td>a<td>b" * 5_000,
        "<div>a</div>" * 10_000,
        "<br>" * 50_000,
        "<li>a" * 5_000,
        "<" * 100_000,
        "<b>a</b>" * 20_000,
    ],
)
def test_long_html_is_not_deep_html(html: str) -> None:
    assert exceeded_bound(html) is None


@given(FRAGMENTS)
def test_any_html_becomes_text(pieces: list[str]) -> None:
    html_to_text("".join(pieces)).encode()

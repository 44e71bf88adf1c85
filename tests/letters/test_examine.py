"""What is wrong with an operator's templates is named before a letter is written: file, line, macro, and what to do."""

import pytest

from gateway.letters.examine import faults_of, gaps, unused
from gateway.letters.operators import Templates
from gateway.letters.sandbox import LONGEST_SOURCE
from tests.mail.timing import within_seconds


def told(files: dict[str, str]) -> list[str]:
    return [str(each) for each in faults_of(Templates.from_files(files))]


def words(body: str, language: str = "en", name: str = "registered") -> dict[str, str]:
    return {f"{language}/{name}.txt": f"Subject: x\n\n{body}"}


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("{{ ticket.colour }}", "line 3: ticket.colour: there is no such macro; docs/letters.md lists those there are"),
        ("one\ntwo {{ ticket.nubmer }}", "line 4: ticket.nubmer: there is no such macro; did you mean ticket.number?"),
        # In a branch that no sample takes.
        ('{% if client.name == "nobody at all" %}{{ client.phone }}{% endif %}', "line 3: client.phone: there is no such macro"),
        ("{{ number }}", "line 3: number: there is no such macro"),
        ("[#Colour#]", "line 3: [#Colour#]: there is no such macro; docs/letters.md lists those there are"),
        ("a\n\nb [#Nmber#]", "line 5: [#Nmber#]: there is no such macro; did you mean [#number#]?"),
        ("[#Files#]", "line 3: [#Files#]: there is no such macro"),
        ("{{ client }}", "line 3: client: has several fields: client.name, client.address, client.named"),
        ("{{ article.files }}", 'line 3: article.files: is a list: go through it by {% for %}, or write article.files | join(", ")'),
        ("{{ article.verified }}", "line 3: article.verified: is a yes or no: ask for it by {% if %}"),
        ("{% for each in ticket %}{% endfor %}", "line 3: ticket: is not a list; these are: ticket.tags, article.files"),
        ("{% for each in rating.levels %}{{ each.colour }}{% endfor %}", "line 3: each.colour: there is no such macro"),
        ("{% for each in rating.levels %}{% endfor %}{{ each.name }}", "line 3: each.name: there is no such macro"),
        ("{% for a, b in receipt.refused %}{% endfor %}", "line 3: write {% for each in LIST %}, with one name"),
        ("{{ loop.index }}", "line 3: loop.index: there is no such macro"),
        ("{{ ticket.subject | reverse }}", "line 3: reverse: there is no such filter; these are: capitalize, date"),
        ("{{ ticket.subject | safe }}", "line 3: safe: there is no such filter"),
        ("{{ client.name if client.name }}", "line 3: an if within {{ }} needs its else"),
        ("{% if client.name is string %}x{% endif %}", "line 3: string: there is no such test; write {% if MACRO %}"),
        ('{{ 3 | plural("ticket") }}', "line 3: plural: 2 forms are needed in this language: one, other"),
        ("{{ 3 | plural(client.name, client.name) }}", "line 3: plural: give the filter fixed values"),
        ("{% if %}", "line 3: Expected an expression, got 'end of statement block'"),
        ("x\n{% endif %}", "line 4: Encountered unknown tag 'endif'."),
        ("{{ ticket.number - client.name }}", "line 3: unsupported operand type(s) for -: 'int' and 'str'"),
        ('{{ ticket.created | date("huge") }}', "line 3: date takes one of short, medium, long, full"),
    ],
)
def test_a_fault_has_its_file_line_macro_and_remedy(body: str, fault: str) -> None:
    [found] = told(words(body))
    assert found.startswith(f"en/registered.txt, {fault}")


@pytest.mark.parametrize(
    "body",
    [
        "{% set x = 1 %}",
        "{% include 'en/closed.txt' %}",
        "{% import 'a' as b %}",
        "{% extends 'a' %}",
        "{% macro a() %}{% endmacro %}",
        "{% block a %}{% endblock %}",
        "{% filter upper %}{% endfilter %}",
        "{% with a = 1 %}{% endwith %}",
        "{{ range(9) }}",
        "{{ lipsum() }}",
        "{{ ticket.subject.upper() }}",
        "{{ ticket['subject'] }}",
        "{{ ticket.subject[0] }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ ticket.__class__ }}",
        "{{ ticket.items }}",
        "{{ self._TemplateReference__context }}",
        "{{ 9 ** 9 }}",
        "{{ 'x' * 9 }}",
        "{{ '%9d' % 1 }}",
        "{{ [client.name] }}",
        "{% for each in range(9) %}{% endfor %}",
        "{% for each in [1, 2] %}{% endfor %}",
        "{% for each in ticket.tags recursive %}{% endfor %}",
        "{{ ticket.subject | center(1000000000) }}",
        "{{ ticket.subject | replace('a', 'aa') }}",
        "{{ ticket.tags | join(article.text) }}",
        "{{ ticket.subject | attr('x') }}",
    ],
)
def test_what_could_make_a_letter_endless_or_open_a_door_is_not_in_the_language(body: str) -> None:
    assert len(told(words(body))) >= 1


@pytest.mark.parametrize(
    "body",
    [
        "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
        "{{ " + "not " * 5000 + "1 }}",
        "{{ client.name" + " | upper" * 5000 + " }}",
        "{{ 1" + " + 1" * 5000 + " }}",
        "{% if client.name %}" * 500 + "{% endif %}" * 500,
        "{% for a in ticket.tags %}" * 30 + "{% endfor %}" * 30,
        "x" * LONGEST_SOURCE,
        "{{" * 50_000,
        "{{ " + "9" * 5000 + " }}",
        "[#" * 50_000,
        "[#x#]" * 20_000,
    ],
)
def test_a_template_made_to_be_a_burden_is_refused_at_once(body: str) -> None:
    with within_seconds(10):
        assert body.startswith("[#[#") or len(told(words(body))) >= 1


def test_every_fault_is_told_at_once_and_each_but_once() -> None:
    body = "{{ a }} {{ b }}\n{{ a }}"
    assert [each[:31] for each in told(words(body) | words("{{ c }}", "ru"))] == [
        "en/registered.txt, line 3: a: t",
        "en/registered.txt, line 3: b: t",
        "en/registered.txt, line 4: a: t",
        "ru/registered.txt, line 3: c: t",
    ]


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        (
            {"en/registered.txt": "Hello"},
            "en/registered.txt, line 1: the first line is `Subject: …`, then comes a blank one, then the text",
        ),
        ({"de/registered.txt": "Subject: x\n\nx"}, "de/registered.txt: not the name of a template"),
        ({"registered.txt": "Subject: x\n\nx"}, "registered.txt: not the name of a template"),
        ({"en/my letter.txt": "Subject: x\n\nx"}, "en/my letter.txt: not the name of a template"),
        ({"en/registered.html": "Subject: {{ x }}\n<p>x"}, "en/registered.html, line 1: x: there is no such macro"),
        ({"en/registered.html": "<p>\n{{ x }}"}, "en/registered.html, line 2: x: there is no such macro"),
        ({"en/registered.html": "Subject: x\n<p>\n{{ x }}"}, "en/registered.html, line 3: x: there is no such macro"),
        ({"en/registered.html": "<p>" + "<b>" * 50_000}, "en/registered.html: it makes HTML"),
    ],
)
def test_faults_of_whole_files(files: dict[str, str], fault: str) -> None:
    [found] = told(files)
    assert found.startswith(fault)


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<p title={{ client.name }}>x</p>", "en/registered.html: <p>: a macro stands in a tag without quotes"),
        ("<p {{ client.name }}>x</p>", "en/registered.html: <p>: a macro stands in a tag without quotes"),
        ('<a href="{{ ticket.subject }}">x</a>', "en/registered.html: <a href>: a macro that mail can fill is not an address"),
        ("<style>p { color: {{ ticket.category }} }</style>", "en/registered.html: <style>: mail must not choose style or script"),
        ("<script>var x = '{{ client.name }}'</script>", "en/registered.html: <script>: mail must not choose style or script"),
        ('<p style="color: {{ client.name }}">x</p>', "en/registered.html: <p style>: mail must not choose style or script"),
    ],
)
def test_a_page_in_which_mail_could_become_markup_is_refused(page: str, fault: str) -> None:
    found = told({"en/registered.html": page})
    assert found
    assert found[0].startswith(fault)


def test_a_good_page_is_not() -> None:
    page = '<p title="{{ client.name }}"><a href="{{ link }}">{{ ticket.subject }}</a>{{ article.text | lines }}</p>'
    assert told({"en/registered.html": page, "en/vip.html": f"Subject: x\n{page}"}) == []


def test_advice_on_files_that_are_never_used_and_macros_that_are_always_empty() -> None:
    own = Templates.from_files(words("x", name="registred") | words("x", name="vip") | words("{{ article.text }}", name="closed"))
    assert unused(own, ["vip"]) == ("en/registred.txt",)
    [gap] = gaps(own)
    assert gap.startswith("en/closed.txt: article is empty in letters of this event; it is told in registered, new_ticket")

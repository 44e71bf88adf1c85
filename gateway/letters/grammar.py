"""Which of Jinja's language a template may use, and which macros there are: read off its syntax tree, branches never taken included.

A letter's template has macros, filters, `{% if %}`, and `{% for %}` over the lists there are. It has no calls, no assignments and no other
templates, so the work that it makes is bounded by its own size and that of its lists.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from jinja2 import nodes

from gateway.domain.organisation import Language
from gateway.letters.filters import FILTERS, plural_categories
from gateway.letters.macros import CREATIO, LOOP, MACROS, Kind, creatio_macro, kind_of

TESTS: Final = ("even", "odd")
DEEPEST = 12
"""Levels of `{% if %}` and `{% for %}`."""
DEEPEST_LISTS = 2
LONGEST_EXPRESSION = 40
"""Levels of one."""
PRINTED: Final = ("text", "number", "moment")


@dataclass(frozen=True, slots=True)
class Trouble:
    """`macro` as written; `remedy` says what to do instead."""

    line: int
    macro: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Scope:
    """Names of loops and the macros that they stand for; how deep the place is."""

    names: Mapping[str, str]
    depth: int = 0
    lists: int = 0

    def deeper(self) -> "Scope":
        return Scope(self.names, self.depth + 1, self.lists)


def troubles(tree: nodes.Template, language: Language) -> Iterator[Trouble]:
    yield from statements(tree.body, Scope({}), language)


def statements(body: Sequence[nodes.Node], scope: Scope, language: Language) -> Iterator[Trouble]:
    for each in body:
        if scope.depth > DEEPEST:
            yield Trouble(each.lineno, "", f"put at most {DEEPEST} levels of if and for into one another")
            return
        match each:
            case nodes.Output():
                for part in each.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        yield from printed(part, scope, language)
            case nodes.If():
                yield from expression(each.test, scope, language)
                for branch in (each.body, each.elif_, each.else_):
                    yield from statements(branch, scope.deeper(), language)
            case nodes.For():
                yield from loop(each, scope, language)
            case _:
                yield Trouble(each.lineno, "", f"{named(each)} is not for letters: they have {{{{ }}}}, {{% if %}} and {{% for %}} alone")


def loop(node: nodes.For, scope: Scope, language: Language) -> Iterator[Trouble]:
    path = path_of(node.iter, scope)
    if not isinstance(node.target, nodes.Name) or node.recursive:
        yield Trouble(node.lineno, "", "write {% for each in LIST %}, with one name")
        return
    if path is None or kind_of(path) != "list":
        lists = ", ".join(known for known, kind in MACROS.items() if kind == "list")
        yield Trouble(node.lineno, as_written(node.iter), f"is not a list; these are: {lists}")
        return
    if scope.lists == DEEPEST_LISTS:
        yield Trouble(node.lineno, as_written(node.iter), f"put at most {DEEPEST_LISTS} {{% for %}} into one another")
        return
    inner = Scope({**scope.names, node.target.name: f"{path}[]", "loop": "loop"}, scope.depth + 1, scope.lists + 1)
    if node.test is not None:
        yield from expression(node.test, inner, language)
    yield from statements(node.body, inner, language)
    yield from statements(node.else_, scope.deeper(), language)


def printed(node: nodes.Expr, scope: Scope, language: Language) -> Iterator[Trouble]:
    found = list(expression(node, scope, language))
    yield from found
    path = path_of(node, scope)
    kind = kind_of(path) if path is not None and not found else None
    if path is not None and kind is not None and kind not in PRINTED:
        yield Trouble(node.lineno, as_written(node), NOT_PRINTED[kind].format(path=path, fields=", ".join(fields_of(path))))


NOT_PRINTED: Final[Mapping[Kind, str]] = {
    "list": 'is a list: go through it by {{% for %}}, or write {path} | join(", ")',
    "record": "has several fields: {fields}",
    "flag": "is a yes or no: ask for it by {{% if %}}",
}


def fields_of(path: str) -> list[str]:
    return [each for each in MACROS if each.startswith(f"{path}.") and "[]" not in each.removeprefix(path)]


def expression(node: nodes.Node | None, scope: Scope, language: Language, depth: int = 0) -> Iterator[Trouble]:
    """In the order of writing."""
    if node is None:
        return
    if depth > LONGEST_EXPRESSION:
        yield Trouble(node.lineno, "", "the expression is too long")
        return
    match node:
        case nodes.Const():
            return
        case nodes.Tuple() | nodes.List() if all(isinstance(each, nodes.Const) for each in node.items):
            return
        case nodes.Name() | nodes.Getattr():
            yield from macro(node, scope)
            return
        case nodes.CondExpr() if node.expr2 is None:
            yield Trouble(node.lineno, "", "an if within {{ }} needs its else")
        case nodes.Filter():
            yield from filtered(node, language)
        case nodes.Test() if node.name not in TESTS:
            yield Trouble(node.lineno, node.name, "there is no such test; write {% if MACRO %}")
        case nodes.Test() | nodes.CondExpr() | nodes.And() | nodes.Or() | nodes.Not() | nodes.Compare() | nodes.Operand():
            pass
        case nodes.Concat() | nodes.Add() | nodes.Sub() | nodes.Neg():
            pass
        case _:
            yield Trouble(node.lineno, "", f"{named(node)} is not for letters")
            return
    # A filter's values and a test's have been looked at, or are constants.
    inner = (node.node,) if isinstance(node, nodes.Filter | nodes.Test) else tuple(node.iter_child_nodes())
    for each in inner:
        yield from expression(each, scope, language, depth + 1)


def filtered(node: nodes.Filter, language: Language) -> Iterator[Trouble]:
    if node.name not in FILTERS:
        yield Trouble(node.lineno, node.name, f"there is no such filter; these are: {', '.join(sorted(FILTERS))}")
        return
    given = (*node.args, *(each.value for each in node.kwargs))
    if node.dyn_args is not None or node.dyn_kwargs is not None or not all(isinstance(each, nodes.Const) for each in given):
        yield Trouble(node.lineno, node.name, "give the filter fixed values")
    elif node.name == "plural" and len(node.args) != len(plural_categories(language)):
        wanted = ", ".join(plural_categories(language))
        yield Trouble(node.lineno, node.name, f"{len(plural_categories(language))} forms are needed in this language: {wanted}")


def macro(node: nodes.Name | nodes.Getattr, scope: Scope) -> Iterator[Trouble]:
    path = path_of(node, scope)
    if path is not None and kind_of(path) is not None:
        return
    written = as_written(node)
    yield Trouble(node.lineno, written, f"there is no such macro{suggestion(written)}")


def suggestion(written: str) -> str:
    if written.startswith("[#"):
        name = written[2:-2].strip().casefold()
        close = get_close_matches(name, [*CREATIO, *(each for each in MACROS if creatio_macro(each))], n=1, cutoff=0.8)
        return f"; did you mean [#{close[0]}#]?" if close else "; docs/letters.md lists those there are"
    close = get_close_matches(written, [each for each in (*MACROS, *LOOP) if "[]" not in each], n=1, cutoff=0.8)
    return f"; did you mean {close[0]}?" if close else "; docs/letters.md lists those there are"


def path_of(node: nodes.Node, scope: Scope) -> str | None:
    """The macro that a name stands for, whether there is one or not; None for what is no name."""
    match node:
        case nodes.Name(name="loop") if "loop" not in scope.names:
            return "no loop"
        case nodes.Name():
            return scope.names.get(node.name, node.name)
        case nodes.Getattr():
            before = path_of(node.node, scope)
            return None if before is None else f"{before}.{node.attr}"
        case _:
            return None


def macros(tree: nodes.Template) -> Iterator[str]:
    for each in tree.find_all((nodes.Name, nodes.Getattr)):
        path = path_of(each, Scope({}))
        if path is not None:
            yield path


def as_written(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{as_written(node.node)}.{node.attr}"
        case _:
            return ""


NAMES: Final[Mapping[type[nodes.Node], str]] = {
    nodes.Assign: "{% set %}",
    nodes.AssignBlock: "{% set %}",
    nodes.Block: "{% block %}",
    nodes.Call: "a call",
    nodes.Extends: "{% extends %}",
    nodes.FilterBlock: "{% filter %}",
    nodes.FromImport: "{% from %}",
    nodes.Getitem: "[ ]",
    nodes.Import: "{% import %}",
    nodes.Include: "{% include %}",
    nodes.Macro: "{% macro %}",
    nodes.With: "{% with %}",
}


def named(node: nodes.Node) -> str:
    return NAMES.get(type(node), type(node).__name__.lower())

"""Conditions in CEL, the Common Expression Language: read once, then asked of many rows.

What of CEL is there: all operators, `in`, `? :`, fields and indexes, lists, `has all exists exists_one filter map`,
and the functions of `FUNCTIONS`. Not there: bytes, protocol messages and type names, for which rows have no use.
"""

from __future__ import annotations

import operator
import time

from mngr.fleet import cel_values as values
from mngr.fleet.cel_values import BadExpression, Moment
from mngr.fleet.cel_words import BadSyntax, words
from mngr.model.data import is_list, is_table
from mngr.model.errors import UsageError
from mngr.model.names import nearest, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from mngr.fleet.cel_words import Word

    Row = dict[str, Any]
    Node = Callable[[Row], Any]

LONGEST = 10_000
DEEPEST = 30
MOST_STEPS = 100_000
CHECKING = "?"  # in a scope: every branch is to be looked at, whatever the others say
STEPS = "#"  # in a scope: how often macros went round
NOW = "now"

FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "size": (1, values.size),
    "startsWith": (2, values.text_test("startsWith", str.startswith)),
    "endsWith": (2, values.text_test("endsWith", str.endswith)),
    "contains": (2, values.text_test("contains", operator.contains)),
    "matches": (2, values.matches),
    "lowerAscii": (1, values.lowered),
    "string": (1, values.as_text),
    "int": (1, values.as_whole),
    "double": (1, values.as_number),
    "timestamp": (1, values.as_moment),
    "duration": (1, values.as_span),
}
MACROS = ("all", "exists", "exists_one", "filter", "map")
_LEVELS = (("||",), ("&&",), ("<", "<=", ">", ">=", "==", "!=", "in"), ("+", "-"), ("*", "/", "%"))
_ORDERS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def condition(text: str, fields: Row, where: str = "the expression") -> Callable[[Row], bool]:
    """Return the test that an expression is. Raises UsageError.

    `fields` has an example of each field there is (None: of any kind); `{}` is a table whose keys are free.
    """
    if len(text) > LONGEST:
        raise UsageError(f"{where} is too long ({len(text)} characters, at most {LONGEST})")
    try:
        node = _Parser(words(text), fields).whole()
    except BadSyntax as error:
        raise UsageError(f"{where} {shown(text)}: column {error.column}: {error.problem}", _HINT) from None
    now = Moment(time.time())

    def test(row: Row, checking: bool = False) -> bool:
        scope = {**row, NOW: now, STEPS: [0]}
        if checking:
            scope[CHECKING] = True
        try:
            result = node(scope)
            if result is not None and not isinstance(result, bool):
                raise BadExpression(f"it gives {values.kind(result)}, not true or false")
        except BadExpression as error:
            raise UsageError(f"{where} {shown(text)}: {error}", _HINT) from None
        return bool(result)

    test(fields, checking=True)
    return test


_HINT = "see: mngr help filters"


class _Parser:
    def __init__(self, found: list[Word], fields: Row) -> None:
        self.words = found
        self.at = 0
        self.fields = fields
        self.variables: list[str] = []
        self.depth = 0

    def whole(self) -> Node:
        node = self._expression()
        if self._word.kind != "end":
            raise BadSyntax(f"'{str(self._word.what)[:40]}' is not expected here", self._word.at)
        return node

    @property
    def _word(self) -> Word:
        return self.words[self.at]

    def _is(self, *signs: str) -> bool:
        return self._word.kind == "sign" and self._word.what in signs

    def _skip(self, sign: str) -> bool:
        found = self._is(sign)
        self.at += found
        return found

    def _need(self, sign: str) -> None:
        if not self._skip(sign):
            raise BadSyntax(f"'{sign}' is missing", self._word.at)

    def _expression(self) -> Node:
        self.depth += 1
        if self.depth > DEEPEST:
            raise BadSyntax("it is nested too deeply", self._word.at)
        node = self._binary(0)
        if self._skip("?"):
            yes = self._expression()
            self._need(":")
            node = _choice(node, yes, self._expression())
        self.depth -= 1
        return node

    def _binary(self, level: int) -> Node:
        if level == len(_LEVELS):
            return self._unary()
        first = self._binary(level + 1)
        more: list[tuple[str, Node]] = []
        while self._is(*_LEVELS[level]):
            sign = self._word.what
            self.at += 1
            more.append((sign, self._binary(level + 1)))
        if not more:
            return first
        if level < 2:
            return _any_or_all([first, *(node for _, node in more)], enough=level == 0)
        return _chain(first, more, _compare if level == 2 else values.calculate)

    def _unary(self) -> Node:
        signs: list[str] = []
        while self._is("!", "-"):
            signs.append(self._word.what)
            self.at += 1
        node = self._member()
        if not signs:
            return node
        if len(set(signs)) > 1:
            raise BadSyntax("'!' and '-' cannot stand together", self._word.at)
        return _not(node, len(signs)) if signs[0] == "!" else _minus(node, len(signs))

    def _member(self) -> Node:
        node, known, path = self._primary()
        steps: list[Callable[[Any, Row], Any]] = []
        while self._is(".", "["):
            if self._skip("["):
                steps.append(_index(self._expression()))
                self._need("]")
                known = None
                continue
            self.at += 1
            word = self._name()
            if self._skip("("):
                steps.append(self._method(word))
                known = None
                continue
            known = self._known_field(known, path, word)
            path = f"{path}.{word.what}"
            steps.append(_index(_constant(word.what)))
        return _path(node, steps) if steps else node

    def _known_field(self, known: Any, path: str, word: Word) -> Any:
        if not is_table(known) or not known:
            return None
        if word.what not in known:
            raise _unknown_name("field", f"{path}.{word.what}", [f"{path}.{name}" for name in known], word.at)
        return known[word.what]

    def _name(self) -> Word:
        word = self._word
        if word.kind != "name" and not (word.kind == "sign" and word.what == "in"):
            raise BadSyntax("a name is missing", word.at)
        self.at += 1
        return word

    def _primary(self) -> tuple[Node, Any, str]:
        word = self._word
        self.at += 1
        if word.kind == "literal":
            return _constant(word.what), None, ""
        if word.kind == "sign" and word.what == "(":
            node = self._expression()
            self._need(")")
            return node, None, ""
        if word.kind == "sign" and word.what == "[":
            return _list(self._arguments("]")), None, ""
        if word.kind != "name":
            self.at -= 1
            raise BadSyntax("a value is missing", word.at)
        if self._skip("("):
            return (self._has() if word.what == "has" else self._call(word, [])), None, ""
        if word.what in self.variables:
            return _variable(word.what), None, ""
        if word.what != NOW and word.what not in self.fields:
            raise _unknown_name("field", word.what, [*_paths(self.fields), NOW], word.at)
        return _variable(word.what), self.fields.get(word.what), word.what

    def _arguments(self, closing: str) -> list[Node]:
        found: list[Node] = []
        while not self._is(closing):
            found.append(self._expression())
            if not self._skip(","):
                break
        self._need(closing)
        return found

    def _call(self, word: Word, before: list[Node]) -> Node:
        known = FUNCTIONS.get(word.what)
        if known is None:
            raise _unknown_name("function", word.what, [*FUNCTIONS, *MACROS, "has"], word.at)
        arguments = [*before, *self._arguments(")")]
        if len(arguments) != known[0]:
            raise BadSyntax(f"{word.what}() takes {known[0] - len(before)} values", word.at)
        return _applied(known[1], arguments)

    def _method(self, word: Word) -> Callable[[Any, Row], Any]:
        if word.what in MACROS:
            return self._macro(word)
        node = self._call(word, [_variable("")])
        return lambda item, scope: node({**scope, "": item})

    def _macro(self, word: Word) -> Callable[[Any, Row], Any]:
        variable = self._name().what
        self._need(",")
        self.variables.append(variable)
        body = self._expression()
        self.variables.pop()
        self._need(")")
        return _round(word.what, variable, body)

    def _has(self) -> Node:
        start = self._word.at
        node = self._expression()
        self._need(")")
        if self.words[self.at - 2].kind != "name":
            raise BadSyntax("has() takes a field", start)
        return lambda scope: node(scope) is not None


def _constant(item: Any) -> Node:
    return lambda _: item


def _variable(name: str) -> Node:
    return lambda scope: scope.get(name)


def _list(parts: list[Node]) -> Node:
    return lambda scope: [part(scope) for part in parts]


def _applied(function: Callable[..., Any], arguments: list[Node]) -> Node:
    return lambda scope: function(*(argument(scope) for argument in arguments))


def _not(node: Node, times: int) -> Node:
    return lambda scope: values.truth(node(scope)) != (times % 2 == 1)


def _minus(node: Node, times: int) -> Node:
    return lambda scope: values.calculate("*", node(scope), -1 if times % 2 else 1)


def _choice(test: Node, yes: Node, no: Node) -> Node:
    def chosen(scope: Row) -> Any:
        if CHECKING in scope:
            values.truth(test(scope))
            return [yes(scope), no(scope)][1]
        return yes(scope) if values.truth(test(scope)) else no(scope)

    return chosen


def _any_or_all(parts: list[Node], *, enough: bool) -> Node:
    def tested(scope: Row) -> bool:
        if CHECKING in scope:
            found = [values.truth(part(scope)) for part in parts]
            return any(found) if enough else all(found)
        for part in parts:
            if values.truth(part(scope)) == enough:
                return enough
        return not enough

    return tested


def _chain(first: Node, more: list[tuple[str, Node]], apply: Callable[[str, Any, Any], Any]) -> Node:
    def applied(scope: Row) -> Any:
        result = first(scope)
        for sign, node in more:
            result = apply(sign, result, node(scope))
        return result

    return applied


def _compare(sign: str, left: Any, right: Any) -> bool:
    if sign in ("==", "!="):
        return values.equal(left, right) == (sign == "==")
    return values.is_in(left, right) if sign == "in" else values.ordered(left, right, _ORDERS[sign])


def _path(node: Node, steps: list[Callable[[Any, Row], Any]]) -> Node:
    def walked(scope: Row) -> Any:
        item = node(scope)
        for step in steps:
            item = step(item, scope)
        return item

    return walked


def _index(key: Node) -> Callable[[Any, Row], Any]:
    def indexed(item: Any, scope: Row) -> Any:
        name = key(scope)
        if item is None or name is None:
            return None
        if is_table(item):
            return item.get(name) if isinstance(name, str) else None
        if is_list(item) and isinstance(name, int):
            return item[name] if 0 <= name < len(item) else None
        raise BadExpression(f"{values.kind(item)} has no parts")

    return indexed


def _round(macro: str, variable: str, body: Node) -> Callable[[Any, Row], Any]:
    def gone_round(item: Any, scope: Row) -> Any:
        if item is not None and not is_list(item) and not is_table(item):
            raise BadExpression(f"{macro}() needs a list or a table, not {values.kind(item)}")
        results: list[tuple[Any, Any]] = []
        for one in item or ():
            scope[STEPS][0] += 1
            if scope[STEPS][0] > MOST_STEPS:
                raise BadExpression("it goes round too often")
            results.append((one, body({**scope, variable: one})))
        if macro == "map":
            return [result for _, result in results]
        held = [one for one, result in results if values.truth(result)]
        if macro == "filter":
            return held
        return {"all": len(held) == len(results), "exists": bool(held), "exists_one": len(held) == 1}[macro]

    return gone_round


def _paths(fields: Row) -> list[str]:
    return [*fields, *(f"{name}.{part}" for name, inner in fields.items() if is_table(inner) for part in inner)]


def _unknown_name(what: str, name: str, known: list[str], at: int) -> BadSyntax:
    found = nearest(name, known, 1)
    return BadSyntax(f"no {what} {shown(name)}" + (f"; did you mean {found[0]}?" if found else ""), at)

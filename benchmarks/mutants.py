"""Mutants: every one-place change of a module that the tests should see. mutations.py runs them."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple

OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"}


class Mutant(NamedTuple):
    """One change: what stands at [start, end) of a module's text, and what stands there instead."""

    module: str
    line: int
    start: int
    end: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """The same for the same change in the same line of text."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def mutants(module: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module. Types, messages of errors and docstrings stay as they are."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: Any, end: bool = False) -> int:
        row, column = (node.end_lineno, node.end_col_offset) if end else (node.lineno, node.col_offset)
        return starts[row - 1] + column

    def change(start: int, end: int, after: str) -> Mutant:
        before = text.encode()[start:end].decode()
        return Mutant(module, text.encode()[:start].count(b"\n") + 1, start, end, before, after)

    def between(left: ast.expr, right: ast.expr, kind: ast.AST) -> Iterator[Mutant]:
        found = text.encode()[place(left, end=True) : place(right)].decode()
        old, new = OPERATORS.get(type(kind), ("\0", ""))
        if old in found:
            yield change(place(left, end=True), place(right), found.replace(old, new, 1))

    for node in ast.walk(_without_words(ast.parse(text))):
        match node:
            case ast.Compare():
                for left, kind, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                    yield from between(left, right, kind)
            case ast.BinOp():
                yield from between(node.left, node.right, node.op)
                if isinstance(node.op, ast.Add | ast.Sub):
                    yield change(place(node.left, end=True), place(node, end=True), "")
            case ast.BoolOp():
                yield from between(node.values[0], node.values[1], node.op)
            case ast.UnaryOp(op=ast.Not()):
                yield change(place(node), place(node.operand), "")
            case ast.AugAssign():
                found = text.encode()[place(node.target, end=True) : place(node.value)].decode()
                swapped = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}.get(found.strip())
                if swapped:
                    yield change(place(node.target, end=True), place(node.value), f" {swapped} ")
            case ast.Constant(value=bool()):
                yield change(place(node), place(node, end=True), str(not node.value))
            case ast.Constant(value=(int() | float()) as number):
                value = number + 1 if isinstance(number, int) else number * 2 or 1.0
                yield change(place(node), place(node, end=True), repr(value))
            case ast.Name(id=name) if name in NAMES:
                yield change(place(node), place(node, end=True), NAMES[name])
            case ast.Attribute(attr=name) if name in NAMES:
                yield change(place(node, end=True) - len(name), place(node, end=True), NAMES[name])
            case _:
                pass


class _Silent(ast.NodeTransformer):
    """Drops what no test should look at."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.copy_location(ast.Expr(node.value), node) if node.value else ast.copy_location(ast.Pass(), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.copy_location(ast.Constant(""), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)


def _without_words(tree: ast.Module) -> ast.Module:
    return _Silent().visit(tree)

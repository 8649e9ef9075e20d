"""The tests themselves: each can fail, each stands alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from house import TESTS, Module, nobody, parsed

NEVER_NEGATIVE = {"len", "abs"}


def always_true(test: ast.expr) -> bool:
    """Whether an expression is true whatever its names stand for."""
    match test:
        case ast.Constant():
            return bool(test.value)
        case ast.Tuple() | ast.List() | ast.Set():
            return any(not isinstance(element, ast.Starred) for element in test.elts)
        case ast.Dict():
            return any(key is not None for key in test.keys)
        case ast.JoinedStr():
            return any(isinstance(part, ast.Constant) for part in test.values)
        case ast.Lambda() | ast.GeneratorExp():
            return True
        case ast.NamedExpr():
            return always_true(test.value)
        case ast.UnaryOp(op=ast.Not()):
            return always_false(test.operand)
        case ast.BoolOp(op=ast.And()):
            return all(map(always_true, test.values))
        case ast.BoolOp(op=ast.Or()):
            spelled = {ast.unparse(value) for value in test.values}
            denied = {ast.unparse(v.operand) for v in test.values if isinstance(v, ast.UnaryOp)}
            return any(map(always_true, test.values)) or bool(spelled & denied)
        case ast.IfExp():
            return always_true(test.body) and always_true(test.orelse)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return always_holds(left, op, right)
    return False


def always_false(test: ast.expr) -> bool:
    """Whether an expression is false whatever its names stand for."""
    match test:
        case ast.Constant():
            return not test.value
        case ast.Tuple() | ast.List():
            return not test.elts
        case ast.Dict():
            return not test.keys
        case ast.UnaryOp(op=ast.Not()):
            return always_true(test.operand)
        case ast.BoolOp(op=ast.And()):
            return any(map(always_false, test.values))
    return False


def always_holds(left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool:
    """x == x, len(x) >= 0, 0 <= abs(x), len(x) > -1."""
    if isinstance(op, ast.LtE | ast.Lt):
        left, right = right, left
        op = ast.GtE() if isinstance(op, ast.LtE) else ast.Gt()
    if same(left, right):
        return isinstance(op, ast.Eq | ast.Is | ast.GtE)
    counted = isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id in NEVER_NEGATIVE
    bound = number(right)
    return counted and bound is not None and (bound <= 0 if isinstance(op, ast.GtE) else bound < 0) and ordered(op)


def same(one: ast.expr, other: ast.expr) -> bool:
    """Whether both are one thing; a call that is made twice may answer differently."""
    alike = type(one) is type(other) and ast.unparse(one) == ast.unparse(other)  # writing both out takes long
    return alike and not any(isinstance(node, ast.Call) for node in ast.walk(one))


def ordered(op: ast.cmpop) -> bool:
    return isinstance(op, ast.Gt | ast.GtE)


def number(node: ast.expr) -> float | None:
    """The number that is written there, if any."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value if isinstance(node.operand.value, int | float) else None
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None


def vain(node: ast.AST) -> bool:
    """An assertion that cannot fail: of a constant, of one thing with itself, or caught again."""
    match node:
        case ast.Assert():
            return always_true(node.test)
        case ast.Call(func=ast.Attribute(attr=name), args=[one, other, *_]) if name.startswith("assert_"):
            return same(one, other)
        case ast.ExceptHandler():
            return node.type is not None and "AssertionError" in ast.unparse(node.type)
        case ast.Call(func=ast.Name(id="suppress") | ast.Attribute(attr="suppress")):
            return any("AssertionError" in ast.unparse(argument) for argument in node.args)
    return False


def vain_in(module: Module) -> Iterator[str]:
    """Also in the programs that a test hands to another interpreter as text."""
    for node in ast.walk(module.tree):
        if vain(node):
            yield module.at(getattr(node, "lineno", 0), f"cannot fail: {ast.unparse(node)[:80]}")
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "assert " in node.value:
            for inner in ast.walk(program(node.value)):
                if vain(inner):
                    yield module.at(node.lineno, f"cannot fail: {ast.unparse(inner)[:80]}")


def program(text: str) -> ast.AST:
    """A text as a program; an empty one where it is none."""
    try:
        return ast.parse(text)
    except SyntaxError:
        return ast.Module([], [])


def test_every_assertion_can_fail():
    here = [module for module in parsed(TESTS) if module.path.name != "test_tests.py"]  # whose examples are below
    nobody(offender for module in here for offender in vain_in(module))


VAIN = """
assert True
assert x in y or True
assert (x, "a message in the wrong place")
assert x or not x
assert len(x) >= 0
assert 0 <= abs(x)
assert len(x) > -1
assert x == x
assert not ()
assert "words"
assert [x]
np.testing.assert_allclose(x, x)
try:
    assert x
except AssertionError:
    pass
with contextlib.suppress(AssertionError):
    assert x
"""
SOUND = """
assert x
assert x or y
assert len(x) >= 1
assert 0 <= len(x) < 5
assert value >= 0
assert x == y
assert not x
assert f(x) or f(y)
assert f(x).a == f(x).a
assert x != x
np.testing.assert_allclose(f(x), f(x))
np.testing.assert_allclose(x, y)
with contextlib.suppress(OSError):
    assert x
"""


def test_what_cannot_fail_is_what_it_is_said_to_be():
    assert [any(map(vain, ast.walk(statement))) for statement in ast.parse(VAIN).body] == [True] * 14
    assert not any(map(vain, ast.walk(ast.parse(SOUND))))


def named_imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every name that is imported, relative imports included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((f"{node.module or ''}.{alias.name}", node.lineno) for alias in node.names)


def test_tests_import_no_tests():
    """What several of them need stands in a file of its own: a helper is no test."""
    nobody(
        module.at(line, f"imports {name}")
        for module in parsed(TESTS)
        for name, line in named_imports(module.tree)
        if any(part.startswith("test_") for part in name.split(".")[:-1]) or name.startswith("test_")
    )


def test_a_law_names_its_offenders():
    nobody([])
    with pytest.raises(pytest.fail.Exception, match=r"2 offences\na\.py:3: is long, 7 lines\nb\.py:1: is new"):
        nobody(["a.py:3: is long, 7 lines", "b.py:1: is new"])


def test_the_quick_tier_leaves_out_files_that_are_there():
    """A file that was renamed would come back to it unseen."""
    tree = next(module for module in parsed(TESTS) if module.path == TESTS / "conftest.py").tree
    named = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "FULL_ONLY"
    )
    nobody(f"tests/conftest.py: FULL_ONLY names {name}" for name in named if not (TESTS / name).is_file())

"""Files fit on a few screens, functions on one, rooms on a shelf; names say what is inside; what is public is explained."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache

from house import ROOT, Function, Module, code_lines, functions, modules, nobody

FILE_LINES, FUNCTION_LINES, CLASS_LINES, ROOM_FILES = 300, 50, 150, 12
MAY_BE_LONGER = {("training/loop.py", "train")}
MAY_BE_LARGER = {("by_hand/game.py", "HandGame")}  # a whole game on a few pages, to be read from top to bottom
NOT_A_NAME = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc"}


def size(lines: frozenset[int], node: Function | ast.ClassDef) -> int:
    """How many of these lines a function or a class has."""
    return len(lines & set(range(node.lineno, (node.end_lineno or 0) + 1)))


def test_a_file_is_read_at_a_sitting():
    sizes = {module: len(code_lines(module.text)) for module in modules()}
    nobody(module.at(1, f"{count} lines of code") for module, count in sizes.items() if count > FILE_LINES)


def long_functions() -> Iterator[str]:
    for module in modules():
        lines = code_lines(module.text)
        for function in functions(module.tree):
            count = size(lines, function)
            if count > FUNCTION_LINES and (module.name, function.name) not in MAY_BE_LONGER:
                yield module.at(function.lineno, f"{function.name} has {count} lines of code")


def test_a_function_fits_on_a_screen():
    nobody(long_functions())


def large_classes() -> Iterator[str]:
    for module in modules():
        lines = code_lines(module.text)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef) and (module.name, node.name) not in MAY_BE_LARGER:
                count = size(lines, node)
                if count > CLASS_LINES:
                    yield module.at(node.lineno, f"class {node.name} has {count} lines of code")


def test_a_class_fits_on_three_screens():
    nobody(large_classes())


def test_a_room_is_seen_at_a_glance():
    """The files that stand directly in it; a room may have rooms within."""
    rooms = Counter(module.path.parent.relative_to(ROOT).as_posix() for module in modules())
    offenders = (f"{room}: {count} files" for room, count in sorted(rooms.items()) if count > ROOM_FILES)
    nobody(offenders)


def test_the_loop_is_on_a_screen_and_a_half():
    loop = next(module for module in modules() if module.name == "training/loop.py")
    train = next(function for function in functions(loop.tree) if function.name == "train")
    assert (train.end_lineno or 0) - train.lineno < 80


def test_code_lines_are_what_they_are_said_to_be():
    text = '"""Doc."""\n\n# comment\nx = 1  # counted\ndef f():\n    """Doc\n    string."""\n    return (\n  x\n )\n'
    assert code_lines(text) == {4, 5, 8, 9, 10}
    assert code_lines('x = """a\nb"""\n') == {1, 2}


def test_a_module_is_named_after_what_it_holds():
    nobody(
        module.at(1, "is no name that says what is inside")
        for module in modules()
        if NOT_A_NAME & set(module.path.relative_to(module.path.parents[1]).with_suffix("").parts)
    )


@cache
def explained() -> dict[str, frozenset[str]]:
    """Class -> its methods that have a docstring; "Protocol" stands for all protocols of the package."""
    found: dict[str, frozenset[str]] = {"Protocol": frozenset()}
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                methods = frozenset(m.name for m in node.body if isinstance(m, Function) and ast.get_docstring(m))
                found[node.name] = found.get(node.name, frozenset()) | methods
                if "Protocol" in map(ast.unparse, node.bases):
                    found["Protocol"] |= methods
    return found


def explained_above(kind: ast.ClassDef | None) -> set[str]:
    """Methods of a class that a base class or a protocol explains: those need no words of their own."""
    bases = [] if kind is None else [ast.unparse(base).partition("[")[0] for base in kind.bases]
    return set().union(explained()["Protocol"] if kind else (), *(explained().get(base, ()) for base in bases))


def without_docstring(module: Module, body: list[ast.stmt], kind: ast.ClassDef | None = None) -> Iterator[str]:
    above = explained_above(kind)
    for node in body:
        if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
            continue
        overload = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
        if not ast.get_docstring(node) and not overload and node.name not in above:
            yield module.at(node.lineno, f"{kind.name + '.' if kind else ''}{node.name} has no docstring")
        if isinstance(node, ast.ClassDef):
            yield from without_docstring(module, node.body, node)


def test_what_is_public_has_a_docstring():
    mute = [module for module in modules() if module.tree.body and not ast.get_docstring(module.tree)]
    nobody(module.at(1, "the module has no docstring") for module in mute)
    nobody(offender for module in modules() for offender in without_docstring(module, module.tree.body))


def blind_forwarding() -> Iterator[str]:
    for module in modules():
        for function in functions(module.tree):
            taken = function.args.kwarg
            if taken is None or module.name == "cli/parser.py":
                continue
            for node in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                for keyword in node.keywords:
                    value = keyword.value
                    if keyword.arg is None and isinstance(value, ast.Name) and value.id == taken.arg:
                        yield module.at(node.lineno, f"{function.name} forwards **{taken.arg}")


def test_settings_are_not_forwarded_blindly():
    """No function takes **kwargs only to hand them on (argparse's own signature excepted)."""
    nobody(blind_forwarding())

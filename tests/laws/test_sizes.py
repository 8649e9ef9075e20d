"""Files fit on a few screens, functions on one; names say what is inside; what is public is explained."""

from __future__ import annotations

import ast

import pytest
from house import Function, Module, code_lines, functions, modules

EVERY = [pytest.param(module, id=module.name) for module in modules()]
FILE_LINES, FUNCTION_LINES = 300, 50
MAY_BE_LONGER = {("training/loop.py", "train")}
NOT_A_NAME = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc"}


@pytest.mark.parametrize("module", EVERY)
def test_a_file_is_read_at_a_sitting(module: Module):
    assert len(code_lines(module.text)) <= FILE_LINES


@pytest.mark.parametrize("module", EVERY)
def test_a_function_fits_on_a_screen(module: Module):
    lines = code_lines(module.text)
    for function in functions(module.tree):
        if (module.name, function.name) in MAY_BE_LONGER:
            continue
        size = len(lines & set(range(function.lineno, (function.end_lineno or 0) + 1)))
        assert size <= FUNCTION_LINES, f"{function.name} has {size} lines of code"


def test_the_loop_is_on_a_screen_and_a_half():
    loop = next(module for module in modules() if module.name == "training/loop.py")
    train = next(function for function in functions(loop.tree) if function.name == "train")
    assert (train.end_lineno or 0) - train.lineno < 80


def test_code_lines_are_what_they_are_said_to_be():
    text = '"""Doc."""\n\n# comment\nx = 1  # counted\ndef f():\n    """Doc\n    string."""\n    return (\n  x\n )\n'
    assert code_lines(text) == {4, 5, 8, 9, 10}
    assert code_lines('x = """a\nb"""\n') == {1, 2}


@pytest.mark.parametrize("module", EVERY)
def test_a_module_is_named_after_what_it_holds(module: Module):
    assert not NOT_A_NAME & set(module.path.relative_to(module.path.parents[1]).with_suffix("").parts)


@pytest.mark.parametrize("module", EVERY)
def test_what_is_public_has_a_docstring(module: Module):
    missing = [] if ast.get_docstring(module.tree) or not module.tree.body else ["the module"]

    def look(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if not isinstance(node, ast.ClassDef | Function) or node.name.startswith("_"):
                continue
            overload = any("overload" in ast.unparse(decorator) for decorator in node.decorator_list)
            if not ast.get_docstring(node) and not overload:
                missing.append(prefix + node.name)
            if isinstance(node, ast.ClassDef):
                look(node.body, f"{prefix}{node.name}.")

    look(module.tree.body, "")
    assert not missing


@pytest.mark.parametrize("module", EVERY)
def test_settings_are_not_forwarded_blindly(module: Module):
    """No function takes **kwargs only to hand them on (argparse's own signature excepted)."""
    for function in functions(module.tree):
        taken = function.args.kwarg
        if taken is None or module.name == "cli/parser.py":
            continue
        handed_on = [
            node
            for call in ast.walk(function)
            if isinstance(call, ast.Call)
            for node in call.keywords
            if node.arg is None and isinstance(node.value, ast.Name) and node.value.id == taken.arg
        ]
        assert not handed_on, f"{function.name} forwards **{taken.arg}"

"""One owner per convention; nothing unsafe, nothing that runs on one system only."""

from __future__ import annotations

import ast

import pytest
from house import PACKAGE, ROOT, Function, Module, functions, imports, modules

EVERY = [pytest.param(module, id=module.name) for module in modules()]
VISION = "torch" + "vision"
POSIX_MODULES = {"fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "posix", "syslog", "crypt", "nis", "spwd"}
POSIX_NAMES = {
    "os": {
        "fork", "forkpty", "getuid", "geteuid", "getgid", "getloadavg", "sched_getaffinity", "sched_setaffinity",
        "killpg", "setsid", "getpgid", "uname", "statvfs", "mkfifo", "nice", "sync", "chown", "O_DIRECTORY", "wait",
        "process_cpu_count", "sysconf", "posix_fadvise", "fchmod",
    },
    "signal": {"SIGKILL", "SIGALRM", "SIGHUP", "SIGUSR1", "SIGUSR2", "alarm", "setitimer", "pause", "SIGPIPE"},
    "time": {"tzset", "clock_gettime"},
}  # fmt: skip
OWNERS = {  # module -> the files that may import it
    "tomllib": {"ground/recipes/recipe.py"},
    "tomli_w": {"ground/recipes/recipe.py"},
    "random": set(),
    "secrets": {"data/store.py"},  # names of files in the making: no number of a training
    "pickle": set(),
    "shelve": set(),
    "marshal": set(),
    "dill": set(),
    "cloudpickle": set(),
    VISION: set(),
}


@pytest.mark.parametrize("module", EVERY)
def test_what_only_some_may_import(module: Module):
    for name, line in imports(module.tree):
        first = name.partition(".")[0]
        assert module.name in OWNERS.get(first, {module.name}), f"line {line} imports {name}"


def calls(tree: ast.AST) -> list[tuple[str, ast.Call]]:
    """Every call, with the text of what is called."""
    return [(ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call)]


FORBIDDEN = {"torch.load", "torch.save", "eval", "exec", "os.system", "os.popen", "np.random.seed", "yaml.load"}
RANDOM_OWNER = {"ground/streams.py"}


@pytest.mark.parametrize("module", EVERY)
def test_nothing_unsafe_is_called(module: Module):
    for name, call in calls(module.tree):
        assert name not in FORBIDDEN, f"line {call.lineno} calls {name}"
        for keyword in call.keywords:
            unsafe = {("shell", True), ("allow_pickle", True)}
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            assert (keyword.arg, value) not in unsafe, f"line {call.lineno}: {keyword.arg}={value}"


@pytest.mark.parametrize("module", EVERY)
def test_randomness_comes_from_streams(module: Module):
    """No generator of NumPy's or torch's own, but within `fork_rng`: borrowed, seeded from a stream, and put back."""
    borrowing = [lines_of(f) for f in functions(module.tree) if "torch.random.fork_rng(" in ast.unparse(f)]
    own = {"torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.bernoulli", "torch.manual_seed"}
    for name, call in calls(module.tree):
        if name.startswith(("np.random.", "numpy.random.")):
            assert module.name in RANDOM_OWNER, f"line {call.lineno} calls {name}"
        timing = module.name == "game/machine.py" and name == "torch.rand"  # numbers to multiply for a stopwatch
        timing = timing or module.name == "bench/plain.py"  # loops as people write them, for a stopwatch
        borrowed = name == "torch.manual_seed" and any(call.lineno in lines for lines in borrowing)
        assert name not in own or timing or borrowed, f"line {call.lineno} calls {name}"


@pytest.mark.parametrize("module", EVERY)
def test_only_the_command_line_prints_and_exits(module: Module):
    if module.room == "cli" or module.name == "__main__.py":
        return
    for node in ast.walk(module.tree):
        name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
        assert name not in ("print", "sys.exit", "os._exit", "exit", "quit"), (
            f"line {getattr(node, 'lineno', 0)}: {name}"
        )


@pytest.mark.parametrize("module", EVERY)
def test_no_error_is_swallowed_unseen(module: Module):
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            assert caught not in ("", "BaseException"), f"line {node.lineno}: except {caught}"
            empty = all(isinstance(statement, ast.Pass) for statement in node.body)
            assert not (caught == "Exception" and empty), f"line {node.lineno}: except Exception: pass"


@pytest.mark.parametrize("module", EVERY)
def test_nothing_runs_on_one_system_only(module: Module):
    asking = functions_that_ask(module)
    for name, line in imports(module.tree):
        if name.partition(".")[0] in POSIX_MODULES:
            assert any(line in lines for lines in asking), f"line {line} imports {name}"
    guarded = {call.args[1].value for name, call in calls(module.tree) if name == "hasattr" and is_text(call.args[1])}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            posix = node.attr in POSIX_NAMES.get(node.value.id, set()) and node.attr not in guarded
            known = any(node.lineno in lines for lines in asking)
            assert not posix or known, f"line {node.lineno}: {node.value.id}.{node.attr}"


def functions_that_ask(module: Module) -> list[range]:
    """The lines of each function that asks which system it is on, and so has an answer for every one."""
    asking = [
        f for f in functions(module.tree) if {"sys.platform", "os.name"} & {ast.unparse(n) for n in comparisons(f)}
    ]
    return [lines_of(function) for function in asking]


def lines_of(function: Function) -> range:
    return range(function.lineno, (function.end_lineno or 0) + 1)


def comparisons(function: Function) -> list[ast.expr]:
    """What the function's `if x == ...` statements compare."""
    found = [node.test for node in ast.walk(function) if isinstance(node, ast.If)]
    return [test.left for test in found if isinstance(test, ast.Compare)]


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


@pytest.mark.parametrize("module", EVERY)
def test_text_files_name_their_encoding(module: Module):
    """Windows would read them as something else."""
    for name, call in calls(module.tree):
        opened = name == "open" or name.endswith((".read_text", ".write_text"))
        named = {keyword.arg for keyword in call.keywords}
        if not opened or "encoding" in named or name in ("write_text", "runfolder.write_text"):
            continue
        modes = [argument.value for argument in call.args[1:2] if is_text(argument)]  # pyright: ignore
        modes += [k.value.value for k in call.keywords if k.arg == "mode" and is_text(k.value)]  # pyright: ignore
        bytes_only = name == "open" and any("b" in str(mode) for mode in modes)
        assert bytes_only, f"line {call.lineno}: {name} without encoding"


def test_requirements_have_no_vision_package():
    for path in (ROOT / "pyproject.toml", ROOT / "constraints.txt"):
        assert VISION not in path.read_text(encoding="utf-8"), path.name


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()

"""One owner per convention; nothing unsafe, nothing that runs on one system only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

from house import PACKAGE, ROOT, Function, Module, functions, imports, modules, nobody

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
    "secrets": {  # no number of a training
        "data/store.py",  # names of files in the making
        "studio/server.py",  # the token
        "studio/steering/quiz.py",  # what a quiz asks, which nobody may foresee
    },
    "pickle": {"data/formats/containers/cifar.py"},  # lets arrays and plain values through, and nothing else
    "shelve": set(),
    "marshal": set(),
    "dill": set(),
    "cloudpickle": set(),
    VISION: set(),
}


def test_what_only_some_may_import():
    nobody(
        module.at(line, f"imports {name}")
        for module in modules()
        for name, line in imports(module.tree)
        if module.name not in OWNERS.get(name.partition(".")[0], {module.name})
    )


@cache
def calls(tree: ast.AST) -> tuple[tuple[str, ast.Call], ...]:
    """Every call, with the text of what is called."""
    return tuple((ast.unparse(node.func), node) for node in ast.walk(tree) if isinstance(node, ast.Call))


def test_no_training_loads_torchs_compiler():
    """As its classes of optimisers do, for a second: weights move by `game/weights/rules.py`, but in the loops that are
    written as with PyTorch alone."""
    nobody(
        module.at(call.lineno, f"calls {name}: use game/weights/rules.py")
        for module in modules()
        for name, call in calls(module.tree)
        if name.startswith("torch.optim.") and module.name != "bench/plain.py"
    )


FORBIDDEN = {"torch.load", "torch.save", "eval", "exec", "os.system", "os.popen", "np.random.seed", "yaml.load"}
UNSAFE = {("shell", True), ("allow_pickle", True)}
RANDOM_OWNER = {"ground/streams.py"}


def unsafe_calls() -> Iterator[str]:
    for module in modules():
        for name, call in calls(module.tree):
            without_code = name == "torch.load" and "weights_only=True" in map(ast.unparse, call.keywords)
            runs_nothing = ast.unparse(call) == "exec('')"
            if name in FORBIDDEN and not (without_code or runs_nothing):
                yield module.at(call.lineno, f"calls {name}")
            for keyword in call.keywords:
                value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                if (keyword.arg, value) in UNSAFE:
                    yield module.at(call.lineno, f"{keyword.arg}={value}")


def test_nothing_unsafe_is_called():
    nobody(unsafe_calls())


def own_dice() -> Iterator[str]:
    own = {"torch.rand", "torch.randn", "torch.randint", "torch.randperm", "torch.bernoulli", "torch.manual_seed"}
    timing = {
        ("training/machine.py", "torch.rand"),  # numbers to multiply for a stopwatch
        *(("bench/plain.py", name) for name in own),  # loops as people write them, for a stopwatch
    }
    for module in modules():
        borrowing = [lines_of(f) for f in functions(module.tree) if "torch.random.fork_rng(" in ast.unparse(f)]
        for name, call in calls(module.tree):
            borrowed = name == "torch.manual_seed" and any(call.lineno in lines for lines in borrowing)
            numpys = name.startswith(("np.random.", "numpy.random.")) and module.name not in RANDOM_OWNER
            if numpys or (name in own and (module.name, name) not in timing and not borrowed):
                yield module.at(call.lineno, f"calls {name}")


def test_randomness_comes_from_streams():
    """No generator of NumPy's or torch's own, but within `fork_rng`: borrowed, seeded from a stream, and put back."""
    nobody(own_dice())


def speakers() -> Iterator[str]:
    for module in modules():
        if module.room == "cli" or module.name == "__main__.py":
            continue
        for node in ast.walk(module.tree):
            name = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
            if name in ("print", "sys.exit", "os._exit", "exit", "quit"):
                yield module.at(getattr(node, "lineno", 0), name)


def test_only_the_command_line_prints_and_exits():
    nobody(speakers())


def swallowed() -> Iterator[str]:
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler):
                caught = "" if node.type is None else ast.unparse(node.type)
                empty = all(isinstance(statement, ast.Pass) for statement in node.body)
                if caught in ("", "BaseException") or (caught == "Exception" and empty):
                    yield module.at(node.lineno, f"except {caught}")


def test_no_error_is_swallowed_unseen():
    nobody(swallowed())


def for_one_system() -> Iterator[str]:
    for module in modules():
        asking = functions_that_ask(module)
        for name, line in imports(module.tree):
            if name.partition(".")[0] in POSIX_MODULES and not any(line in lines for lines in asking):
                yield module.at(line, f"imports {name}")
        guards = [call for name, call in calls(module.tree) if name == "hasattr" and is_text(call.args[1])]
        guarded = {call.args[1].value for call in guards if isinstance(call.args[1], ast.Constant)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                posix = node.attr in POSIX_NAMES.get(node.value.id, set()) and node.attr not in guarded
                if posix and not any(node.lineno in lines for lines in asking):
                    yield module.at(node.lineno, f"{node.value.id}.{node.attr}")


def test_nothing_runs_on_one_system_only():
    nobody(for_one_system())


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


def text_of_an_unknown_encoding() -> Iterator[str]:
    for module in modules():
        for name, call in calls(module.tree):
            opened = name == "open" or name.endswith((".read_text", ".write_text"))
            named = {keyword.arg for keyword in call.keywords}
            if not opened or "encoding" in named or name in ("write_text", "runfolder.write_text"):
                continue
            values = call.args[1:2] + [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
            modes = [str(value.value) for value in values if isinstance(value, ast.Constant)]
            if not (name == "open" and any("b" in mode for mode in modes)):
                yield module.at(call.lineno, f"{name} without encoding")


def test_text_files_name_their_encoding():
    """Windows would read them as something else."""
    nobody(text_of_an_unknown_encoding())


def test_requirements_have_no_vision_package():
    for path in (ROOT / "pyproject.toml", ROOT / "constraints.txt"):
        assert VISION not in path.read_text(encoding="utf-8"), path.name


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def unquoted_commands() -> Iterator[str]:
    """f-strings that put a value into a command to be typed; `errors.typed` would quote it."""
    takes_paths = re.compile(r"gansmith (resume|sample|report|diagnose|explore|evaluate|train|compare)\b[^`A-Z]*$")
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.JoinedStr):
                for before, value in pairwise(node.values):
                    text = before.value if isinstance(before, ast.Constant) else ""
                    if isinstance(value, ast.FormattedValue) and takes_paths.search(str(text)):
                        yield module.at(node.lineno, f"{ast.unparse(value.value)} may hold a space: use errors.typed")


def test_a_path_in_a_printed_command_is_quoted():
    nobody(unquoted_commands())

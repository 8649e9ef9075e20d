"""A pytest plugin that runs collected tests once for each mutant of a module, in a new process each. See mutations.py."""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from _pytest.main import pytest_runtestloop as run_all

NOT_PUT = 77  # exit code: the change could not be put into what stands in memory


def result_of(child: int) -> str:
    """ "survived", "killed", "too slow" for tests that were stopped, or "not put"."""
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {0: "survived", NOT_PUT: "not put"}.get(code, "too slow" if code < 0 else "killed")


def limited(seconds: float) -> None:
    """This process may use so many processor seconds, however busy the machine."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))


class Station:
    """texts: the module's text with each mutant, in turn. killed(index, result) hears of those that a test saw.

    A survivor is only a suspect: what was computed at import is as it was.
    """

    def __init__(self, path: Path, texts: list[str], limit: float, killed: Callable[[int, str], None]) -> None:
        self.path, self.texts, self.limit, self.killed = path, texts, limit, killed
        self.text = path.read_text(encoding="utf-8")
        self.reports, self.whole = Path("reports.jsonl").absolute(), False
        self.functions: list[FunctionType] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        with open(self.reports, "a", encoding="utf-8") as file:
            file.write(json.dumps([report.nodeid, report.duration, report.failed]) + "\n")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        name = _name(self.path)
        self.functions = [each for each in gc.get_objects() if type(each) is FunctionType and each.__module__ == name]
        gc.freeze()  # new processes share what stands in memory as long as nobody writes there
        result, reports = self._run(session, self.text, 10 * self.limit)
        self.whole = result == "survived"
        lasted = dict.fromkeys((name for name, *_ in reports), 0.0)
        for name, seconds, _ in reports:
            lasted[name] += seconds
        session.items.sort(key=lambda item: lasted.get(item.nodeid, 0.0))
        for index, text in enumerate(self.texts if self.whole else ()):
            self.path.write_text(text, encoding="utf-8")  # for other processes that a test starts
            result, reports = self._run(session, text, self.limit)
            self.path.write_text(self.text, encoding="utf-8")
            failed = {name for name, _, bad in reports if bad}
            session.items.sort(key=lambda item: item.nodeid not in failed)  # what saw one often sees the next
            if result in ("killed", "too slow"):
                self.killed(index, result)
        return True

    def _run(self, session: pytest.Session, text: str, limit: float) -> tuple[str, list[tuple[str, float, bool]]]:
        self.reports.write_text("")
        child = os.fork()
        if child == 0:
            code = NOT_PUT
            try:
                if text == self.text or exchange(self.functions, self.path, self.text, text):
                    limited(limit)
                    code = 1
                    with suppress(session.Failed):
                        run_all(session)
                    code = int(session.testsfailed > 0)
            finally:
                os._exit(code)
        return result_of(child), [json.loads(line) for line in self.reports.read_text().splitlines()]


def exchange(functions: list[FunctionType], path: Path, before: str, after: str) -> bool:
    """Put the code and the numbers of a changed module in place of those that stand in memory, if that can be done."""
    old, new = (list(_codes(compile(text, path, "exec"))) for text in (before, after))
    if len(old) != len(new):
        return False
    codes = {
        (one.co_qualname, one.co_firstlineno): other
        for one, other in zip(old, new, strict=True)
        if one != other and one.co_freevars == other.co_freevars
    }
    put = False
    for found in functions:
        code = codes.get((found.__code__.co_qualname, found.__code__.co_firstlineno))
        if code is not None:
            found.__code__, put = code, True
    if put:
        return True
    fresh = {"__name__": _name(path), "__file__": str(path)}
    exec(compile(after, path, "exec"), fresh)
    for key, number in fresh.items():
        known = sys.modules[_name(path)].__dict__.get(key)
        if isinstance(number, bool | int | float) and number != known:
            for module in list(sys.modules.values()):
                if getattr(module, "__dict__", {}).get(key) is known:
                    module.__dict__[key], put = number, True
    return put


def _name(path: Path) -> str:
    return path.with_suffix("").as_posix().replace("/", ".")


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)

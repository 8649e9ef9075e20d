"""Commands that begin at once: each is a process of its own, forked from one that has imported everything.

A command that is started afresh imports PyTorch for longer than it then works. Tests of what commands do start them here;
those of the start itself, of the exit, of encodings and of what is imported start Python. A forked command has its own
arguments, folder, environment, streams, signals and exit code, and ends as the program does (`gansmith/__main__.py`). It
reads no variable that Python or PyTorch reads while it begins, draws no plot, and trains judges for two updates. Where
processes cannot be forked, Python is started here too.

`python forked_commands.py FD` is the process that forks: it computes nothing and has one thread.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import importlib
import io
import json
import os
import runpy
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, TimeoutExpired
from types import SimpleNamespace
from typing import IO, Any

ROOT = Path(__file__).parent.parent
IMPORTED = (
    *("matplotlib.figure", "matplotlib.backends.backend_agg", "scipy.linalg", "sklearn.cluster"),
    *("gansmith.cli.training.train", "gansmith.runs.run", "gansmith.report.page", "gansmith.report.plots"),
    *("gansmith.report.animation", "gansmith.runs.quality", "gansmith.runs.diagnose", "gansmith.trained.generator"),
    *("gansmith.data.store", "gansmith.data.preparation.parallel", "gansmith.studio.server", "gansmith.by_hand"),
    *("gansmith.game.torch_game", "gansmith.nets.build", "gansmith.cli.training.progress", "PIL.ImageDraw", "tomli_w"),
    *("gansmith.metrics.evaluation", "gansmith.compare.cell", "gansmith.training.machine", "concurrent.futures.thread"),
    *("gansmith.studio.steering.job", "gansmith.studio.steering.questions", "gansmith.studio.starting.reader"),
)
LEFT_OUT = ("pandas", "pyarrow")
"""scikit-learn would import pandas, pandas pyarrow, and that begins a thread, with which no process can be forked. Gansmith
hands none of them a data frame."""
ENDED = struct.Struct("<i")
CAN = b"+"
FORKING, WAITING = threading.Lock(), threading.Lock()
Stream = int | IO[Any] | None


# ---- the tests' side


class Forked:
    """A process that another one has forked; like `subprocess.Popen` as far as it is used here and in the package."""

    def __init__(
        self,
        asking: socket.socket,
        args: Sequence[str],
        *,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        text: bool = False,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        start_new_session: bool = False,
    ) -> None:
        """asking: leads to the process that forks. args: [sys.executable, "-m", a module, ...]."""
        self.args, self.returncode = list(args), None
        self.ending, theirs = socket.socketpair()
        request = {
            "module": args[2],
            "words": [*args[3:]],
            "environment": dict(os.environ if env is None else env),
            "folder": str(cwd or Path.cwd()),
            "session": start_new_session,
        }
        with contextlib.ExitStack() as sent:
            self.stdin, given = self._piped(stdin, 0, sent, text)
            self.stdout, output = self._piped(stdout, 1, sent, text)
            self.stderr, errors = (None, output) if stderr == STDOUT else self._piped(stderr, 2, sent, text)
            words = json.dumps(request).encode()
            with theirs, FORKING:
                descriptors = [theirs.fileno(), given, output, errors]
                socket.send_fds(asking, [struct.pack("<I", len(words))], descriptors)
                asking.sendall(words)
        (self.pid,) = ENDED.unpack(self.ending.recv(ENDED.size))

    returncode: int | None

    def _piped(self, asked: Stream, number: int, sent: contextlib.ExitStack, text: bool) -> tuple[Any, int]:
        """Our end of a stream, where it is a pipe, and the descriptor of the other end, which is closed once it was sent."""
        if asked is None or asked == DEVNULL:
            theirs = os.open(os.devnull, os.O_RDWR) if asked == DEVNULL else os.dup(number)
            ours = None
        elif asked == PIPE:
            reader, writer = os.pipe()
            end, theirs = (writer, reader) if number == 0 else (reader, writer)
            mode = "w" if number == 0 else "r"
            ours = os.fdopen(end, mode, encoding="utf-8") if text else os.fdopen(end, mode + "b")
        else:
            ours, theirs = None, os.dup(asked if isinstance(asked, int) else asked.fileno())
        sent.callback(os.close, theirs)
        return ours, theirs

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        with contextlib.suppress(TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended; that of a signal is negative."""
        if self.returncode is None and not select.select([self.ending], [], [], timeout)[0]:
            raise TimeoutExpired(self.args, timeout or 0)
        with WAITING:  # several threads may wait for one process
            if self.returncode is None:
                self.returncode = os.waitstatus_to_exitcode(*ENDED.unpack(self.ending.recv(ENDED.size)))
                self.ending.close()
        return self.returncode

    def send_signal(self, kind: int) -> None:
        """Send it a signal, if it lives."""
        if self.poll() is None:
            os.kill(self.pid, kind)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """What it says until its end, after it was given `input`; None where that leads elsewhere."""
        said: dict[str, Any] = {"stdout": None, "stderr": None}

        def read(name: str) -> None:
            said[name] = getattr(self, name).read()

        def write() -> None:
            with contextlib.suppress(BrokenPipeError), self.stdin:
                self.stdin.write(input)

        threads = [threading.Thread(target=read, args=(name,), daemon=True) for name in said if getattr(self, name)]
        threads += [threading.Thread(target=write, daemon=True)] if self.stdin is not None and input else []
        for thread in threads:
            thread.start()
        if self.stdin is not None and not input:
            self.stdin.close()
        for thread in threads:
            thread.join(timeout)
            if thread.is_alive():
                raise TimeoutExpired(self.args, timeout or 0)
        self.wait(timeout)
        self._close()
        return said["stdout"], said["stderr"]

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        self.wait()

    def _close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


Process = Forked | subprocess.Popen[str]


def begin(args: Sequence[str], **options: Any) -> Any:
    """What `subprocess.Popen` would return, or a process that begins at once, where it is one of Gansmith's modules."""
    ours = list(args[:2]) == [sys.executable, "-m"] and args[2].partition(".")[0] == "gansmith"
    asking = forking() if ours else None
    return subprocess.Popen(args, **options) if asking is None else Forked(asking, args, **options)


QUICK_SUBPROCESS = SimpleNamespace(**{**vars(subprocess), "Popen": begin})
"""For the name `subprocess` in a module of the package: what it starts begins at once."""


def start(*arguments: object, stdin: Stream = DEVNULL, stdout: Stream = PIPE, stderr: Stream = PIPE) -> Process:
    """Begin `gansmith` with these arguments; streams are text."""
    command = [sys.executable, "-m", "gansmith", *map(str, arguments)]
    return begin(command, stdin=stdin, stdout=stdout, stderr=stderr, text=True)


def ended(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The same, to its end."""
    process = start(*arguments)
    stdout, stderr = process.communicate()
    assert process.returncode is not None
    return subprocess.CompletedProcess([*arguments], process.returncode, stdout, stderr)


@cache
def forking() -> socket.socket | None:
    """The socket to the process that forks, which ends with this one; None where there can be none."""
    if sys.platform != "linux":  # macOS's own libraries do not survive a fork
        return None
    ours, theirs = socket.socketpair()
    command = [sys.executable, __file__, str(theirs.fileno())]
    environment = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, pass_fds=[theirs.fileno()], env=environment, stdin=DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours if ours.recv(1) == CAN else None


# ---- the side that forks


def hurry() -> None:
    """What tests/conftest.py leaves out of pages, and where it hurries, is so in every process that is forked."""
    for module, name, value in (
        ("data.toys.glyphs", "COUNT", 1000),
        ("report.plots", "overview", lambda rows, probability: b""),
        ("metrics.feature_networks.classifier", "UPDATES", 2),
        ("metrics.feature_networks.self_supervised", "UPDATES", 2),
    ):
        setattr(importlib.import_module(f"gansmith.{module}"), name, value)


def serve(asking: socket.socket) -> dict[str, Any]:
    """Fork a process a request, and tell how each ended. Returns in those processes alone, with what they were asked."""
    endings: dict[int, socket.socket] = {}
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who asks
    signal.set_wakeup_fd(wakes.fileno())
    while True:
        ready, _, _ = select.select([asking, woken], [], [])
        if woken in ready:
            woken.recv(4096)
            tell_ends(endings)
        if asking in ready:
            head, descriptors, _, _ = socket.recv_fds(asking, 4, 4)
            if not head:
                raise SystemExit
            text = asking.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL)
            ending = socket.socket(fileno=descriptors[0])
            number = os.fork()
            if number == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for one in (asking, woken, wakes, ending, *endings.values()):
                    one.close()
                return json.loads(text) | {"streams": descriptors[1:]}
            ending.send(ENDED.pack(number))
            endings[number] = ending
            for descriptor in descriptors[1:]:
                os.close(descriptor)


def tell_ends(endings: dict[int, socket.socket]) -> None:
    """Tell whoever waits for those that have ended."""
    for number in list(endings):
        found, status = os.waitpid(number, os.WNOHANG)
        if found:
            with endings.pop(number) as ending, contextlib.suppress(OSError):
                ending.send(ENDED.pack(status))


def become(asked: dict[str, Any]) -> None:
    """This process is the program that was asked for."""
    if asked["session"]:
        os.setsid()
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    for number, descriptor in enumerate(asked["streams"]):
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout, sys.stderr = (
        io.TextIOWrapper(
            os.fdopen(number, "wb", closefd=False), "utf-8", errors, line_buffering=number == 2 or os.isatty(1)
        )
        for number, errors in ((1, "strict"), (2, "backslashreplace"))
    )
    sys.path[0] = asked["folder"]
    sys.argv[1:] = asked["words"]


if __name__ == "__main__":
    sys.modules.update(dict.fromkeys(LEFT_OUT))  # importing them fails, as where they are not installed
    for name in IMPORTED:
        importlib.import_module(name)
    hurry()
    for name in LEFT_OUT:
        del sys.modules[name]  # a command that reads such a file may import them
    gc.collect()
    gc.freeze()
    asking = socket.socket(fileno=int(sys.argv[1]))
    if len(os.listdir("/proc/self/task")) > 1:  # some library has begun one more thread, which a fork would lose
        raise SystemExit
    asking.sendall(CAN)
    program = serve(asking)
    become(program)
    runpy.run_module(program["module"], run_name="__main__", alter_sys=True)

"""The program: `python -m gansmith`, and the command `gansmith`."""

import _thread
import contextlib
import signal
import sys
import threading
import time

SOON = 0.02  # seconds


def again(lost: "sys.UnraisableHookArgs") -> None:
    """CPython drops a Ctrl-C that comes within a destructor, or a weak reference's callback: it is sent again soon."""
    if lost.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(lost)
        return
    with contextlib.suppress(RuntimeError):  # the program ends just now
        threading.Thread(target=interrupt, daemon=True).start()


def interrupt() -> None:
    """Ctrl-C for the main thread, once it has left `again`; where the system can, it ends a wait too."""
    main = threading.main_thread().ident or 0
    while runs_again(main):  # where it would be dropped too
        time.sleep(SOON)
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, signal.SIGINT)
    else:
        _thread.interrupt_main()


def runs_again(thread: int) -> bool:
    """Whether a thread is within `again`."""
    frame = sys._current_frames().get(thread)
    while frame is not None and frame.f_code is not again.__code__:
        frame = frame.f_back
    return frame is not None


def run_and_exit() -> None:
    """Run the command that was typed; the exit code is its own, whenever Ctrl-C came."""
    sys.unraisablehook = again
    try:
        from gansmith.cli import main

        code = main()
    except KeyboardInterrupt:  # before the command had begun, or after its end
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: a late Ctrl-C changes nothing
    # CPython remembers a KeyboardInterrupt that passed through an exec() of text, as in a dataclass that was being
    # made, also where it was caught, and would end by the signal instead of the code. Another exec() makes it forget.
    exec("")
    sys.exit(code)


if __name__ == "__main__":
    run_and_exit()

"""`gansmith studio`."""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path
from urllib.parse import quote

from gansmith.cli.parser import Parser, integer

TOKEN = "the secret that opens it (default: one is drawn; for other machines at least 16 characters)"
HOST = "serve it to other machines, by this address of yours: whoever has the link can train and delete here"


def add_arguments(parser: Parser) -> None:
    """The options of `studio`."""
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        default=None,
        metavar="FOLDER|RUN",
        help="a folder of runs, or a run (default: runs)",
    )
    parser.add_argument("--port", type=integer, default=0, metavar="N", help="the port (default: a free one)")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=HOST)
    parser.add_argument("--no-browser", action="store_true", help="print the link, and open no browser")
    parser.add_argument("--token", default="", metavar="T", help=TOKEN)


def run(options: argparse.Namespace) -> int:
    """Serve until Ctrl-C."""
    from gansmith.ground.errors import RunError
    from gansmith.ground.files.runfolder import RUNS, RunFolder
    from gansmith.studio.opening import door
    from gansmith.studio.server import Address, serve

    folder, opened = options.folder or Path(RUNS), ""
    if options.folder is None:
        folder.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise RunError(f"{folder} is no folder: give a folder of runs, or a run, or nothing for the folder runs")
    if RunFolder(folder).recipe.is_file():
        folder, opened = folder.resolve().parent, f"&open={quote(folder.resolve().name, safe='')}"
    address = Address(options.host, options.port, options.token)

    with door(folder.resolve()) as own:

        def ready(link: str) -> None:
            own.keep(link)
            print(f"the studio on {folder}: {link}{opened}", flush=True)
            print("Ctrl-C closes it; trainings go on", file=sys.stderr)
            if not options.no_browser:
                threading.Thread(target=own.show, args=(link + opened,), daemon=True).start()  # some wait for its end

        if not own.is_mine:
            link = own.other()
            if address != Address():
                raise RunError(
                    f"a studio on {folder} is open already, at {link.partition('#')[0]}: close it to have another address, or "
                    "leave --host, --port and --token out to open it"
                )
            print(f"the studio on {folder} is open already: {link}{opened}", flush=True)
            if not options.no_browser:
                own.show(link + opened)
            return 0
        try:
            serve(folder.resolve(), address, ready)
        except KeyboardInterrupt:
            print("the studio is closed; trainings go on, and show up when it is opened again", file=sys.stderr)
    return 0

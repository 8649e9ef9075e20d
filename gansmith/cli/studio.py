"""`gansmith studio`."""

from __future__ import annotations

import argparse
import sys
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
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.studio.server import Address, serve

    folder, opened = options.folder or Path("runs"), ""
    if options.folder is None:
        folder.mkdir(exist_ok=True)
    if not folder.is_dir():
        raise RunError(f"{folder} is no folder: give a folder of runs, or a run, or nothing for the folder runs")
    if RunFolder(folder).recipe.is_file():
        folder, opened = folder.resolve().parent, f"&open={quote(folder.resolve().name, safe='')}"

    def ready(link: str) -> None:
        print(f"the studio on {folder}: {link}{opened}", flush=True)
        print("Ctrl-C closes it; trainings go on", file=sys.stderr)
        if not options.no_browser:
            import threading
            import webbrowser

            threading.Thread(
                target=webbrowser.open, args=(link + opened,), daemon=True
            ).start()  # some wait for its end

    try:
        serve(folder.resolve(), Address(options.host, options.port, options.token), ready)
    except KeyboardInterrupt:
        print("the studio is closed; trainings go on, and show up when it is opened again", file=sys.stderr)
    return 0

"""`gansmith completion`: scripts by which a shell completes commands, options, recipes, runs, data sets and settings.

shtab turns the parsers into scripts. What it cannot know stands in the table `WORDS`, and in a function for each shell.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args
from zlib import crc32

from gansmith.cli.parser import Command, Parser

SHELLS = ("bash", "zsh", "fish", "tcsh")


@dataclass(frozen=True)
class Words:
    """What may stand in a place: these words, and paths of a kind: "file", "folder", "run" (a folder with a recipe.toml)."""

    words: tuple[str, ...] = ()
    paths: str = ""


def add_arguments(parser: Parser) -> None:
    """The options of `completion`."""
    parser.add_argument("shell", choices=SHELLS, help="the shell that is to complete")


def run(options: argparse.Namespace) -> int:
    """Print the script."""
    from gansmith.cli.commands import COMMANDS

    print(script(options.shell, COMMANDS))
    return 0


def script(shell: str, commands: dict[str, Command]) -> str:
    """The script for a shell. It needs no Gansmith when it runs: all names are in it."""
    import shtab

    text = shtab.complete(whole_parser(commands), shell)
    return text + (BASH_VALUES.replace("CASES", "\n".join(_cases())) if shell == "bash" else "")


def whole_parser(commands: dict[str, Command]) -> argparse.ArgumentParser:
    """Every command and option in one parser, each with what may stand there."""
    parser = argparse.ArgumentParser("gansmith")
    parser.add_argument("--version", action="store_true", help="print the version")
    subparsers = parser.add_subparsers(parser_class=Parser)
    for name, command in commands.items():
        module = importlib.import_module(command.module)
        module.add_arguments(subparsers.add_parser(name, help=command.summary))
    _fill(subparsers)
    return parser


def _fill(subparsers: Any, path: str = "") -> None:
    for name, parser in subparsers.choices.items():
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                _fill(action, f"{path}{name} ")
            elif action.choices is None and action.nargs != 0 and (found := _words(f"{path}{name}", action)):
                action.complete = _completion(found)


def _words(command: str, action: argparse.Action) -> Words | None:
    """What may stand in the place of an argument: by command and name, by name, else by its type."""
    name = action.option_strings[-1] if action.option_strings else action.dest
    table = WORDS.get(f"{command} {name}") or WORDS.get(name)
    if table is not None:
        return table()
    if action.type is Path:
        return Words(paths="folder" if action.metavar == "DIR" else "file")
    return None


def _recipes() -> Words:
    from gansmith import recipes

    return Words(tuple(recipes.names()), "file")


def _sources() -> Words:
    from gansmith.data.sources import SOURCES

    return Words(tuple(SOURCES), "file")


def _settings() -> Words:
    """Every setting as `--set` takes it: with each of its choices, else up to the equals sign."""
    from gansmith.ground.recipes.meanings import tables

    keys = [key for table in tables() for key in table.keys]
    return Words(tuple(f"{key.name}={choice}" for key in keys for choice in key.choices or ("",)))


def _prefixes() -> Words:
    from gansmith.ground.recipes.meanings import tables

    return Words(tuple(name for table in tables() for name in (table.name, *(key.name for key in table.keys)) if name))


def _downloads() -> Words:
    from gansmith.data.fetch import DOWNLOADS

    return Words(tuple(DOWNLOADS))


def _trackers() -> Words:
    from gansmith.ground.recipes.settings import TrackerName

    return Words((*get_args(TrackerName), "none"))


WORDS: dict[str, Callable[[], Words]] = {
    "recipe": _recipes,
    "recipes": _recipes,
    "recipes name": _recipes,
    "run": lambda: Words(paths="run"),
    "what": lambda: Words(paths="run"),
    "--data": _sources,
    "source": _sources,
    "data get name": _downloads,
    "--set": _settings,
    "prefix": _prefixes,
    "--track": _trackers,
    "--device": lambda: Words(("auto", "cpu", "cuda", "mps")),
    "--checkpoint": lambda: Words(("last", "best")),
    "articles names": lambda: Words(("000", "001", "002", "003", "004")),
}
"""By the name of an argument, with its command where that matters: what may stand there."""

PATHS: dict[str, dict[str, str]] = {
    "": {"bash": "", "zsh": "", "fish": "", "tcsh": ""},
    "file": {
        "bash": '_shtab_compgen_files "$1"',
        "zsh": "_files",
        "fish": "__fish_complete_path (commandline -ct)",
        "tcsh": "f",
    },
    "folder": {
        "bash": '_shtab_compgen_dirs "$1"',
        "zsh": "_files -/",
        "fish": "__fish_complete_directories (commandline -ct)",
        "tcsh": "d",
    },
    "run": {
        "bash": 'local d; for d in "$1"*/ "$1"*/*/; do [ -f "${d}recipe.toml" ] && echo "${d%/}"; done; '
        '_shtab_compgen_dirs "$1"',
        "zsh": "local -a found; found=($PREFIX*/recipe.toml(N:h) $PREFIX*/*/recipe.toml(N:h)); compadd -a found; _files -/",
        "fish": "for file in (commandline -ct)*/recipe.toml (commandline -ct)*/*/recipe.toml; dirname $file; end; "
        "__fish_complete_directories (commandline -ct)",
        "tcsh": "d",
    },
}
"""How each shell offers paths of a kind."""


def _completion(found: Words) -> dict[str, Any]:
    """shtab's description of words and paths: the name of a function for each shell, and its text."""
    words, paths = " ".join(found.words), PATHS[found.paths]
    name = f"_gansmith_{crc32(f'{words}:{paths}'.encode()):08x}"
    before = dict.fromkeys("".join(word.partition("=")[:2]) for word in found.words)  # bash stops at the equals sign
    open_ended = " -S ''" if words.endswith("=") or "= " in words else ""
    say = {
        "bash": f'compgen -W "{" ".join(before)}" -- "$1"',
        "zsh": f"compadd{open_ended} -- {words}",
        "fish": f"printf '%s\\n' {words}",
    }
    body = {shell: "; ".join(filter(None, [text if words else "", paths[shell]])) for shell, text in say.items()}
    return {
        "bash": name,
        "zsh": name,
        "fish": f"({name})",
        "tcsh": f"({words})" if words else paths["tcsh"],  # it cannot offer both
        "preamble": {
            "bash": f"{name}() {{ {body['bash']}; }}\n",
            "zsh": f"{name}() {{ {body['zsh']}; }}\n",
            "fish": f"function {name}; {body['fish']}; end\n",
        },
    }


BASH_VALUES = """
# bash takes `--set loss.name=hinge` apart at the equals sign, and puts a space after it
_gansmith_values() { case "$1" in
CASES
esac; }
_gansmith_bash() {
  local word="${COMP_WORDS[COMP_CWORD]}" at=$((COMP_CWORD - 1))
  [ "$word" = "=" ] && word="" && at=$COMP_CWORD
  if [ "$at" -ge 2 ] && [ "${COMP_WORDS[at]}" = "=" ] && [ "${COMP_WORDS[at - 2]}" = "--set" ]; then
    COMPREPLY=($(compgen -W "$(_gansmith_values "${COMP_WORDS[at - 1]}")" -- "$word"))
    return
  fi
  _shtab_gansmith "$@"
  case "${COMPREPLY[0]}" in *=) [ ${#COMPREPLY[@]} -eq 1 ] && compopt -o nospace ;; esac
}
complete -o filenames -F _gansmith_bash gansmith
"""


def _cases() -> Sequence[str]:
    """A line of a `case` for each setting that has choices."""
    from gansmith.ground.recipes.meanings import tables

    return [f'{key.name}) echo "{" ".join(key.choices)}" ;;' for t in tables() for key in t.keys if key.choices]

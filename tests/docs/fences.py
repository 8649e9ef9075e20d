"""The commands that the documentation shows, and how the tests shorten those that they run.

A fence marked `sh` in a page of docs/guide holds commands that a test runs, in order, in a folder with a small run and a few
pictures. A fence marked `console` holds commands that no test can run (downloads, several GPUs, hours): they are parsed by
the real parser. In all other pages both kinds are parsed only.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"
GUIDE = tuple(sorted((DOCS / "guide").glob("*.md")))
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))

RUN_SCRIPT_ONLY = ("test", "lint", "docs")
"""What `./run` does itself."""

BUDGETS = ("--updates", "--images", "--epochs", "--minutes")
SMALL = "--updates 2 --set data.batch=16 --set watch.samples=4 --set threads=1"
PICTURES = "--count 2 --restarts 1 --steps 2"


@dataclass(frozen=True)
class Shorter:
    """How a command is shortened: options taken out, each with its values, and options put in before those that stay."""

    out: tuple[str, ...] = ()
    into: str = ""


SHORTER: dict[str, Shorter] = {
    "train": Shorter(BUDGETS, SMALL),
    "train digits": Shorter(
        BUDGETS, f"{SMALL} --set data.first=256 --set generator.widths=[16,8,8] --set discriminator.widths=[8,8,8]"
    ),
    "train glyphs": Shorter(BUDGETS, f"{SMALL} --updates 40 --set data.first=256"),  # traits that vary at all
    "resume": Shorter(BUDGETS, "--updates 4"),
    "sample": Shorter(("--count",), "--count 20"),
    "evaluate": Shorter(("--count",), "--count 20"),
    "compare": Shorter(
        (*BUDGETS, "--seeds", "--count"), "--updates 2 --seeds 1 --count 20 --jobs 1 --set watch.samples=4"
    ),
    "bench": Shorter(("--seconds",), "--seconds 0.1 --threads 1 --batch 4"),
    "data prepare": Shorter((), "--workers 1"),
    "explore average": Shorter((), "--count 60"),
    "explore scale": Shorter((), "--frames 2"),
    "explore control": Shorter((), "--count 60 --samples 2 --rounds 1"),
    "explore interpolate": Shorter((), "--steps 2"),
    "explore traverse": Shorter((), "--steps 2"),
    "explore project": Shorter((), PICTURES),
    "explore inpaint": Shorter(("--variants",), f"{PICTURES} --variants 1"),
    "explore sense": Shorter(("--measurements",), f"{PICTURES} --measurements=20"),
    "explore upscale": Shorter((), PICTURES),
}
"""A command's name, with the word after it where that decides, to what is changed in it."""

LEFT_ALONE = {"--help", "--dry-run"}
"""Options of commands that are not shortened, as they do little."""
SAYS_HOW_MANY = {"--seeds", "--latents", "--between"}
"""Options of `sample` that tell the number of samples themselves."""


def blocks(page: Path, *languages: str) -> list[str]:
    """The texts of a page's fences in these languages."""
    text = page.read_text(encoding="utf-8")
    fences = re.findall(r"^```([\w{}-]*)[^\n]*\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    return [body for language, body in fences if language in languages]


def commands(page: Path, *languages: str) -> list[str]:
    """The command lines of a page's fences; a line that ends in a backslash goes on."""
    lines = "\n".join(blocks(page, *languages)).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def words(line: str) -> list[str]:
    """A command line as a shell takes it apart, without comments, settings of the environment and the file it writes to."""
    found = shlex.split(line, comments=True)
    found = found[: found.index(">")] if ">" in found else found
    while found and re.match(r"[A-Z_]+=", found[0]):
        found = found[1:]
    return found


def calls(line: str) -> list[list[str]]:
    """The arguments of each `gansmith` in a line: `./run ...`, `gansmith ...`, `torchrun ... -m gansmith ...`."""
    found = []
    for part in line.split("&&"):
        command = words(part)
        script = command[:1] == ["./run"] and command[1] not in RUN_SCRIPT_ONLY
        if script or command[:1] == ["gansmith"]:
            found.append(command[1:])
        elif "-m" in command and command[command.index("-m") + 1] == "gansmith":
            found.append(command[command.index("-m") + 2 :])
    return found


def shortened(arguments: list[str]) -> list[str]:
    """The same command, so short that a test can run it."""
    command, *rest = arguments
    name = next((word for word in rest[: 2 if command == "explore" else 1][-1:] if not word.startswith("-")), "")
    rule = SHORTER.get(f"{command} {name}", SHORTER.get(command))
    if rule is None or LEFT_ALONE & set(rest) or (command == "sample" and SAYS_HOW_MANY & set(rest)):
        return arguments
    kept, skip = [], False
    for word in rest:
        skip = word in rule.out or (skip and not word.startswith("--"))
        if not skip:
            kept.append(word)
    at = {"explore": 2, "data": 1}.get(command, 0)  # after a run and a verb, but before names of any number
    return [command, *kept[:at], *shlex.split(rule.into), *kept[at:]]

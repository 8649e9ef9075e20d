"""The process that looks at data for the form: what it is, what it makes of a recipe, and what would be refused.

The studio starts it as `python -m gansmith.studio.starting.reader`, because arrays, tables and archives are read whole: a file that
takes all memory, or that crashes its reader, ends this process and not the studio. Looks are remembered as long as it lives.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import IO, Any

from gansmith import recipes as cookbook
from gansmith.data.sources import SOURCES
from gansmith.ground.errors import GansmithError, brief, printable
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.studio.errors import StudioError
from gansmith.studio.starting.check import Wanted, checked, planned, recipe_for, resolved
from gansmith.studio.starting.form import groups
from gansmith.studio.starting.given_sources import need_room
from gansmith.studio.starting.lengths import UNITS

LEAST_MEMORY = 2**31  # bytes that the process may have on the smallest machine; else half of the machine's

Given = dict[str, Any]


def work(given: IO[str], told: IO[str]) -> None:
    """Answer lines of JSON {"do": ..., ...} by lines {"found": ...} or {"refused": [status, sentence]}, until the studio is gone."""
    for line in given:
        told.write(json.dumps(answer(json.loads(line))) + "\n")
        told.flush()


def answer(request: Given) -> Given:
    """What is answered."""
    try:
        if request.get("source"):
            need_room(request["source"])
        return {"found": WORK[request["do"]](request)}
    except StudioError as error:
        return {"refused": [error.status, str(error)]}
    except GansmithError as error:
        return {"refused": [400, printable(str(error))]}
    except MemoryError:
        return {"refused": [413, "this data takes more memory than half of this machine's: give it in smaller parts"]}
    except Exception as error:
        traceback.print_exc()
        return {"refused": [500, f"this failed ({brief(error)}): the studio's terminal says where"]}


def form(request: Given) -> Given:
    """The fields of a recipe, with what the data asks for."""
    name, reasons = recipe_for(request["recipe"], request["source"]), {}
    recipe = cookbook.load(name)
    source = request["source"] or recipe.data.source
    if source in SOURCES or os.path.isabs(source):
        recipe, remarks = resolved(choose_recipe(recipe, data=source, budget=a_budget(recipe)))
        reasons = dict(reason_of(line) for line in remarks)
    return {"recipe": name, "source": source, "groups": groups(recipe, reasons)}


def check(request: Given) -> Given:
    """Whether a training would be refused."""
    return checked(wanted(request))


def plan(request: Given) -> Given:
    """Nothing. Raises GansmithError where a training would be refused."""
    planned(wanted(request))
    return {}


def look(_: Given) -> Given:
    """Nothing. Its source is refused where it is too large for the memory."""
    return {}


WORK = {"form": form, "check": check, "plan": plan, "look": look}


def wanted(request: Given) -> Wanted:
    """A training as a page describes it."""
    settings, length = request["settings"], request["length"]
    whole: dict[str, Any] = {
        unit: int(value) if unit in ("updates", "images") else value for unit, value in length.items()
    }
    typed = any(key.startswith("budget.") and key[7:] in UNITS for key in settings)
    budget = Budget(**whole) if whole or typed else a_budget(cookbook.load(request["recipe"]))
    return Wanted(request["recipe"], request["source"], settings, budget)


def a_budget(recipe: Recipe) -> Budget:
    """A length for a check of a recipe that has none; it changes nothing else."""
    has = any(getattr(recipe.budget, unit) for unit in UNITS)
    return Budget() if has else Budget(updates=1)


def reason_of(line: str) -> tuple[str, str]:
    """The key and the reason of a line `key = value: reason`."""
    key, _, rest = line.partition(" = ")
    return key, rest.partition(": ")[2]


def limit_memory() -> None:
    """Take at most half of the machine's memory; files that are mapped do not count. Nothing where a system has no such limit."""
    if sys.platform == "win32":
        return
    import resource

    most = max(LEAST_MEMORY, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


if __name__ == "__main__":
    limit_memory()
    work(sys.stdin, sys.stdout)

"""How long a training is to be, as a page sends it: words of the command line."""

from __future__ import annotations

import re

from gansmith.studio.answers import Given
from gansmith.studio.errors import StudioError

UNITS = ("updates", "images", "epochs", "minutes")
NUMBER = re.compile(r"\+?[0-9]{1,12}(\.[0-9]{1,6})?(e[0-9]{1,2})?")


def length_words(given: Given, *, resumed: bool = False) -> list[str]:
    """The words for a length, such as ["--updates=100"]; [] where none is given. resumed: "+100" is 100 more. Raises
    StudioError."""
    found = {unit: str(given[unit]).strip() for unit in UNITS if given.get(unit) not in (None, "")}
    if len(found) > 1:
        raise StudioError(400, f"give one of {' and '.join(found)}, not both")
    for unit, text in found.items():
        if not NUMBER.fullmatch(text) or (text.startswith("+") and not resumed):
            raise StudioError(400, f"{unit} is {text[:40]!r}: give a number above 0")
    return [f"--{unit}={text}" for unit, text in found.items()]

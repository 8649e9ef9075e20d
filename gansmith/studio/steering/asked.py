"""What a page may ask of a steering job: the verbs, and the options of each with their bounds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from gansmith.data.formats.listing import Unreadable
from gansmith.data.preparation.decode import header
from gansmith.ground.errors import nearest
from gansmith.studio.errors import StudioError

MOST_BYTES = 2**24  # of an encoded picture
MOST_PIXELS = 24_000_000  # of a picture that is to be decoded: what a camera makes


@dataclass(frozen=True)
class Number:
    """A whole number from `least` to `most`."""

    default: int
    least: int
    most: int

    def read(self, name: str, value: object) -> int:
        """The value. Raises StudioError."""
        if isinstance(value, int) and not isinstance(value, bool) and self.least <= value <= self.most:
            return value
        raise StudioError(400, f"{name} is {value!r}: give a whole number from {self.least} to {self.most}")


@dataclass(frozen=True)
class Word:
    """A text: one of `choices`, or any short one where there are none."""

    default: str = ""
    choices: tuple[str, ...] = ()

    def read(self, name: str, value: object) -> str:
        """The value. Raises StudioError."""
        if isinstance(value, str) and len(value) <= 200 and (not self.choices or value in self.choices):
            return value
        known = f"one of {', '.join(self.choices)}" if self.choices else "a text of at most 200 characters"
        raise StudioError(400, f"{name} is {str(value)[:40]!r}: give {known}")


@dataclass(frozen=True)
class Verb:
    """What a job does: its options, the module of `gansmith.studio.steering` that does it, and whether it takes a picture."""

    module: str
    options: Mapping[str, Number | Word]
    picture: bool = False
    mask: bool = False


SEARCH = {
    "steps": Number(300, 25, 2000),
    "label": Word(),  # "" = searched
    "seed": Number(0, 0, 2**31 - 1),
}
SURVEY = {"count": Number(1000, 200, 5000), "seed": Number(0, 0, 2**31 - 1)}

VERBS: dict[str, Verb] = {
    "project": Verb("searching", {**SEARCH, "restarts": Number(4, 1, 16)}, picture=True),
    "inpaint": Verb("searching", {**SEARCH, "variants": Number(4, 1, 8)}, picture=True, mask=True),
    "upscale": Verb("searching", {**SEARCH, "restarts": Number(4, 1, 16)}, picture=True),
    "traits": Verb("learning", SURVEY),
    "directions": Verb(
        "learning", {**SURVEY, "method": Word("principal", ("principal", "factorised")), "number": Number(8, 1, 24)}
    ),
    "styles": Verb("learning", SURVEY),
}


def read(body: object) -> dict[str, Any]:
    """A request for a job, with every option that it leaves out. Raises StudioError."""
    if not isinstance(body, dict):
        raise StudioError(400, "a job is asked for as a JSON object with a verb")
    name = body.get("verb")
    if not isinstance(name, str) or name not in VERBS:
        raise StudioError(400, f"unknown verb {str(name)[:40]!r}{nearest(str(name)[:40], VERBS)}")
    verb, given = VERBS[name], body.get("options", {})
    if not isinstance(given, dict):
        raise StudioError(400, "options are a JSON object")
    for key in given:
        if key not in verb.options:
            raise StudioError(400, f"{name} has no option {str(key)[:40]!r}{nearest(str(key)[:40], verb.options)}")
    options = {key: row.read(key, given.get(key, row.default)) for key, row in verb.options.items()}
    request: dict[str, Any] = {"verb": name, "options": options}
    for part, wanted in (("picture", verb.picture), ("mask", verb.mask)):
        if wanted:
            request[part] = checked(part, body.get(part))
    checkpoint = body.get("checkpoint", "last")
    return {**request, "checkpoint": Word().read("checkpoint", str(checkpoint))}


def checked(what: str, encoded: object) -> str:
    """A picture in base64 whose header says that it may be decoded. Raises StudioError."""
    if not isinstance(encoded, str) or not encoded:
        raise StudioError(400, f"this needs a {what}: send one in base64")
    if len(encoded) > MOST_BYTES * 4 // 3 + 4:
        raise StudioError(413, f"the {what} is larger than {MOST_BYTES // 2**20} MB: give a smaller one")
    try:
        head = header(BytesIO(base64.b64decode(encoded, validate=True)))
    except (binascii.Error, ValueError):
        raise StudioError(400, f"the {what} is no base64") from None
    except Unreadable as error:
        raise StudioError(400, f"the {what} cannot be read ({error}): give a PNG or a JPEG") from None
    if head.width * head.height > MOST_PIXELS:
        raise StudioError(
            413, f"the {what} has {head.width} x {head.height} pixels, more than {MOST_PIXELS:,}: make it smaller first"
        )
    return encoded

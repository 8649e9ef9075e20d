"""The jobs traits, directions and styles: what the sliders add. They are stored with the run, as by `gansmith explore`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gansmith.explore import explore
from gansmith.explore import options as verbs
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import Exploration
from gansmith.latent.appearance import traits as measured
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import stored_vectors
from gansmith.studio.steering.generator import packed
from gansmith.studio.steering.lines import Lines
from gansmith.trained.generator import Generator, load

SAMPLES = 64  # pictures that decide which traits vary


def traits(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """A direction for each trait that varies."""
    generator = load(request["run"], None, request["checkpoint"])
    need_pictures(generator, "measuring traits")
    asked = request["options"]
    options = verbs.Directions(asked["seed"], varying(generator), asked["count"], space="z")
    return learnt(request, "directions", options, lines)


def varying(generator: Generator) -> tuple[str, ...]:
    """The traits that suit such pictures and vary in them. Raises RunError where none does."""
    made = generator.sample(SAMPLES)
    of = generator.kind.traits(generator.units)
    names = of.suited(made)
    found = tuple(name for name in names if measured.varies(of.measures[name], made, of))
    if not found:
        raise RunError(f"none of {', '.join(names)} varies in the samples, as after a collapse: see the run's finding")
    return found


def directions(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """Principal components of the first layer, or the directions that its weights move most."""
    asked = request["options"]
    options = verbs.Directions(
        asked["seed"], count=asked["count"], method=asked["method"], number=asked["number"], space="z"
    )
    return learnt(request, "directions", options, lines)


def styles(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """The means of latents that were sorted by traits."""
    asked = request["options"]
    return learnt(request, "average", verbs.Average(asked["seed"], count=asked["count"], space="z"), lines)


def learnt(request: dict[str, Any], verb: str, options: verbs.Options, lines: Lines) -> dict[str, Any]:
    """Run a verb of `gansmith explore`; what it stored, for the page's sliders, which move z."""
    lines.begin("measuring pictures")
    done = explore(Path(request["run"]), verb, options, checkpoint=request["checkpoint"], progress=lines.share)
    folder = Exploration(done.folder)
    what, path = ("styles", folder.styles) if verb == "average" else ("directions", folder.directions)
    dim = load(request["run"], None, request["checkpoint"]).latent_dim
    found = stored_vectors.read(path, dim, what, verb)
    rows = [packed(name, vector, str(told.get("kind", ""))) for name, (vector, told) in sorted(found.items())]
    return {what: rows, "said": f"{len(rows)} {what} found", "folder": done.folder.name}

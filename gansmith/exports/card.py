"""The card of a trained generator: what it is, for people, below what the Hub reads (YAML)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gansmith.exports import facts
from gansmith.exports.task import Task
from gansmith.ground.version import __version__
from gansmith.trained.parcel import recipe_hash

NAME = "MODEL_CARD.md"
SHOWN = ("fd", "kid", "swd", "precision", "recall", "coverage", "modes", "good", "agreement", "copies", "nearest")
"""The figures that a card shows, by their keys, where they were measured."""


def place(path: Path, text: str, force: bool) -> Path | None:
    """Where the card beside a file goes: MODEL_CARD.md, or <file>.MODEL_CARD.md where that is another run's. None where both
    are taken, and by other text.

    force: a card of the same run may be replaced.
    """
    mark = text.splitlines()[-1]
    for card in (path.with_name(NAME), path.with_name(f"{path.stem}.{NAME}")):
        try:
            there = card.read_text(encoding="utf-8")
        except FileNotFoundError:
            return card
        except (OSError, ValueError):
            continue
        if there == text or (force and there.splitlines()[-1:] == [mark]):
            return card
    return None


def text(task: Task, licence: str, sheet: str = "") -> str:
    """The card. licence: of the data, "" = not stated. sheet: a picture of samples that lies beside it."""
    generator, name = task.generator, facts.name_of_data(task)
    hashed = recipe_hash(generator.recipe)
    what = generator.kind.many
    parts = [
        "---\n"
        + "\n".join(
            f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in metadata(task, licence).items()
        ),
        "---\n",
        f"# A generator of {what} like {name}\n",
        f"The averaged generator of a generative adversarial network (GAN), trained with [Gansmith](#how-to-use) {__version__}.\n",
        *([f"![Samples of the generator]({sheet})\n"] if sheet else []),
        _listed("Data", {"Data": facts.data_line(task), "Licence of the data": licence or "not stated"}),
        _listed("Training", training(task) | {"SHA-256 of the recipe": f"`{hashed}`"}),
        quality(task),
        copies(task),
        INTENDED.format(what=what),
        USE.format(what=what) + (PAGE if generator.kind.pixels else ""),
        f"<!-- card of recipe {hashed[:16]}, update {generator.update or 0} -->",
    ]
    return "\n".join(parts) + "\n"


def metadata(task: Task, licence: str) -> dict[str, Any]:
    """What the Hub reads. The licence of the generator itself is for its author to say."""
    recipe, found = task.generator.recipe, facts.figures(task)
    pictures = task.generator.kind.pixels
    told: dict[str, Any] = {"library_name": "gansmith", "license": "unknown", "data_licence": licence or "not stated"}
    told |= {"pipeline_tag": "unconditional-image-generation"} if pictures else {}
    told["tags"] = ["gan", "gansmith", *(["image-generation"] if pictures else [])]
    if recipe.data.source.startswith("hf:"):
        told["datasets"] = [recipe.data.source.removeprefix("hf:").partition(":")[0]]
    origin = facts.origin(task)
    if origin.startswith("hub:"):
        told["base_model"] = origin.removeprefix("hub:").partition("@")[0]
    name = facts.name_of_data(task)
    if found:
        measured = [
            {"type": key, "name": found[key]["name"], "value": found[key]["value"]} for key in SHOWN if key in found
        ]
        result = {
            "task": {
                "type": "unconditional-image-generation" if pictures else "unconditional-generation",
                "name": "sampling",
            },
            "dataset": {"type": name, "name": name},
            "metrics": measured,
        }
        told["model-index"] = [{"name": f"{recipe.name} on {name}", "results": [result]}]
    return told


def training(task: Task) -> dict[str, str]:
    """How it was trained."""
    recipe, minutes = task.generator.recipe, facts.minutes(task)
    return {
        "Recipe": f"{recipe.name} ({recipe.loss.name} loss, {recipe.generator.net} networks, {recipe.engine} engine)",
        "Seed": str(recipe.seed),
        "Updates": f"{task.generator.update or 0:,}, batches of {recipe.data.batch}",
        "Minutes": f"{minutes:.3g}" if minutes else "not known",
        "Hardware": facts.hardware(task),
        "Started from": facts.origin(task) or "nothing: all weights were drawn",
    }


def quality(task: Task) -> str:
    """The figures beside those of real items."""
    found = facts.figures(task)
    rows = [found[key] for key in SHOWN if key in found]
    if not rows:
        return "## Quality\n\nNot measured (`gansmith evaluate RUN` does it).\n"
    lines = [
        "## Quality\n",
        "| figure | generated | real items among themselves | items | meaning |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        floor = f"{row['floor']:.4g}" if isinstance(row["floor"], int | float) else "not measured"
        lines.append(f"| {row['name']} | {row['value']:.4g} | {floor} | {row['count']:,} | {row.get('meaning', '')} |")
    return (
        "\n".join(lines) + "\n\nNames of features stand in brackets: distances in other features cannot be compared.\n"
    )


def copies(task: Task) -> str:
    """Whether it repeats what it was trained on."""
    found = facts.figures(task).get("copies")
    if found is None:
        told = f"It was not measured whether it repeats {task.generator.kind.many} that it was trained on."
    else:
        number = round(found["value"] * found["count"])
        real = f" (of real items: {found['floor']:.2%})" if isinstance(found["floor"], int | float) else ""
        told = (
            f"Of {found['count']:,} generated items, {number:,} ({found['value']:.2%}) are as near to an item of the training "
            f"data as the nearest hundredth of real items{real}."
        )
    return f"## Copies of the training data\n\n{told}\n"


def _listed(heading: str, lines: dict[str, str]) -> str:
    return f"## {heading}\n\n" + "".join(f"- **{name}**: {value}\n" for name, value in lines.items())


INTENDED = """## Intended use

To make {what} like those of its data, to look at them and to study how a GAN learnt them. Its {what} are invented: they are
evidence of nothing, and they carry the gaps and the leanings of the data. It was measured for nothing but what is listed above.
Whether the licence of the data allows a use is for the user to see to.
"""
USE = """## How to use

- The `.safetensors` file holds the arrays, and in its header the plan of layers. Gansmith reads it (`gansmith pull`,
  `gansmith train RECIPE --from FILE`), and so do some forty lines of plain PyTorch or NumPy.
- The `.onnx` file takes `latents` and, with classes, `labels`, and gives {what}.
"""
PAGE = "- The `.html` file is a page that makes them in a browser.\n"  # of pictures, which alone have one

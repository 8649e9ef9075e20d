"""Reading the files of styles and directions: a vector each, and facts about it as JSON in the metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open

from gansmith.ground.errors import RunError


def read(path: Path, dim: int, what: str, verb: str) -> dict[str, tuple[np.ndarray, dict[str, Any]]]:
    """Every vector float32 (dim,) of a file by its name, with its facts. Raises RunError when the file is damaged or does not
    fit. what: "styles"; verb: of `gansmith explore`, which makes such a file."""
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            found = {
                name: (file.get_tensor(name), dict(json.loads(metadata.get(name, "{}"))))
                for name in file.keys()  # noqa: SIM118 - safe_open is no mapping
            }
    except (OSError, SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path} holds no {what} that can be read ({error}): make them with `gansmith explore RUN {verb}`"
        ) from None
    for name, (vector, _) in found.items():
        if vector.shape != (dim,):
            raise RunError(
                f"{name!r} in {path} has shape {vector.shape}, this generator takes ({dim},): make the {what} again with "
                f"`gansmith explore RUN {verb}`"
            )
    return found

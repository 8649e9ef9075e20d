"""`gansmith push`: a generator, its card and a sheet of its samples on the Hub; with a page of it as a static Space."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.exports import card, html, options, safetensors_file
from gansmith.exports.task import Task, open_task
from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.trained import hub

if TYPE_CHECKING:
    from gansmith.parts import Parts

SHEET = "samples.png"
SHOWN = 64


@dataclass(frozen=True)
class Pushed:
    """Where things are now, and lines for the user."""

    model: str
    space: str | None
    notes: tuple[str, ...]


def push(
    run: str | Path,
    name: str,
    licence: str = "",
    *,
    space: bool = False,
    private: bool = False,
    force: bool = False,
    checkpoint: str = "last",
    parts: Parts | str | Path | None = None,
) -> Pushed:
    """Send a run's averaged generator to the Hub as NAME or OWNER/NAME. Everything is made before anything is sent.

    licence: of the data, as the card tells it. space: also the page of `gansmith export RUN html`, as a static Space of the
    same name. force: a new version where the name is taken. Raises GansmithError.
    """
    package, client = hub.library()
    task = open_task(run, checkpoint, parts=parts)
    files, notes = model_files(task, licence)
    page = html.make(task, options.Html(licence)) if space else None
    told = f"{name}: the card is README.md" + (
        "" if licence else ", and says that the licence of the data is not stated: --licence"
    )
    send = _Sender(package, client, private, force)
    model = send(name, "model", files)
    url = None
    if page is not None:
        url = send(name, "space", {"index.html": page.data, "README.md": space_card(task, model.repo_id).encode()})
    notes = (*task.notes, *notes, *(page.notes if page else ()), told)
    return Pushed(str(model), None if url is None else str(url), notes)


def model_files(task: Task, licence: str) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """What a repository of a generator holds, and lines for the user."""
    made = safetensors_file.make(task, options.Safetensors(licence))
    files = {hub.FILE: made.data}
    generator = task.generator
    if generator.kind.pixels:
        from PIL import Image

        sheet = io.BytesIO()
        pictures = generator.sample(SHOWN)
        Image.fromarray(pixels.grid(pictures, zoom=pixels.display_zoom(*pictures.shape[1:3]))).save(sheet, format="PNG")
        files[SHEET] = sheet.getvalue()
    files["README.md"] = card.text(task, licence, SHEET if SHEET in files else "").encode()
    return files, made.notes


def space_card(task: Task, model: str) -> str:
    """What the Hub reads of a Space."""
    told: dict[str, Any] = {"title": model.rpartition("/")[2], "sdk": "static", "models": [model], "tags": ["gansmith"]}
    lines = "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in told.items())
    return f"---\n{lines}---\n\nA page that makes pictures in the browser, with the generator of [{model}](../../{model}).\n"


@dataclass(frozen=True)
class _Sender:
    """Makes a repository and commits files to it."""

    package: Any
    client: Any
    private: bool
    force: bool

    def __call__(self, name: str, kind: str, files: dict[str, bytes]) -> Any:
        """The repository's URL, with its full name. Raises RunError."""
        operations = [self.package.CommitOperationAdd(path, data) for path, data in files.items()]
        sdk = {"space_sdk": "static"} if kind == "space" else {}
        with hub.in_one_line(name):
            try:
                url = self.client.create_repo(
                    name, repo_type=kind, private=self.private or None, exist_ok=self.force, **sdk
                )
            except self.package.errors.HfHubHTTPError as error:
                if error.response is None or error.response.status_code != 409:
                    raise
                raise RunError(
                    f"a {kind} {name} is on the Hub already: choose another name, or send a new version with --force"
                ) from None
            self.client.create_commit(
                url.repo_id, operations, commit_message="A generator trained with Gansmith", repo_type=kind
            )
        return url

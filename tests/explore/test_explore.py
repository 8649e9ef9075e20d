"""Every verb as a user types it, on a miniature run."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith import cli
from gansmith.data.store import open_store
from gansmith.explore import VERBS, explore, options
from gansmith.explore.styling import scaling_study
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.settings import DataSettings, LatentSettings, NetSettings, PrecisionSettings, Recipe
from gansmith.runs.setup import describe_data
from gansmith.trained.generator import load
from gansmith.training import checkpoint

pytestmark = pytest.mark.usefixtures("hasty_judges")


def make_run(root: Path, labels: str, conditioning: str = "maps") -> Path:
    """An untrained run on a few glyphs at 16x16; the generator is told its class before every convolution."""
    recipe = dataclasses.replace(
        Recipe(),
        device="cpu",
        data=DataSettings(source="glyphs", size="16", first=40, labels=labels),  # pyright: ignore[reportArgumentType]
        latent=LatentSettings(dim=6),
        generator=NetSettings(
            widths=(8, 4),
            output="tanh",
            initial="normal",
            initial_scale=0.3,
            conditioning=conditioning,  # pyright: ignore[reportArgumentType]
        ),
        discriminator=NetSettings(widths=(4, 8)),
        precision=PrecisionSettings("float32"),
    )
    store = open_store(recipe.data)
    folder = RunFolder(root)
    folder.create(recipe)
    write_json(folder.data, describe_data(store))
    game = TorchGame(recipe, (1, 16, 16), store.classes if labels == "classes" else 0)
    checkpoint.save(folder, checkpoint.Checkpoint(7, game.state(), {"seconds": 0.0}))
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "labelled", "classes")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "plain", "none")


QUICK = ["--count", "3", "--steps", "4", "--restarts", "2"]
TYPED: dict[str, tuple[list[str], set[str]]] = {
    "grid": (["--columns", "4"], {"grid.png"}),
    "mix": (["--labels", "1", "4"], {"mix.png"}),
    "truncate": (["--columns", "3", "--levels", "1", "0.5"], {"truncate.png"}),
    "interpolate": (["--stations", "3", "--steps", "3", "--label", "2"], {"walk.png", "walk.webp", "walk.gif"}),
    "traverse": (["--dims", "1", "4", "--steps", "3"], {"traverse.png", "dim-001.png", "dim-004.webp", "dim-004.gif"}),
    "average": (["--count", "120", "--traits", "brightness"], {"averages.png", "styles.safetensors"}),
    "scale": (["--frames", "5"], {"scale.webp", "scale.gif", "scale.png"}),
    "arithmetic": (["light - dark", "--save", "sum"], {"arithmetic.png", "styles.safetensors"}),
    "directions": (["--count", "120", "--traits", "ink", "contrast"], {"directions.png", "directions.safetensors"}),
    "control": (["ink=0.4", "--count", "120", "--samples", "4"], {"control.png", "latents.npz"}),
    "project": (QUICK, {"project.png", "search.webp", "search.gif", "latents.npz"}),
    "inpaint": (
        ["--count", "1", "--steps", "4", "--mask", "left", "full", "--variants", "2"],
        {"inpaint-left.png", "inpaint-full.gif"},
    ),
    "sense": ([*QUICK, "--measurements", "5", "20", "--methods", "lasso-dct", "omp"], {"curve.png", "recovery.webp"}),
    "upscale": ([*QUICK, "--factor", "2"], {"upscale.png", "upscale.webp"}),
}


def test_every_verb_is_typed_here() -> None:
    assert TYPED.keys() == VERBS.keys()


@pytest.mark.parametrize("verb", TYPED)
def test_a_verb_leaves_what_it_says(verb: str, run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments, files = TYPED[verb]
    assert cli.main(["explore", str(run), verb, *arguments]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    folder = RunFolder(run).explorations()[-1].root
    assert last.startswith(str(folder))
    assert folder.name.split("-")[1] == verb
    result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    assert files <= set(result["files"])
    assert set(result["files"]) == {path.name for path in folder.iterdir()} - {"result.json"}
    assert (result["verb"], result["update"], result["options"]["seed"]) == (verb, 7, 0)
    for path in folder.iterdir():
        if path.suffix in (".png", ".webp", ".gif"):
            with Image.open(path) as picture:
                picture.load()
                assert min(picture.size) > 10


def test_json_is_all_that_is_printed(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explore", str(run), "grid", "--columns", "2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["figures"]["columns"] == 2
    assert (Path(told["folder"]) / "grid.png").is_file()


def test_the_same_again_is_the_same(run: Path) -> None:
    asked = options.Project(count=2, steps=3, restarts=2, seed=5)
    first, second = explore(run, "project", asked), explore(run, "project", asked)
    assert first.folder != second.folder
    assert first.figures == second.figures
    for name in first.files:
        assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_found_latents_make_the_projected_pictures(run: Path) -> None:
    result = explore(run, "project", options.Project(samples=True, count=3, steps=40))
    with np.load(result.folder / "latents.npz") as found:
        made = load(run).images(found["latents"], found["labels"])
    sheet = np.asarray(Image.open(result.folder / "project.png"))[:, :, 0]
    zoom = 4
    top, left = 2 + 16 * zoom, 1
    shown = sheet[top : top + 16 * zoom : zoom, left : left + 16 * zoom : zoom]
    assert np.abs(shown.astype(int) - made[0, :, :, 0]).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["scale", "ligth"], "unknown style 'ligth'; did you mean 'light'"),
        (["arithmetic", "light + drak"], "unknown style 'drak'; did you mean 'dark'"),
        (["sense", "--measurements", "0"], "0 measurements: a picture of 256 numbers takes 1 to 256"),
        (["sense", "--measurements", "257"], "257 measurements"),
        (["sense", "--methods", "laso"], "unknown method 'laso'"),
        (["inpaint", "--mask", "centr"], "did you mean 'centre'"),
        (["inpaint", "--mask", "MASK"], "mask.png is 9x9, this generator's pictures are 16x16"),
        (["inpaint", "--mask", "low-resolution", "--variants", "2"], "needs known pixels"),
        (["control"], "no traits are given"),
        (["control", "ink"], "'ink' is not a trait and a number"),
        (["control", "inkk=1"], "unknown trait 'inkk'; did you mean 'ink'"),
        (["control", "saturation=0.5"], "saturation does not vary in the samples: choose of"),
        (["average", "--traits", "hue"], "hue does not vary in the samples: choose of"),
        (["average", "--traits", "slnt"], "did you mean 'slant'"),
        (["average", "--liked", "."], "give both"),
        (["project", "no-such.png"], "no-such.png cannot be read"),
        (["project", "--labels", "12"], "label 12 is none of this generator's 10 classes"),
        (["project", "--labels", "1", "2", "--count", "3"], "2 labels for 3 pictures"),
        (["project", "--restarts", "0"], "at least 1 restart"),
        (["upscale", "--factor", "3"], "3x3"),
        (["mix", "--after", "9"], "after = 9: this generator takes its class at 3 layers, so give 1 to 2"),
        (["truncate", "--levels", "1", "1.5"], "truncation is 1.5"),
        (["traverse", "--dims", "6"], "dimension 6 is none"),
        (["interpolate", "--label", "x"], "label 'x'"),
        (["frown"], "invalid choice: 'frown'"),
    ],
)
def test_refusals_are_one_line_and_leave_nothing(
    arguments: list[str], words: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    explore(run, "average", options.Average(traits=("brightness",), count=60))
    Image.new("L", (9, 9), 255).save(tmp_path / "mask.png")
    arguments = [str(tmp_path / "mask.png") if argument == "MASK" else argument for argument in arguments]
    before = len(RunFolder(run).explorations())
    assert cli.main(["explore", str(run), *arguments]) == 1
    said = capsys.readouterr().err.strip()
    assert words in said
    assert "\n" not in said
    assert len(RunFolder(run).explorations()) == before


def test_a_generator_that_is_told_its_class_once_cannot_mix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = make_run(tmp_path / "once", "classes", "concat")
    assert cli.main(["explore", str(once), "mix"]) == 1
    said = capsys.readouterr().err.strip()
    assert "takes its class at one layer" in said
    assert "generator.conditioning=norm" in said
    assert not RunFolder(once).explore.exists()


def test_what_scaling_does_is_told_in_figures(run: Path) -> None:
    before = len(RunFolder(run).explorations())
    told = scaling_study(run, names=("brightness",), count=60)
    assert len(RunFolder(run).explorations()) == before
    assert told["counts"] == {"light": 20, "dark": 20}
    assert told["norms"]["light"] < told["shell"]
    for where in ("inside", "on_shell"):
        figures = told[where]
        assert -1 <= figures["least_rank_correlation"] <= figures["mean_rank_correlation"] <= 1
        assert 0 <= figures["opposite_side_of_all at -2"] <= 1
        assert figures["styles"]["light"].keys() == {"2", "1", "0", "-1", "-2"}
        assert figures["styles"]["light"]["0"] == figures["styles"]["dark"]["0"] == figures["level_of_the_middle"]
    again = scaling_study(run, names=("brightness",), count=60)
    assert again == told


def test_styles_off_the_shell_say_so_and_how_to_get_there(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explore(run, "average", options.Average(traits=("brightness",), count=60))
    for arguments in (["scale", "--frames", "3"], ["arithmetic", "light - dark"]):
        for shell in ([], ["--shell"]):
            assert cli.main(["explore", str(run), *arguments, *shell]) == 0
            assert ("off-shell" in capsys.readouterr().out) == (not shell)


def test_an_unlabelled_generator_says_so(plain: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["grid"], ["mix"], ["interpolate", "--label", "1"], ["project", "--labels", "1"]):
        assert cli.main(["explore", str(plain), *arguments]) == 1
        assert "labelled" in capsys.readouterr().err
    assert cli.main(["explore", str(plain), "scale"]) == 1
    assert "has no styles yet" in capsys.readouterr().err
    assert not RunFolder(plain).explore.exists()
    for verb in ("traverse", "average", "scale", "project", "inpaint"):
        asked = ["--traits", "brightness", "--count", "60"] if verb == "average" else []
        asked = QUICK if verb in ("project", "inpaint") else asked
        assert cli.main(["explore", str(plain), verb, *asked]) == 0


def test_traits_from_a_users_examples(run: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name, level in (("liked", 200), ("disliked", 40)):
        (tmp_path / name).mkdir()
        for index in range(8):
            noise = random.integers(0, 40, (16, 16), dtype=np.uint8)
            Image.fromarray(noise + np.uint8(level)).save(tmp_path / name / f"{index}.png")
    likes = options.Directions(liked=str(tmp_path / "liked"), disliked=str(tmp_path / "disliked"), count=80)
    assert list(explore(run, "directions", likes).figures["directions"]) == ["liked"]
    lines = ["file,light,even"]
    lines += [
        f"{name}/{index}.png,{level},{index % 2}"
        for name, level in (("liked", 5), ("disliked", 1))
        for index in range(8)
    ]
    (tmp_path / "attributes.csv").write_text("\n".join(lines), encoding="utf-8")
    file = options.Directions(attributes=str(tmp_path / "attributes.csv"), count=80)
    assert list(explore(run, "directions", file).figures["directions"]) == ["light", "even"]
    classes = options.Directions(data="digits", traits=("is-3", "ink"), count=80, apart=True)
    made = explore(run, "directions", classes).figures
    assert list(made["directions"]) == ["is-3", "ink"]


def test_files_of_other_sizes_are_fitted_and_small_ones_enlarged(run: Path, tmp_path: Path) -> None:
    Image.new("RGB", (50, 30), (9, 200, 30)).save(tmp_path / "wide.jpg")
    result = explore(run, "project", options.Project(pictures=(str(tmp_path / "wide.jpg"),), steps=2))
    assert result.figures["count"] == 1
    Image.new("L", (8, 8), 90).save(tmp_path / "small.png")
    result = explore(run, "upscale", options.Upscale(pictures=(str(tmp_path / "small.png"),), steps=2, exact=True))
    assert result.figures["factor"] == 2
    assert result.figures["misfit"] < 1e-4
    Image.new("L", (7, 8), 90).save(tmp_path / "small.png")
    with pytest.raises(RunError, match="no whole part"):
        explore(run, "upscale", options.Upscale(pictures=(str(tmp_path / "small.png"),)))


def test_wrong_uses_from_python(run: Path) -> None:
    with pytest.raises(RunError, match="did you mean 'grid'"):
        explore(run, "grit")
    with pytest.raises(RunError, match=r"grid takes options\.Grid, not Scale"):
        explore(run, "grid", options.Scale())

"""What a hint leads to: names of other programs, names without their table, slips, and settings that are lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from gansmith.cli.commands import COMMANDS
from gansmith.cli.training.train import add_arguments
from gansmith.ground.errors import RecipeError, squeezed, typed
from gansmith.ground.recipes.hints import FOREIGN, MEANT, option_hint, setting_hint
from gansmith.ground.recipes.recipe import flat, override, read
from gansmith.ground.recipes.settings import Recipe

SETTINGS = list(flat(Recipe()))
BOTH_RATES = "'optimizer.generator.rate' or 'optimizer.discriminator.rate'"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("data.batchsize", "'data.batch'"),
        ("batch_size", "'data.batch'"),
        ("batch", "'data.batch'"),
        ("size", "'data.size'"),
        ("loss.size", "'data.size'"),
        ("image_size", "'data.size'"),
        ("lr", BOTH_RATES),
        ("optimizer.lr", BOTH_RATES),
        ("generator.lr", "'optimizer.generator.rate'"),
        ("optimizer.discriminator.learning_rate", "'optimizer.discriminator.rate'"),
        ("beta1", "'optimizer.generator.beta1' or 'optimizer.discriminator.beta1'"),
        ("z_dim", "'latent.dim'"),
        ("dim", "'latent.dim'"),
        ("ngf", "'generator.widths'"),
        ("ndf", "'discriminator.widths'"),
        ("n_critic", "'feedback.discriminator_turns'"),
        ("epochs", "`--epochs N`"),
        ("gpu", "`--device NAME`"),
        ("resume", "`gansmith resume RUN`"),
        ("seeed", "'seed'"),
        ("data.seed", "'seed'"),
        ("los.name", "'loss.name'"),
        ("generator.width", "'generator.widths'"),
        ("optimizer.generator.beta", "'optimizer.generator.beta1'"),
        ("optimiser", "'optimizer'"),
        ("LOSS.NAME", "'loss.name'"),
    ],
)
def test_a_name_leads_to_what_was_meant(name: str, meant: str) -> None:
    assert setting_hint(name, SETTINGS) == f"; did you mean {meant}?"


def test_what_is_like_nothing_is_told_the_tables() -> None:
    assert setting_hint("xyzzy", SETTINGS).startswith("; the tables are data, latent, generator")


def test_the_table_of_foreign_names_is_true(train_options: list[str]) -> None:
    """Every name stands once, as it is looked up, and is no setting's own name of another meaning; what it leads to is there."""
    names = [name for row in FOREIGN for name in row]
    assert len(names) == len(set(names)) == len(MEANT)
    assert names == [squeezed(name) for name in names]
    for name, here in MEANT.items():
        own = [setting for setting in SETTINGS if squeezed(setting.rpartition(".")[2]) == name]
        assert not own or set(own) <= {*here, *(one for one in SETTINGS if one.startswith("budget."))}, name
        for one in here:
            command = one.removeprefix("gansmith ").split()[0]
            assert one in SETTINGS or one.split()[0] in train_options or command in COMMANDS, one


@pytest.fixture
def train_options() -> list[str]:
    """The options of `train`."""
    from gansmith.cli.parser import Parser

    parser = Parser()
    add_arguments(parser)
    return list(parser._option_string_actions)


@pytest.mark.parametrize(
    ("flag", "hint"),
    [
        ("--lr", "; here it is `--set optimizer.generator.rate=...` or `--set optimizer.discriminator.rate=...`"),
        ("--batch-size", "; here it is `--set data.batch=...`"),
        ("--batch", "; here it is `--set data.batch=...`"),
        ("--gpu", "; here it is `--device NAME`"),
        ("--outdir", "; here it is `--out DIR`"),
        ("--udpates", "; did you mean `--updates`?"),
        ("--resume", "; here it is `gansmith resume RUN`"),
        ("--xyzzy", ""),
    ],
)
def test_an_option_of_another_program(flag: str, hint: str, train_options: list[str]) -> None:
    assert option_hint(flag, SETTINGS, train_options) == hint


def test_an_option_is_not_sent_to_where_it_is_not() -> None:
    assert option_hint("--lr", SETTINGS, ["--count", "--seed"]) == ""


@pytest.mark.parametrize("text", ["16,8", "16, 8", "[16, 8]", "[16,8,]", "(16, 8)"])
def test_a_list_needs_no_brackets(text: str) -> None:
    assert override(Recipe(), [f"generator.widths={text}"]).generator.widths == (16, 8)


def test_a_list_of_targets_and_one_of_names() -> None:
    recipe = override(Recipe(), ["loss.real=.8,1", "discriminator.activations=relu,tanh", "generator.norm_first=True"])
    assert recipe.loss.real == (0.8, 1.0)
    assert recipe.discriminator.activations == ("relu", "tanh")
    assert recipe.generator.norm_first is True


@pytest.mark.parametrize(
    "assignment",
    [
        f"data.batch={'9' * 30}",
        f"data.batch={'9' * 5000}",
        f"ema.half_life={'9' * 400}",
        f"generator.widths=[{'[' * 5000}",
    ],
)
def test_what_is_huge_is_refused_in_a_short_line(assignment: str) -> None:
    with pytest.raises(RecipeError) as refused:
        override(Recipe(), [assignment])
    assert len(str(refused.value)) < 250


TEXT = 'seed = 7\n\n[data]\nsource = "größe"\n'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        TEXT.replace("\n", "\r\n").encode("utf-8-sig"),
        b"\xff\xfe" + TEXT.replace("\n", "\r\n").encode("utf-16-le"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
    ],
)
def test_a_recipe_of_any_editor_is_read(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(data)
    recipe = read(path)
    assert (recipe.seed, recipe.data.source) == (7, "größe")


def test_a_recipe_in_an_old_encoding_is_told_which_to_use(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(TEXT.encode("latin-1"))
    with pytest.raises(RecipeError, match="save it as UTF-8"):
        read(path)


def test_a_command_is_typed_as_it_is_said() -> None:
    assert typed("resume", Path("my runs/one"), "--updates", 5) == "gansmith resume 'my runs/one' --updates 5"
    assert typed("report", "plain") == "gansmith report plain"

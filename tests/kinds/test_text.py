"""Lines of text: read, made numbers and made lines again, compared by their letters, from a file to samples."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import chisquare

import gansmith
from gansmith import cli, recipes
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.networks import plan
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS
from gansmith.kinds.record import Shown
from gansmith.kinds.text import kind, likeness, reading
from gansmith.kinds.text.alphabet import alphabet_of, decode, encode
from gansmith.kinds.text.markov import MarkovChain
from gansmith.kinds.text.ngrams import MARK, divergence, ngrams
from gansmith.nets import plan_discriminator, plan_generator

NAMES = (
    "Anna",
    "Bertha",
    "Åke",
    "Zoë",
    "Jean-Luc",
    "Mary Ann",
    "O'Neil",
    "Ivo",
    "Eva",
    "Noa",
    "Ada",
    "Ida",
    "Ole",
    "Uwe",
)
WORDS = (*NAMES, "Li", "Bo", "Max", "Kim", "Lea", "Tom")
LINE = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn")), min_size=1, max_size=32)


# ---- numbers and back


@settings(max_examples=40)
@given(st.lists(LINE, min_size=1, max_size=8))
def test_lines_come_back_exactly(lines: list[str]):
    alphabet, length = alphabet_of(lines), max(map(len, lines))
    items = encode(lines, alphabet, length)
    assert items.shape == (len(lines), 1, length, 1 + len(alphabet))
    assert items.dtype == np.float32
    assert (items.sum(axis=3) == 1).all()
    assert decode(items, alphabet) == lines


def test_a_line_ends_at_its_first_end():
    items = encode(["abc"], "abc", 5)
    items[0, 0, 4] = [0, 0, 1, 0]  # a letter behind the end
    assert decode(items, "abc") == ["abc"]
    stored = kind.items_of(items * 0.6 + 0.1, DataSettings(), {"alphabet": "abc", "length": 5})
    assert np.array_equal(stored, encode(["abc"], "abc", 5))


def test_what_has_no_place_is_refused():
    with pytest.raises(DataError, match="not in the alphabet"):
        encode(["abd"], "abc", 5)
    with pytest.raises(DataError, match="at most 2"):
        encode(["abc"], "abc", 2)
    units = {"alphabet": "abc", "length": 3}
    other = {"alphabet": "abcd", "length": 7}
    assert decode(kind.rescaled(encode(["abc"], "abc", 3), units, other), "abcd") == ["abc"]
    with pytest.raises(DataError, match="not in the alphabet"):
        kind.rescaled(encode(["bcd"], "abcd", 7), other, units)


# ---- reading


def written(path: Path, lines: tuple[str, ...] | list[str], encoding: str = "utf-8", end: str = "\n") -> Path:
    path.write_bytes(end.join([*lines, ""]).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path: Path, encoding: str, end: str):
    found = reading.read_lines(written(tmp_path / "names.txt", WORDS, encoding, end))
    assert tuple(found.lines) == WORDS
    assert found.left_out == found.remarks == ()


def test_a_windows_file_is_read_and_said(tmp_path: Path):
    found = reading.read_lines(written(tmp_path / "names.txt", WORDS, "cp1252"))
    assert tuple(found.lines) == WORDS
    assert "is no UTF-8, so it was read as cp1252" in found.remarks[0]


def test_accents_are_composed(tmp_path: Path):
    apart = [unicodedata.normalize("NFD", name) for name in WORDS]
    assert apart[2] != WORDS[2]
    assert tuple(reading.read_lines(written(tmp_path / "names.txt", apart)).lines) == WORDS


def test_what_is_left_out_is_counted(tmp_path: Path):
    odd = ["", "   ", "x" * 33, "bell\a", "  Ann  ", "a\tb", "y" * 32]
    found = reading.read_lines(written(tmp_path / "names.txt", [*WORDS, *odd]))
    assert found.lines[len(WORDS) :] == ["Ann", "a b", "y" * 32]
    assert found.left_out == (
        "2 lines empty",
        "1 line longer than 32 characters",
        "1 line with control characters or unreadable ones",
    )


def test_rare_characters_are_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "ALPHABET_MOST", 3)
    kept, rows, left_out = reading.usable(["aab", "abc", "abz"])
    assert kept == ["aab", "abc"]
    assert rows == [0, 1]
    assert left_out == ("1 line with characters beside the 3 most frequent ones",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "has 0 lines"),
        (b"a\nb\n", "16 are the least"),
        (("x" * 40 + "\n").encode() * 30, "30 lines longer than 32"),
        (b"\x00\x01" * 40, "no text"),
        (b"\xff\xfe" + b"a\xd8" * 9, "none further on"),
    ],
)
def test_a_file_that_is_of_no_use_is_one_line(tmp_path: Path, content: bytes, words: str):
    path = tmp_path / "words.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        reading.read_lines(path)
    assert "\n" not in str(caught.value)


def test_lists_of_words_without_an_ending_are_claimed(tmp_path: Path):
    assert kind.claims(written(tmp_path / "words", WORDS))
    assert not kind.claims(tmp_path)
    (tmp_path / "program").write_bytes(b"\x7fELF\0\0" * 99)
    assert not kind.claims(tmp_path / "program")


# ---- letters


def test_divergence_is_scipy_s(rng: np.random.Generator):
    for _ in range(5):
        one, other = ([str(draw) for draw in rng.integers(0, top, 60)] for top in (9, 14))
        a, b = Counter(one), Counter(other)
        keys = sorted(a.keys() | b.keys())
        expected = jensenshannon([a[key] for key in keys], [b[key] for key in keys], base=2) ** 2
        assert divergence(a, b) == pytest.approx(expected, abs=1e-12)
    assert divergence(Counter("ab"), Counter("cd")) == 1.0
    assert divergence(Counter("aab"), Counter("aabaab")) == 0.0


def test_ngrams_are_counted_with_marks():
    assert ngrams(["aba"], 2) == Counter([MARK + "a", "ab", "ba", "a" + MARK])
    assert ngrams(["", "a"], 3) == Counter([f"{MARK}a{MARK}"])


def test_the_chain_has_the_shares_of_what_it_read():
    chain = MarkovChain(["ab"] * 3 + ["ac"] * 1, order=1)
    said = Counter(chain.sample(4000, np.random.default_rng(0), longest=5))
    assert set(said) == {"ab", "ac"}
    assert chisquare([said["ab"], said["ac"]], [3000, 1000]).pvalue > 0.001


def test_the_chain_says_no_run_that_it_has_not_read():
    chain = MarkovChain(WORDS, order=3)
    read = ngrams(WORDS, 4)
    for line in chain.sample(200, np.random.default_rng(0), longest=8):
        inner = ngrams([line], 4)
        assert all(gram in read for gram in inner if not (gram.endswith(MARK) and len(line) == 8))
        assert len(line) <= 8


def test_measures_of_real_lines_are_at_the_floor_and_noise_is_far_above():
    rng = np.random.default_rng(0)
    lines = MarkovChain(WORDS, order=1).sample(3000, rng, longest=10)
    lines = [line or "a" for line in lines]
    alphabet, length = alphabet_of(lines), 10
    units, items = {"alphabet": alphabet, "length": length}, encode(lines, alphabet, length)
    real, made, held = items[:1000], items[1000:2000], items[2000:]
    found = {row.key: row for row in likeness.measures(real, made, units, held)}
    for n in range(1, 5):
        row = found[f"jsd{n}"]
        assert row.floor is not None
        assert row.value == pytest.approx(row.floor, rel=0.6)
        by_hand = ngrams(lines[1000:2000], n), ngrams(lines[2000:], n)
        assert row.value == pytest.approx(divergence(*by_hand))
        noisy = likeness.measures(real, kind.noise(real, 1000, rng), units, held)
        assert {each.key: each for each in noisy}[f"jsd{n}"].value > 2 * row.value
    copied = {row.key: row for row in likeness.measures(real, real[:200], units, held)}
    assert copied["copied_lines"].value == 1.0
    assert copied["new_lines"].value == 0.0
    assert copied["known_words"].value == 1.0


def test_features_count_letters_and_pairs():
    items = encode(["abca", "b"], "abc", 6)
    found = kind.flat(items, 784)
    assert found[:, :4].tolist() == [[2, 2, 1, 1], [5, 0, 1, 0]]
    assert found[:, 4:].sum(axis=1).tolist() == [4, 1]  # ab, bc, ca, a-end; b-end
    assert kind.flat(items, 3).shape == (2, 3)
    assert np.array_equal(kind.flat(items[1:], 784)[0], found[1])


# ---- the networks


@pytest.mark.parametrize("net", ["dense", "resnet"])
def test_the_recipe_ends_in_probabilities_over_the_alphabet_at_each_place(net: str):
    recipe = override(recipes.load("text"), {"generator.net": net, "generator.strides": [1]})
    generator = plan_generator(recipe, (7, 1, 11), 0)
    assert generator.output_shape == (7, 1, 11)
    last = generator.layers[-1]
    assert isinstance(last, plan.GroupedSoftmax)
    assert last.groups == (7,)
    assert last.gumbel > 0


def test_convolutions_of_stride_1_keep_every_place_of_a_line():
    convolutional = {"net": "resnet", "widths": [16, 16], "kernels": [5], "strides": [1]}
    settings = {
        f"{player}.{key}": value for player in ("generator", "discriminator") for key, value in convolutional.items()
    }
    recipe = override(recipes.load("text"), settings)
    for made in (plan_generator(recipe, (7, 1, 11), 0), plan_discriminator(recipe, (7, 1, 11), 0)):
        convolutions = [layer for _, layer in plan.leaves(made.layers) if isinstance(layer, plan.Conv)]
        assert len(convolutions) > 3
        assert {(layer.kernel, layer.stride) for layer in convolutions} == {((1, 5), (1, 1))}


def test_both_engines_write_lines_with_dense_networks(tmp_path: Path):
    words = written(tmp_path / "words.txt", WORDS * 3)
    dense = {
        "generator.net": "dense",
        "discriminator.net": "dense",
        "generator.widths": [8],
        "discriminator.widths": [8],
    }
    small = {
        **dense,
        "generator.norm": "none",
        "ema.recalibrate": 0,
        "data.batch": 8,
        "regularizer.name": "none",
        "loss.name": "non-saturating",
    }
    said = []
    for engine in ("numpy", "torch"):
        settings = {**small, "engine": engine, "precision.name": "float32"}
        gansmith.train("text", words, updates=2, out=tmp_path / engine, settings=settings)
        said.append(gansmith.load(tmp_path / engine).sample(20, seed=3))
    assert said[0] == said[1]


# ---- from a file to samples


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two updates on a list of words."""
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    lines = [line or "Bo" for line in MarkovChain(WORDS, order=2).sample(200, rng, longest=12)]
    words = written(folder / "words.txt", [*lines, *WORDS])
    small = {"generator.widths": [8], "discriminator.widths": [8], "data.batch": 8}
    gansmith.train("text", words, updates=2, out=folder / "run", settings=small)
    return folder / "run"


def test_a_run_gives_lines(run: Path, tmp_path: Path):
    generator = gansmith.load(run)
    lines = generator.sample(5, seed=1)
    assert len(lines) == 5
    assert all(isinstance(line, str) and len(line) <= 32 for line in lines)
    assert set("".join(lines)) <= set(generator.units["alphabet"])
    assert cli.main(["sample", str(run), "--count", "5", "--seed", "1", "--out", str(tmp_path / "made.txt")]) == 0
    assert (tmp_path / "made.txt").read_text(encoding="utf-8") == "".join(f"{line}\n" for line in lines)


def test_a_sheet_shows_the_lines(run: Path):
    generator = gansmith.load(run)
    items = encode(["Anna", ""], generator.units["alphabet"], generator.units["length"])
    sheet = KINDS["text"].sheet(items, generator.units, Shown())
    assert sheet.dtype == np.uint8
    assert sheet.shape[2] == 3
    assert (sheet < 128).any()
    assert KINDS["text"].lines(items, generator.units, 2) == ["Anna", ""]


def test_strings_from_python_are_taken():
    made = kind.prepare(np.array(WORDS), DataSettings(), "words")
    assert decode(made.items, made.units["alphabet"]) == list(WORDS)
    with pytest.raises(DataError, match="text is of strings"):
        kind.prepare(np.zeros((20, 2)), DataSettings(), "numbers")
    with pytest.raises(DataError, match="16 are the least"):
        kind.prepare(np.array(WORDS[:3]), DataSettings(), "words")


def test_an_array_of_lines_keeps_empty_ones_and_each_its_label(tmp_path: Path):
    lines = [*WORDS[:5], "", "x" * 40, *WORDS[5:]]
    np.savez(tmp_path / "made.npz", lines=np.array(lines), labels=np.arange(len(lines)) % 3)
    store = open_store(DataSettings(source=str(tmp_path / "made.npz"), kind="text", labels="classes"))
    kept = [row for row, line in enumerate(lines) if len(line) < 40]
    assert store.kind.in_units(np.asarray(store.items), store.units) == [lines[row] for row in kept]
    assert store.labels is not None
    assert [store.class_names[label] for label in store.labels] == [str(row % 3) for row in kept]
    assert store.left_out == ("1 line longer than 32 characters",)

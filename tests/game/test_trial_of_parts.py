"""Borders of the trial of parts of one's own: just within, and just beyond."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.game.probe import functions
from gansmith.game.probe.networks import _range
from gansmith.game.probe.trial import COUNT, Trial, check_numbers, trying, untouched
from gansmith.ground.errors import OutOfMemory, RecipeError
from gansmith.losses import Loss
from gansmith.parts import Parts
from mistakes import Apply, by_loss, by_penalty, by_view, discriminator, generator, nets, start
from variants import new_game

HERE: Any = SimpleNamespace(device=torch.device("cpu"), dtype=torch.float32)


def pixels(low: float, high: float) -> Tensor:
    return torch.tensor([low, 0.25, high])


# ---- ranges


@pytest.mark.parametrize(
    ("black", "low", "high", "words"),
    [
        (-1.0, -1.5, 1.5, ""),
        (-1.0, -1.5, 1.51, "let it end in tanh, or samples are cut off"),
        (-1.0, -1.51, 1.5, "let it end in tanh, or samples are cut off"),
        (-1.0, -0.01, 1.0, ""),
        (-1.0, 0.0, 1.0, "none is below 0"),
        (-1.0, 0.1, 1.0, "none is below 0"),
        (0.0, -0.25, 1.25, ""),
        (0.0, -0.25, 1.26, "let it end in a sigmoid"),
        (0.0, -0.26, 1.25, "let it end in a sigmoid"),
        (0.0, 0.0, 1.0, ""),
        (0.0, 0.1, 1.0, ""),
    ],
)
def test_pixels_far_outside_their_range_are_remarked_on(black: float, low: float, high: float, words: str):
    """As far as half of the range's half beyond it."""
    remarks = _range(of(pixels=True, low=black), pixels(low, high))
    assert len(remarks) == bool(words)
    assert all(words in remark for remark in remarks)
    assert _range(of(pixels=False, low=black), pixels(low, high)) == []


def of(**known: Any) -> Any:
    return SimpleNamespace(**known)


def trial(kind: str = "pictures", classes: int = 0, **settings: Any) -> Trial:
    """A trial in a game of built-in networks."""
    game = new_game(kind, **settings)
    return Trial(game.gan, game.item_shape, classes, pixels=kind.endswith("pictures"))


@pytest.mark.parametrize(
    ("kind", "settings", "low"),
    [
        ("pictures", {}, -1.0),
        ("pictures", {"data__pixels": "unit", "generator__output": "sigmoid"}, 0.0),
        ("vectors", {"data__pixels": "unit"}, -1.0),
    ],
)
def test_its_items_fill_their_range(kind: str, settings: dict[str, Any], low: float):
    made = trial(kind, **settings)
    assert made.real.shape == (COUNT, *made.item_shape)
    far = 0.5 if kind == "vectors" else 0.05
    assert low <= float(made.real.min()) < low + far
    assert 1 - far < float(made.real.max()) <= 1
    assert made.low == (0.0 if settings else -1.0)
    assert made.z.shape == (COUNT, 4)
    assert made.labels is None


def test_its_labels_are_all_classes_in_turn():
    labels = trial("labelled-pictures", classes=3).labels
    assert labels is not None
    assert labels.tolist() == [0, 1, 2, 0, 1, 2, 0, 1]


def test_every_layer_of_both_built_in_networks_has_a_key():
    """A loss of one's own is tried with networks whose discriminator is the deeper one, and drops out."""
    deep = {"discriminator__widths": [4, 8, 8, 8, 8], "discriminator__net": "dense", "discriminator__dropout": 0.5}
    parts, settings = by_penalty(lambda judge, real, fake, draw: judge(real).square().mean())
    assert start(parts, {**settings, **deep}) == []
    shallow = {"generator__net": "dense", "generator__widths": [4, 8, 8, 8, 8], "generator__dropout": 0.5}
    assert start(parts, {**settings, **shallow, "generator__norm": "none"}) == []
    mode = trial(**deep).mode()
    assert (mode.training, mode.track) == (True, False)


# ---- numbers


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (torch.zeros(3), ""),
        (torch.zeros(3, dtype=torch.bfloat16), ""),
        (torch.zeros(3, dtype=torch.int64), "returns torch.int64 on cpu"),
        (torch.zeros(3, device="meta"), "on meta: return floating numbers on cpu"),
        (torch.zeros(3, dtype=torch.float64), "returns float64, and this training computes in float32"),
        (torch.tensor([0.0, float("inf"), 1.0]), "returns NaN or infinity"),
        (torch.tensor([0.0, float("nan"), 1.0]), "returns NaN or infinity"),
    ],
)
def test_numbers_are_floating_finite_and_here(out: Tensor, words: str):
    if not words:
        check_numbers(HERE, "mine", out)
        return
    with pytest.raises(RecipeError, match=words):
        check_numbers(HERE, "mine", out)


def test_wide_numbers_are_right_in_a_wide_training():
    check_numbers(SimpleNamespace(device=torch.device("cpu"), dtype=torch.float64), "mine", torch.zeros(2).double())  # pyright: ignore


@pytest.mark.parametrize("error", [RecipeError("so it is"), OutOfMemory("full"), torch.OutOfMemoryError("full")])
def test_errors_of_the_house_and_of_a_full_device_pass_as_they_are(error: Exception):
    def act() -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        trying("mine", act)
    assert raised.value is error


def test_buffers_are_put_back_even_after_an_error():
    norm = nn.BatchNorm1d(2)
    mean = norm.running_mean
    assert mean is not None

    def one_pass() -> None:
        with untouched(norm):
            norm(torch.ones(4, 2))
            assert mean.any()
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        one_pass()
    assert not mean.any()


# ---- networks


def hard(x: Tensor) -> Tensor:
    return (x + 0.5).clamp(0, 1)


def test_numbers_from_0_to_1_are_probabilities_with_both_ends():
    with pytest.raises(RecipeError, match="leave the sigmoid at its end out"):
        start(*nets(generator, lambda: discriminator(Apply(hard))))
    start(*nets(generator, lambda: discriminator(Apply(lambda x: hard(x) - 0.01))))
    start(*nets(generator, lambda: discriminator(Apply(lambda x: hard(x) + 0.01))))
    for flat in (0.0, 0.5):  # one that says the same of everything is no sigmoid
        assert start(*nets(generator, lambda flat=flat: discriminator(Apply(lambda x, flat=flat: x * 0 + flat)))) == []


def test_probabilities_on_purpose_are_taken():
    sigmoid = {"faults": ["sigmoid-as-logits"]}
    assert start(*nets(generator, lambda: discriminator(nn.Sigmoid()), **sigmoid)) == []


def test_a_verdict_is_a_row_or_a_column():
    assert start(*nets(generator, lambda: discriminator(Apply(lambda x: x[:, 0])))) == []
    with pytest.raises(RecipeError, match=r"returns \(1, 8\) for 8 items"):
        start(*nets(generator, lambda: discriminator(Apply(lambda x: x.T))))
    with pytest.raises(RecipeError, match="returns list for 8 items"):
        start(*nets(generator, lambda: discriminator(Apply(lambda x: x.flatten().tolist()))))
    with pytest.raises(RecipeError, match="returns tuple for 8 latents"):
        start(*nets(lambda: generator(last=Apply(lambda x: (x, x)))))


class Blind(nn.Module):
    """A generator that is given labels, and looks at them or not."""

    def __init__(self, looks: bool) -> None:
        super().__init__()
        self.body, self.looks = generator(), looks
        self.embedding = nn.Embedding(3, 4)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return self.body(latents + self.embedding(labels) * float(self.looks))


class Judging(nn.Module):
    """A discriminator that looks at labels."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.embedding = discriminator(), nn.Embedding(3, 1)

    def forward(self, items: Tensor, labels: Tensor) -> Tensor:
        return self.body(items) + self.embedding(labels)


@pytest.mark.parametrize(
    ("looks", "classes", "count"), [(True, 2, 0), (False, 2, 1), (False, 3, 1), (False, 1, 0), (True, 1, 0)]
)
def test_labels_that_nobody_looks_at_are_remarked_on_where_there_are_two(looks: bool, classes: int, count: int):
    labels = {"data__labels": "classes"}
    said = start(*nets(lambda: Blind(looks), Judging, **labels), classes=classes)
    assert len([line for line in said if "does not look at the labels" in line]) == count


class OnlyTrained(Blind):
    """A generator that looks at labels while it is trained, and not when samples are made."""

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return self.body(latents + self.embedding(labels) * float(self.training))


def test_labels_count_where_samples_are_made():
    (said,) = start(*nets(lambda: OnlyTrained(True), Judging, data__labels="classes"), classes=2)
    assert "the generator of mine does not look at the labels" in said


def test_a_latent_of_one_number_is_enough():
    assert start(*nets(lambda: generator(1), latent__dim=1)) == []


def test_a_verdict_without_a_gradient_is_refused():
    with pytest.raises(RecipeError, match="no gradient comes from the verdicts to the generator of mine"):
        start(*nets(generator, lambda: discriminator(Apply(lambda x: x.detach()))))


class Idle(nn.Module):
    """A discriminator with arrays that it never uses."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.body = discriminator()
        self.idle = nn.ParameterList([nn.Parameter(torch.zeros(1)) for _ in range(count)])

    def forward(self, items: Tensor) -> Tensor:
        return self.body(items)


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "idle.0: "), (3, "idle.0, idle.1, idle.2: "), (4, "idle.2 and 1 more: "), (5, "idle.2 and 2 more: ")],
)
def test_arrays_without_a_gradient_are_named_up_to_three(count: int, words: str):
    (said,) = start(*nets(generator, lambda: Idle(count)))
    assert words in said


@pytest.mark.parametrize(
    ("penalty", "norm", "words"),
    [
        ("none", True, ""),
        ("r1", False, ""),
        ("r1", True, "another norm there is safer"),
        ("gradient-penalty", False, ""),
        ("gradient-penalty", True, "mixes the items: use another norm"),
    ],
)
def test_batch_norm_under_a_penalty_on_gradients(penalty: str, norm: bool, words: str):
    more = [nn.BatchNorm1d(1)] if norm else []
    parts, settings = nets(generator, lambda: discriminator(*more), regularizer__name=penalty)
    if penalty == "gradient-penalty" and norm:
        with pytest.raises(RecipeError, match=words):
            start(parts, settings)
    else:
        said = start(parts, settings)
        assert [line for line in said if re.search(words, line)] == said
        assert len(said) == bool(words)


# ---- functions


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.zeros((), requires_grad=True), ""),
        (torch.zeros(1, requires_grad=True), ""),
        (torch.zeros(2, requires_grad=True), r"returns \(2,\): return a tensor with one number"),
        (torch.zeros((), dtype=torch.int64), r"returns \(\): return a tensor with one number"),
        (3.0, "returns float: return a tensor"),
        (torch.tensor(float("nan"), requires_grad=True), "returns nan: it must be finite"),
        (torch.zeros(()), "a number without a gradient"),
    ],
)
def test_one_number_is_floating_finite_and_has_a_gradient(value: Any, words: str):
    if not words:
        functions._one_number("mine", value)
        return
    with pytest.raises(RecipeError, match=words):
        functions._one_number("mine", value)


def std(real: Tensor, fake: Tensor, targets: Any) -> Tensor:
    return fake.std() - real.mean()


@pytest.mark.parametrize(("micro", "ranks", "taken"), [(0, 0, True), (4, 0, False), (0, 2, False)])
def test_what_is_dealt_out_is_a_mean_over_items(micro: int, ranks: int, taken: bool):
    dealt = {"data__micro_batch": micro, "generator__norm": "none"}
    spread = lambda judge, real, fake, draw: judge(real).std()  # noqa: E731
    for parts, settings in (by_loss(std, **dealt), by_loss(mean, generator=lone, **dealt), by_penalty(spread, **dealt)):
        if taken:
            start(parts, settings, ranks=ranks)
        else:
            with pytest.raises(RecipeError, match="is not the mean of those of its halves"):
                start(parts, settings, ranks=ranks)
    start(*by_loss(mean, **dealt), ranks=ranks)
    start(
        *by_penalty(lambda judge, real, fake, draw: (judge(real) - judge(fake)).square().mean(), **dealt), ranks=ranks
    )


def mean(real: Tensor, fake: Tensor, targets: Any) -> Tensor:
    return fake.mean() - real.mean()


def lone(fake: Tensor, real: Tensor | None, targets: Any) -> Tensor:
    return fake.std()


def test_a_penalty_that_draws_or_sees_a_batch_s_norm_is_not_compared_with_halves():
    dealt = {"data__micro_batch": 4, "generator__norm": "none"}

    def drawing(judge: Any, real: Tensor, fake: Tensor, draw: torch.Generator) -> Tensor:
        return judge(real * torch.rand(len(real), 1, 1, 1, generator=draw)).std()

    start(*by_penalty(drawing, **dealt))


def test_a_penalty_need_not_depend_on_every_weight():
    """A slope knows nothing of the last bias."""

    def slope(judge: Any, real: Tensor, fake: Tensor, draw: torch.Generator) -> Tensor:
        (gradient,) = torch.autograd.grad(judge(real).sum(), real, create_graph=True)
        return gradient.square().sum((1, 2, 3)).mean()

    assert start(*by_penalty(slope)) == []


def test_a_view_may_draw_with_what_it_is_given():
    def noise(items: Tensor, draw: torch.Generator) -> Tensor:
        return items + 0.1 * torch.randn(items.shape, generator=draw) + 0.1 * torch.randn(items.shape)

    assert start(*by_view(noise)) == []


def test_a_paired_loss_is_tried_with_real_logits():
    def by_real(fake: Tensor, real: Tensor | None, targets: Any) -> Tensor:
        assert real is not None
        return (real - fake).mean()

    start(Parts(loss=Loss(mean, by_real, name="mine", paired=True)), {})


@pytest.mark.parametrize(
    ("see", "words"),
    [
        (lambda items, draw: items.long(), "returns torch.int64"),
        (lambda items, draw: [items], "returns list for items"),
        (lambda items, draw: items.detach(), "lets no gradient through"),
        (lambda items, draw: items.detach() + torch.ones(1, requires_grad=True), "lets no gradient through"),
    ],
)
def test_a_view_is_of_the_same_shape_and_has_a_gradient(see: Any, words: str):
    with pytest.raises(RecipeError, match=words):
        start(*by_view(see))


@pytest.mark.parametrize(
    ("gamma", "interval", "words"),
    [
        (1.0, 1, ""),
        (2.0, 1, r"in every step, and times regularizer\.gamma = 2,"),
        (1.0, 2, r"in one of 2 steps, times 2, and times regularizer\.gamma = 1,"),
    ],
)
def test_how_a_recipe_weighs_a_penalty_is_said_where_it_does(gamma: float, interval: int, words: str):
    square = lambda judge, real, fake, draw: judge(real).square().mean()  # noqa: E731
    said = start(*by_penalty(square, regularizer__gamma=gamma, regularizer__interval=interval))
    assert len(said) == bool(words)
    assert all(re.search(words, line) for line in said)


@pytest.mark.parametrize(("micro", "ranks", "count"), [(0, 0, 0), (1, 0, 1), (0, 2, 1)])
def test_views_of_parts_of_a_batch_are_remarked_on(micro: int, ranks: int, count: int):
    see = lambda items, draw: items + 0.1  # noqa: E731
    said = start(*by_view(see, data__micro_batch=micro, generator__norm="none"), ranks=ranks)
    assert len([line for line in said if "has draws of its own" in line]) == count * max(ranks, 1)

"""Holds one side's training against the other's.

SPDX-License-Identifier: Apache-2.0
"""
import math

import torch

from verdicts import Table

# Shares of: a gradient's largest element; a loss; the peak rate; the norm of the first step and of
# later ones; the norm of what training changed in a tensor.
GRADIENT, LOSS, RATE, FIRST_NORM, NORM, TRAINED = 1e-5, 1e-5, 1e-9, 1e-5, 1e-3, 1e-3
# What twenty steps change in a tensor, where Muon's iteration is in bf16: a step's is off by 1 to 2%.
MUON = 0.1
# Root mean square distance of the bf16 losses from float64's, in PyTorch's own.
BF16 = 2.0


def worst(values):
    """(the largest of (value, name), its name); NaN is larger than anything."""
    return max(values, key=lambda pair: math.inf if math.isnan(pair[0]) else pair[0],
               default=(0.0, "nothing"))


# What is added to all keys alike moves no softmax: what reaches it is 0, but for rounding, of which
# Adam makes steps.
WITHOUT_EFFECT = "self_attn.k_proj.bias"


def gradient_error(ours, theirs, yardstick):
    """The largest difference as a share of the largest element of `yardstick`."""
    difference = (ours.double() - theirs.double()).abs().max().item()
    largest = yardstick.abs().max().item()
    return difference / largest if largest else (0.0 if difference == 0 else math.inf)


def trained_error(ours, theirs):
    """For each tensor: norm of the difference over norm of the update, with its name."""
    for name, after in theirs.trained.items():
        if name.endswith(WITHOUT_EFFECT):
            continue
        update = (after.double() - theirs.initial[name].double()).norm().item()
        ours_update = ours.trained[name].double() - ours.initial[name].double()
        difference = ours_update - (after.double() - theirs.initial[name].double())
        distance = difference.norm().item()
        yield (distance / update if update else (0.0 if distance == 0 else math.inf)), name


def relative(ours, theirs):
    return [abs(a - b) / abs(b) if b else abs(a) for a, b in zip(ours, theirs, strict=True)]


def distance(ours, theirs):
    """Root mean square."""
    return math.sqrt(sum((a - b) ** 2 for a, b in zip(ours, theirs, strict=True)) / len(ours))


def named_errors(ours, theirs):
    """Errors of the first step's gradients; a tensor of one side alone is infinitely wrong."""
    for name in sorted(set(ours) | set(theirs)):
        if name not in ours or name not in theirs or ours[name].shape != theirs[name].shape:
            yield math.inf, name
        else:
            measure = name
            if name.endswith(WITHOUT_EFFECT):
                measure = name.removesuffix("bias") + "weight"
            yield gradient_error(ours[name], theirs[name], theirs[measure]), name


def shown(error, name):
    return f"{error:.1e} {name.removeprefix('language.')[:40]}" if error > 0 else "0"


def compare(table, title, peak, ours, exact, peer=None):
    """Rows for `ours` against float64's `exact`, and beside it against PyTorch's own float32."""
    def row(what, bound, values, others=None):
        error, place = worst(values)
        text = f"{error:.1e}"
        good = error <= bound
        if others is not None:
            other, _ = worst(others)
            text += f", torch f32 {other:.1e}"
            good &= other <= bound
        table.row(f"{title}: {what}", "f32", f"{bound:g}",
                  text if good else f"{text} at {place}", good)

    def steps(errors):
        return [(error, f"step {index + 1}") for index, error in enumerate(errors)]

    # A rounding error in float32 counts for the peer; ours is judged against both.
    row("gradients", GRADIENT, list(named_errors(ours.gradients, exact.gradients)),
        peer and list(named_errors(ours.gradients, peer.gradients)))
    row("losses", LOSS, steps(relative(ours.losses, exact.losses)),
        peer and steps(relative(ours.losses, peer.losses)))
    row("rates", RATE, steps([abs(a - b) / peak for a, b in
                              zip(ours.rates, exact.rates, strict=True)]))
    norms = steps(relative(ours.norms, exact.norms))
    row("first norm", FIRST_NORM, norms[:1])
    row("later norms", NORM, norms[1:])
    missing = set(exact.trained) - set(ours.trained)
    if missing:
        table.row(f"{title}: trained", "f32", "every tensor", f"no {min(missing)}", False)
    else:
        row("trained", TRAINED, list(trained_error(ours, exact)))
    for what in ("ids", "rows", "labels"):
        same = getattr(ours, what) == getattr(exact, what)
        if not same:
            table.row(f"{title}: {what}", "-", "equal", "differ", False)


def compare_bf16(table, title, ours, exact, peer):
    """`peer`: PyTorch's autocast to bf16 with float32 weights."""
    own, theirs = distance(ours.losses, exact.losses), distance(peer.losses, exact.losses)
    good = own <= BF16 * theirs
    table.row(f"{title}: losses", "bf16", f"{BF16:g} x {theirs:.1e}",
              f"{own:.1e} from f64", good and math.isfinite(own))


def finite(run):
    return all(map(math.isfinite, run.losses + run.norms)) and all(
        torch.isfinite(value).all() for value in run.gradients.values())

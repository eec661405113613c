"""Compares llava-train with PyTorch, number by number, on tiny random LLaVAs.

SPDX-License-Identifier: Apache-2.0

    python Tests/Agreement/training.py --tools .build/release
    python Tests/Agreement/training.py --self-check
The second compares PyTorch's own float32 and a numpy optimiser with the same float64 reference, and
tries trainers with known faults: each must miss a bound.
"""
import argparse
import contextlib
import io
import os
import sys
import tempfile
from pathlib import Path

import torch

import training_compare
import training_faults
import training_models
import training_numpy
import training_outputs
import training_tool
from verdicts import Table
from training_cases import CASES, make_problem
from training_reference import train


def peer_of(problem):
    """PyTorch's own run in the precision of the case."""
    return train(problem, torch.float32, autocast=problem.case.precision == "bf16")


def compare_bf16_muon(table, problem, ours):
    """How far PyTorch's own iteration, in bf16, takes the same training from ours."""
    own = train(problem, torch.float32, exact_muon=False)
    error, place = training_compare.worst(list(training_compare.trained_error(ours, own)))
    table.row(f"{problem.case.name}: torch.optim.Muon", "bf16", f"{training_compare.MUON:g}",
              f"{error:.1e} at {place}"[:60], error <= training_compare.MUON)


def compare(table, title, problem, ours, peer):
    """`ours` against the same training in float64, where no sequence is padded."""
    exact = train(problem, padded=False)
    if not training_compare.finite(ours):
        table.row(title, problem.case.precision, "finite", "not finite", False)
    elif problem.case.precision == "bf16":
        training_compare.compare_bf16(table, title, ours, exact, peer or ours)
    else:
        training_compare.compare(table, title, problem.case.rate, ours, exact, peer)


def check(table, tools, folder, threads, cases=None):
    """Trains every case with the tool in `tools` and adds rows for what must hold."""
    torch.set_num_threads(1)  # These matrices are too small to share.
    for number, case in enumerate(cases or CASES):
        place = folder / str(number)
        place.mkdir(parents=True)
        problem = make_problem(case)
        trainer = training_tool.Trainer(tools, place, threads)
        ours, result = trainer.train(problem)
        with torch.enable_grad():
            compare(table, case.name, problem, ours, peer_of(problem))
            if case.muon:
                compare_bf16_muon(table, problem, ours)
        if case.precision == "f32":
            with torch.no_grad():
                training_outputs.check(table, trainer, problem, result)


def drawn(problem):
    """The self-check's stand-in for what the tool draws."""
    adapter = problem.case.adapter
    if adapter and adapter.drawn is not None:
        problem.start = training_models.adapter_tensors(
            problem.shape, adapter.rank, torch.Generator().manual_seed(1))
    return problem


def check_numpy(table, problem):
    """The optimiser written down once more gives float64's numbers to float64's accuracy."""
    ours, exact = training_numpy.train(problem), train(problem, padded=False)
    errors = training_compare.relative(ours.losses + ours.norms, exact.losses + exact.norms)
    rates = training_compare.relative(ours.rates, exact.rates)
    trained, _ = training_compare.worst(list(training_compare.trained_error(ours, exact)))
    measured = max(errors + rates + [trained])
    table.row(f"{problem.case.name}: numpy", "f64", "1e-08", f"{measured:.1e}", measured <= 1e-8)


def finds(case, change):
    """Whether the comparison catches a trainer with a fault, and in what."""
    problem = drawn(make_problem(case))
    faulty = change(problem)
    rows = io.StringIO()
    with contextlib.redirect_stdout(rows):
        table = Table()
        compare(table, "", problem, train(faulty, torch.float32), None)
    missed = [line.split()[1] for line in rows.getvalue().splitlines() if line.endswith("MISS")]
    return table.missed, ", ".join(missed)


def self_check(table, cases):
    torch.set_num_threads(1)
    named = {case.name: case for case in cases}
    for case in cases:
        problem = drawn(make_problem(case))
        compare(table, case.name, problem, peer_of(problem), None)
        if case.precision == "f32":
            check_numpy(table, problem)
    for title, name, change in training_faults.FAULTS:
        if name in named:
            found, where = finds(named[name], change)
            table.row(f"fault: {title}"[:34], "-", "found", where or "not found", found)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--tools", type=Path, default=Path(".build/release"),
                         help="folder of the tools (.build/release)")
    options.add_argument("--self-check", action="store_true",
                         help="PyTorch against itself, numpy and known faults; needs no tool")
    options.add_argument("--case", action="append", metavar="NAME",
                         help="only this case; may be given again")
    options.add_argument("--threads", type=int, default=os.cpu_count())
    options.add_argument("--folder", type=Path,
                         help="where to leave all files, for a look; must not exist")
    given = options.parse_args()
    unknown = set(given.case or []) - {case.name for case in CASES}
    if unknown:
        options.error(f"no case is called {min(unknown)}: {', '.join(c.name for c in CASES)}")
    cases = [case for case in CASES if not given.case or case.name in given.case]
    table = Table()
    if given.self_check:
        self_check(table, cases)
    else:
        with contextlib.ExitStack() as stack:
            folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            check(table, given.tools, folder, given.threads, cases)
    print(f"training agrees: {'NO' if table.missed else 'yes'}")
    sys.exit(1 if table.missed else 0)


if __name__ == "__main__":
    main()

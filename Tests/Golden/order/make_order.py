#!/usr/bin/env python3
"""Makes grouping.json: lengths, permutations, and the orders that grouping must make of them.

Needs nothing. The formulas are those of LLaVA's sampler, written anew from their description:
megabatches, sorted, split evenly; the last megabatch of each modality merged.
"""
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent


def even_chunks(members, lengths, world):
    if len(members) % world:
        return [members[start::world] for start in range(world)]
    room = len(members) // world
    chunks = {place: [] for place in range(world)}
    for member in members:
        unfilled = [place for place in chunks if len(chunks[place]) < room]
        # min takes the first of equals.
        target = min(unfilled, key=lambda place: sum(lengths[m] for m in chunks[place]))
        chunks[target].append(member)
    return [chunks[place] for place in range(world)]


def by_length(permutation, lengths, batch, world):
    order, size = [], batch * world
    while permutation:
        mega, permutation = permutation[:size], permutation[size:]
        mega = [m for _, _, m in sorted((-lengths[m], at, m) for at, m in enumerate(mega))]
        for chunk in even_chunks(mega, lengths, world):
            order.extend(chunk)
    return order


def by_modality(permutations, lengths, batch, world):
    size, whole, last = batch * world, [], []
    kinds = [[i for i, n in enumerate(lengths) if n > 0], [i for i, n in enumerate(lengths) if n < 0]]
    if not all(kinds):
        return by_length(permutations[0], [abs(n) for n in lengths], batch, world)
    for permutation, members in zip(permutations, kinds):
        inner = by_length(permutation, [abs(lengths[m]) for m in members], batch, world)
        outer = [members[place] for place in inner]
        megas = [outer[at:at + size] for at in range(0, len(outer), size)]
        whole += megas[:-1]
        last += megas[-1]
    return [m for place in permutations[2] for m in whole[place]] + sorted(last)


def main():
    draw, cases = random.Random(9), []
    for images, texts, batch, world in [
        (10, 0, 2, 2), (12, 0, 3, 2), (11, 0, 1, 3), (5, 0, 4, 4), (0, 7, 2, 2), (9, 8, 2, 2),
        (8, 8, 2, 2), (13, 4, 1, 3), (1, 1, 2, 2), (6, 14, 3, 1), (16, 15, 2, 3),
    ]:
        lengths = [draw.randint(1, 9) for _ in range(images)] + [-draw.randint(1, 9) for _ in range(texts)]
        draw.shuffle(lengths)
        size = batch * world
        wholes = (images + size - 1) // size + (texts + size - 1) // size - 2
        counts = [images, texts, wholes] if images and texts else [images + texts]
        permutations = [draw.sample(range(count), count) for count in counts]
        everything = draw.sample(range(len(lengths)), len(lengths))
        cases.append({
            "lengths": lengths, "batch": batch, "world": world, "permutation": everything,
            "by_length": by_length(everything, [abs(n) for n in lengths], batch, world),
            "permutations": permutations, "by_modality": by_modality(permutations, lengths, batch, world),
        })
    lines = ",\n".join(json.dumps(case) for case in cases)
    (HERE / "grouping.json").write_text(f"[\n{lines}\n]\n")


main()

"""Trains the image tower: CLIP's contrastive loss on captions, helped by a loss on patches.

SPDX-License-Identifier: Apache-2.0

    python examples/tiny-llava/tower.py --output TOWER
Needs torch 2.9 or newer, which has Muon, transformers, sentencepiece, Pillow and numpy. TOWER becomes
a CLIP by itself, as `--vision` of the tools takes it.

The text tower and the patch heads are thrown away afterwards. Contrast alone finds the colours
within minutes but needs far more pictures than fit here before it tells small shapes apart.
"""
import argparse
import math
import os
import random
from pathlib import Path

# Waiting threads must sleep: where other work shares the processors, spinning ones made training
# here four times slower.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

import torch
from torch import nn
from torch.nn import functional
from transformers import CLIPVisionConfig, CLIPVisionModel

import checkpoint
import common
import scenes
import tokens

SHAPE = {"hidden_size": 128, "intermediate_size": 512, "num_hidden_layers": 6,
         "num_attention_heads": 4, "image_size": common.SIDE, "patch_size": 14,
         "projection_dim": 128, "hidden_act": "quick_gelu"}


class TextTower(nn.Module):
    """Reads captions for the contrastive loss; thrown away afterwards."""

    def __init__(self, width=SHAPE["projection_dim"]):
        super().__init__()
        self.words = nn.Embedding(tokens.PIECES, width)
        self.places = nn.Parameter(torch.randn(32, width) * .02)
        layer = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, batch_first=True,
                                           norm_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.image_side = nn.Linear(SHAPE["hidden_size"], width, bias=False)
        self.scale = nn.Parameter(torch.tensor(math.log(1 / .07)))

    def forward(self, captions):
        ids = nn.utils.rnn.pad_sequence([torch.tensor(c) for c in captions], True, 0)
        states = self.layers(self.words(ids) + self.places[:ids.shape[1]],
                             src_key_padding_mask=ids == 0)
        kept = (ids != 0)[..., None]
        return functional.normalize((states * kept).sum(1) / kept.sum(1), dim=-1)


class PatchHeads(nn.Module):
    """Says of each patch what covers it; thrown away afterwards."""
    LISTS = (list(scenes.COLOURS), scenes.SHAPES)

    def __init__(self):
        super().__init__()
        width = SHAPE["hidden_size"]
        self.colour = nn.Linear(width, len(self.LISTS[0]) + 1)
        self.shape = nn.Linear(width, len(self.LISTS[1]) + 1)
        self.size = nn.Linear(width, 3)

    def forward(self, features, chosen, covers):
        """Mean loss; class 0 is the background."""
        colours, shapes = self.LISTS
        names = torch.tensor([[[0, 0], *([colours.index(thing.colour) + 1,
                                          shapes.index(thing.shape) + 1]
                                         for thing in (scene.large, scene.small))]
                              for scene in chosen])
        wanted = torch.gather(names, 1, covers[..., None].expand(-1, -1, 2))
        # Most patches are background; together they weigh as much as one in four of the others.
        weights = [torch.tensor([.1] + [1.0] * (head.out_features - 1))
                   for head in (self.colour, self.shape, self.size)]
        return sum(functional.cross_entropy(head(features).flatten(0, 1).float(),
                                            target.flatten(), weight)
                   for head, target, weight in zip(
                       (self.colour, self.shape, self.size),
                       (wanted[..., 0], wanted[..., 1], covers), weights))


def start_with_edges(tower):
    """Starts the patch embedding as cosines of low frequency, so that edges show from the start."""
    patch = SHAPE["patch_size"]
    places = (torch.arange(patch) + .5) / patch
    waves = torch.stack([torch.cos(math.pi * k * places) for k in range(8)]) * (2 / patch) ** .5
    filters = []
    for mix, count in (((1, 1, 1), 64), ((1, 0, -1), 32), ((-.5, 1, -.5), 32)):
        mix = functional.normalize(torch.tensor(mix, dtype=torch.float), dim=0)
        pairs = sorted(((i, j) for i in range(8) for j in range(8)), key=sum)
        for i, j in pairs[:count]:
            gain = .1 if i + j == 0 else .5
            filters.append(gain * mix[:, None, None] * torch.outer(waves[i], waves[j]))
    with torch.no_grad():
        tower.embeddings.patch_embedding.weight.copy_(torch.stack(filters))
        tower.embeddings.position_embedding.weight.normal_(0, .3)


def contrast(scale, seen, read, captions, near):
    """CLIP's loss, with each picture's nearly fitting captions as further wrong answers."""
    size = len(captions)
    grid = scale * seen @ read[:size].T
    # The same caption twice in a batch is no mistake; nor is a wrong one that happens to fit.
    same = torch.tensor([[a == b for b in captions] for a in captions])
    grid = grid.masked_fill(same & ~torch.eye(size, dtype=torch.bool), -1e4)
    hard = scale * torch.einsum("bd,bkd->bk", seen, read[size:].view(size, len(near[0]), -1))
    fits = torch.tensor([[c == a for c in row] for a, row in zip(captions, near)])
    hard = hard.masked_fill(fits, -1e4)
    target = torch.arange(size)
    return (functional.cross_entropy(torch.cat([grid, hard], 1), target)
            + functional.cross_entropy(grid.T, target)) / 2


def train(pictures, tokenizer, steps, size=96, wrong=3):
    """Contrastive training, helped by the patch heads on the features that LLaVA takes."""
    tower = CLIPVisionModel._from_config(CLIPVisionConfig(**SHAPE))
    start_with_edges(tower)
    text, heads, draw = TextTower(), PatchHeads(), random.Random(2)
    parts = torch.zeros(2)

    def loss_of(step):
        chosen, pixels, covers = pictures.batch(size, draw)
        captions = [scene.caption for scene in chosen]
        near = [draw.sample(scenes.wrong_captions(scene, draw), wrong) for scene in chosen]
        read = text([tokenizer.encode(c) for c in captions + [c for row in near for c in row]])
        out = tower(pixels, output_hidden_states=True)
        seen = functional.normalize(text.image_side(out.pooler_output), dim=-1)
        # The comparison itself needs more digits than bfloat16 has.
        with torch.autocast("cpu", enabled=False):
            scale = text.scale.clamp(max=math.log(100)).exp()
            whole = contrast(scale, seen.float(), read.float(), captions, near)
        patches = heads(out.hidden_states[-2][:, 1:], chosen, covers)
        parts.add_(torch.stack([whole, patches]).detach())
        if (step + 1) % 50 == 0:
            print(f"  captions {parts[0] / 50:.3f}, patches {parts[1] / 50:.3f}")
            parts.zero_()
        return whole + patches

    trained = [p for module in (tower, text, heads) for p in module.parameters()]
    common.run("tower", trained, steps, loss_of)
    return tower


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--output", type=Path, required=True)
    options.add_argument("--scenes", type=int, default=24000)
    options.add_argument("--steps", type=int, default=700)
    options.add_argument("--threads", type=int, default=2)
    given = options.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(0)
    tokenizer = tokens.Tokenizer(Path(__file__).parent / "tokenizer.model")
    pictures = common.Pictures(given.scenes, given.threads)
    checkpoint.write_tower(train(pictures, tokenizer, given.steps), given.output)


if __name__ == "__main__":
    main()

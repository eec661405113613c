"""The language model's loss: several questions about one picture in one row.

SPDX-License-Identifier: Apache-2.0

A picture's rows are most of a sample, so each picture is asked several things at once. The
questions stand side by side: each sees the opening, the picture and itself, and counts its places
from the picture on, as if it were alone. That is what the model meets when it is used.
"""
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import tokens

IGNORE = -100


@dataclass
class Batch:
    """Ids, places, the number of its branch (0: padding) and the label of every position."""
    ids: torch.Tensor
    places: torch.Tensor
    branches: torch.Tensor
    labels: torch.Tensor

    @classmethod
    def of(cls, samples, front):
        """From samples that are lists of branches (ids, marks), after `front` places."""
        columns = [], [], [], []
        for branches in samples:
            row = [], [], [], []
            for number, (ids, marks) in enumerate(branches, 1):
                row[0].extend(ids)
                row[1].extend(range(front, front + len(ids)))
                row[2].extend([number] * len(ids))
                row[3].extend(i if mark else IGNORE for i, mark in zip(ids, marks))
            for column, values in zip(columns, row):
                column.append(torch.tensor(values))
        return cls(*(nn.utils.rnn.pad_sequence(column, True, padding)
                     for column, padding in zip(columns, (tokens.PAD, front, 0, IGNORE))))


def loss(model, opening, samples, images=None):
    """Mean loss over the marked ids; `images` [n, rows, width] stand behind the opening."""
    table, size = model.get_input_embeddings(), len(samples)
    parts = [table(torch.tensor(opening)).expand(size, -1, -1)]
    parts += [] if images is None else [images]
    front = sum(part.shape[1] for part in parts)
    batch = Batch.of(samples, front)
    shared = torch.arange(front).expand(size, -1)
    branches = torch.cat([torch.zeros_like(shared), batch.branches], 1)
    order = torch.arange(branches.shape[1])
    seen = (order[:, None] >= order) & ((branches[:, :, None] == branches[:, None])
                                        | (order < front))
    states = model.model.language_model(
        inputs_embeds=torch.cat([*parts, table(batch.ids)], 1), attention_mask=seen[:, None],
        position_ids=torch.cat([shared, batch.places], 1), use_cache=False).last_hidden_state
    # The state before an id says that id; before a branch's first id it is the front's last.
    states = states[:, front - 1:-1]
    kept = batch.labels != IGNORE
    first = kept & (batch.branches != functional.pad(batch.branches[:, :-1], (1, 0)))
    predicted = model.lm_head(torch.where(first[..., None], states[:, :1], states)[kept])
    return functional.cross_entropy(predicted, batch.labels[kept])

"""PyTorch's side of a training step: the projector, or an adapter by peft beside it.

SPDX-License-Identifier: Apache-2.0
"""
import torch

TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
FEATURES = 1024  # the width of ViT-L's


def projector(width, precision):
    return torch.nn.Sequential(torch.nn.Linear(FEATURES, width), torch.nn.GELU(),
                               torch.nn.Linear(width, width)).to(precision)


def adapted(model, rank):
    from peft import LoraConfig, get_peft_model
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=TARGETS)
    return get_peft_model(model, config, autocast_adapter_dtype=False)


def step(given, model):
    """A step over one sequence: a token, an image's rows, and the other tokens, all but the first of
    which are learned. Weights in the precision given, AdamW on them."""
    model.requires_grad_(False)
    embedding = model.get_input_embeddings()
    project = projector(model.config.hidden_size, given.type)
    if given.lora:
        model = adapted(model, given.lora)
    if given.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
    model.train()
    trained = [each for each in [*model.parameters(), *project.parameters()] if each.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4)
    ids = (torch.arange(given.tokens) * 7 % model.config.vocab_size)[None]
    features = torch.randn(1, given.image_rows, FEATURES, dtype=given.type)
    labels = torch.cat([torch.full((1, 1 + given.image_rows), -100), ids[:, 1:]], 1)

    def run():
        words = embedding(ids)
        rows = torch.cat([words[:, :1], project(features), words[:, 1:]], 1)
        model(inputs_embeds=rows, labels=labels, use_cache=False).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

    return run

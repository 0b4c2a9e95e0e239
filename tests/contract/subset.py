#!/usr/bin/env python3
"""Extracts the schemas that the tests need from ElevenLabs' OpenAPI document into api.json.

Titles and descriptions are left out.

    tests/contract/subset.py elevenlabs-openapi.json
"""

import json
import pathlib
import sys

ROOTS = [
    "GetConversationResponseModel",
    "ConversationInitiationClientDataRequest-Output",
    "WebhookToolConfig-Input",
    "ConvAIWebhooks",
    "ConversationInitiationClientDataWebhook",
    "AnalysisProperty",
]


def references(part):
    """Yields the names of the schemas that a part of the document refers to."""
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value.rsplit("/", 1)[1]
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def without_prose(part):
    """Removes titles and descriptions.

    A property named `title` stays: its value is a schema, not a text.
    """
    if isinstance(part, dict):
        prose = {key for key in ("title", "description") if isinstance(part.get(key), str)}
        return {key: without_prose(value) for key, value in part.items() if key not in prose}
    return [without_prose(value) for value in part] if isinstance(part, list) else part


def main(file):
    schemas = json.loads(pathlib.Path(file).read_text())["components"]["schemas"]
    needed, todo = {}, list(ROOTS)
    while todo:
        name = todo.pop()
        if name not in needed:
            needed[name] = without_prose(schemas[name])
            todo += references(schemas[name])
    lines = ",\n".join(f'  "{name}": {json.dumps(needed[name])}' for name in sorted(needed))
    document = '{"components": {"schemas": {\n' + lines + "\n}}}\n"
    (pathlib.Path(__file__).parent / "api.json").write_text(document)


if __name__ == "__main__":
    main(sys.argv[1])

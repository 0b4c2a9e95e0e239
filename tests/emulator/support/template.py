"""Reads a CloudFormation template, including the short forms of intrinsic functions."""

from pathlib import Path

import yaml


class Template:
    def __init__(self, document: dict):
        self.document = document
        self.resources: dict[str, dict] = document["Resources"]

    @classmethod
    def read(cls, path: Path) -> "Template":
        return cls(yaml.load(path.read_text(), Loader=_Loader))

    def write(self, path: Path):
        path.write_text(yaml.safe_dump(self.document, sort_keys=False, width=1000))

    def of_type(self, kind: str) -> dict[str, dict]:
        """Returns the properties of all resources of a type, by name."""
        return {name: one["Properties"] for name, one in self.resources.items() if one["Type"] == kind}


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": x}` and other short forms as `{"Fn::Name": x}`."""


def _short_form(loader, suffix, node):
    construct = {yaml.ScalarNode: loader.construct_scalar, yaml.SequenceNode: loader.construct_sequence}
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = construct[yaml.ScalarNode](node)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)

"""Serves ministack with queries that are fast enough for thousands of items.

ministack parses the expressions of a query again for each item. Two changes make that usable for
measurements: key conditions of the two forms that `openmemory` sends are compared directly, and
projections on top-level attributes look up their names once.

    GATEWAY_PORT=PORT BIND_HOST=127.0.0.1 serve_ministack.py
"""

from ministack.app import main
from ministack.services import dynamodb

ONE_PARTITION = "PK = :pk"
WITH_PREFIX = "PK = :pk AND begins_with(SK, :prefix)"
evaluate_condition = dynamodb._evaluate_condition
project_item = dynamodb._project_item


def evaluate_key_condition(expression, item, values, names, slot="ConditionExpression"):
    if expression not in (ONE_PARTITION, WITH_PREFIX):
        return evaluate_condition(expression, item, values, names, slot)
    has_prefix = expression == ONE_PARTITION or item["SK"]["S"].startswith(values[":prefix"]["S"])
    return item["PK"] == values[":pk"] and has_prefix


def project_top_level(item, expression, names):
    aliases = expression.split(", ")
    if any(alias not in names for alias in aliases):
        return project_item(item, expression, names)
    wanted = (names[alias] for alias in aliases)
    return {name: item[name] for name in wanted if name in item}


dynamodb._evaluate_condition = evaluate_key_condition
dynamodb._project_item = project_top_level
main()

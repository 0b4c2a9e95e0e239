"""Serves ministack fast enough to measure with 100,000 memories.

For each page of a query, ministack evaluates and sorts all items of the partition. This program
answers the two queries that `openmemory` sends from the items of the page alone, and computes the
size and the text of an item once. It does not validate these queries, because the tests send them
to the unchanged ministack.

    GATEWAY_PORT=PORT BIND_HOST=127.0.0.1 serve_ministack.py
"""

import gc
import json
from bisect import bisect_left, bisect_right
from functools import cached_property
from itertools import islice, takewhile

from ministack.app import main
from ministack.services import dynamodb

IS_NEW = "attribute_not_exists(PK)"
KEY_CONDITIONS = {"PK = :pk", "PK = :pk AND begins_with(SK, :prefix)"}
QUERY_MEMBERS = {
    "ConsistentRead",
    "ExclusiveStartKey",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "KeyConditionExpression",
    "ProjectionExpression",
    "TableName",
}
answer_any_query = dynamodb._query
evaluate_any_condition = dynamodb._evaluate_condition
store_item = dynamodb._set_item


class StoredItem(dict):
    """An item in a table. ministack replaces it with each write and never changes it."""

    @cached_property
    def size(self):
        return dynamodb._item_size_bytes(self)

    @cached_property
    def _texts(self):
        return {}

    def text(self, attributes):
        """The item as JSON with some attributes, or with all for `None`."""
        if attributes not in self._texts:
            wanted = self if attributes is None else attributes
            item = {name: self[name] for name in wanted if name in self}
            self._texts[attributes] = json.dumps(item)
        return self._texts[attributes]


def set_item(table, partition_key, sort_key, item):
    return store_item(table, partition_key, sort_key, StoredItem(item))


def evaluate_condition(expression, item, *arguments, **options):
    if expression == IS_NEW:
        return "PK" not in item
    return evaluate_any_condition(expression, item, *arguments, **options)


def query(request):
    is_known = request.get("KeyConditionExpression") in KEY_CONDITIONS
    if not is_known or not request.keys() <= QUERY_MEMBERS:
        return answer_any_query(request)
    values = request["ExpressionAttributeValues"]
    items = dynamodb._tables[request["TableName"]]["items"].get(values[":pk"]["S"], {})
    prefix = values[":prefix"]["S"] if ":prefix" in values else ""
    page, is_last = read_page(items, prefix, request.get("ExclusiveStartKey"))
    result = {"Count": len(page), "ScannedCount": len(page)}
    if not is_last:
        result["LastEvaluatedKey"] = {name: page[-1][name] for name in ("PK", "SK")}
    status, headers, body = dynamodb.json_response(result)
    attributes = projection(request)
    texts = ", ".join(item.text(attributes) for item in page)
    return status, headers, b'{"Items": [' + texts.encode() + b"], " + body.removeprefix(b"{")


def read_page(items, prefix, start):
    """The items after `start` that fit into one page, and whether they are the last ones."""
    keys = sorted(items)
    first = bisect_right(keys, start["SK"]["S"]) if start else bisect_left(keys, prefix)
    page, size = [], 0
    for key in takewhile(lambda key: key.startswith(prefix), islice(keys, first, None)):
        size += items[key].size
        if page and size > dynamodb._DDB_PAGE_SIZE_BYTES:
            return page, False
        page.append(items[key])
    return page, True


def projection(request):
    """The attributes that a request wants, or `None` for all."""
    if "ProjectionExpression" not in request:
        return None
    names = request["ExpressionAttributeNames"]
    return tuple(names[alias] for alias in request["ProjectionExpression"].split(", "))


dynamodb._evaluate_condition = evaluate_condition
dynamodb._query = query
dynamodb._set_item = set_item
gc.disable()  # Each collection would visit millions of stored values, and pause the requests.
main()

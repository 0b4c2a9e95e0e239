"""Serves moto's DynamoDB on 127.0.0.1, one request at a time.

moto copies a whole table for every action of a transaction, and restores the copy if the
transaction is cancelled. It also converts each attribute several times. Four changes make that
usable:

- One request at a time. Otherwise a cancelled transaction would undo what other requests wrote in
  the meantime.
- Cheap copies. A copy of a table shares its items, and an update replaces an item instead of
  changing it.
- Projections without conversion. All names are those of top-level attributes.
- Responses in plain JSON. The results have the form of DynamoDB's responses already.

    serve_moto.py PORT
"""

import base64
import copy
import json
import sys
import threading
from collections import defaultdict
from decimal import Decimal

from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import run_simple

application = DomainDispatcherApplication(create_backend_app)
lock = threading.Lock()
update_item = DynamoDBBackend.update_item


def one_at_a_time(environ, start_response):
    with lock:
        return list(application(environ, start_response))


def copy_table(table, _):
    duplicate = copy.copy(table)
    duplicate.items = defaultdict(dict, {key: dict(items) for key, items in table.items.items()})
    return duplicate


def copy_item(item, _):
    duplicate = copy.copy(item)
    duplicate.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    dict.update(duplicate.attrs, item.attrs)
    return duplicate


def update_a_copy(backend, table_name, key, *args, **kwargs):
    table = backend.get_table(table_name)
    items = table.items.get(DynamoType(key[table.hash_key_attr]), {})
    range_value = DynamoType(key[table.range_key_attr])
    if range_value in items:
        items[range_value] = copy.deepcopy(items[range_value])
    return update_item(backend, table_name, key, *args, **kwargs)


def project(item, expressions):
    names = {name for [name] in expressions}
    projected = copy.copy(item)
    projected.attrs = {name: value for name, value in item.attrs.items() if name in names}
    return projected


def execute_result(action, context):
    if isinstance(action.result, Exception):
        return execute_exception(action, context)
    headers = {"Content-Type": "application/x-amz-json-1.0"}
    return 200, headers, json.dumps(action.result, default=plain)


def plain(value):
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, Item):
        return value.to_json()["Attributes"]
    if isinstance(value, DynamoType):
        return value.to_json()
    return float(value) if isinstance(value, Decimal) else value.timestamp()


Table.__deepcopy__ = copy_table
Item.project = project
execute_exception = ActionResult.execute_result
ActionResult.execute_result = execute_result
Item.__deepcopy__ = copy_item
DynamoDBBackend.update_item = update_a_copy

run_simple(
    "127.0.0.1", int(sys.argv[1]), one_at_a_time, threaded=True, request_handler=MotoRequestHandler
)

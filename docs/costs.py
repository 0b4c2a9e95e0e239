#!/usr/bin/env python3
"""Computes the monthly costs in costs.md from unit prices and assumptions.

    python3 docs/costs.py            print the tables
    python3 docs/costs.py --check    fail if costs.md has other tables
"""

import sys
from pathlib import Path

DAYS = 30
CALLS_A_DAY = (0, 100, 1_000, 10_000, 100_000, 1_000_000)

# US dollars in us-east-1, without free tiers.
PRICES = {
    "Lambda request": 0.20e-6,
    "Lambda GB-second": 0.0000166667,
    "HTTP API request": 1.00e-6,
    "SQS request": 0.50e-6,
    "S3 write": 5.00e-6,
    "S3 read": 0.40e-6,
    "S3 GB-month": 0.023,
    "DynamoDB write unit": 0.625e-6,
    "DynamoDB read unit": 0.125e-6,
    "DynamoDB GB-month": 0.25,
    "DynamoDB backup GB-month": 0.20,
    "log GB": 0.50,
    "metric-month": 0.30,
    "alarm-month": 0.10,
    "secret-month": 0.40,
    "secret request": 5.0e-6,
    "Nova Lite input token": 0.06e-6,
    "Nova Lite output token": 0.24e-6,
}

# One call: invocations and GB-seconds of each function. A function has 0.25 GB (the webhooks) or 0.5 GB.
SEARCHES = 2
FUNCTIONS = {
    "client-data": (1, 0.015 * 0.25),
    "search-memory": (SEARCHES, 0.020 * 0.25),
    "post-call": (1, 0.100 * 0.5),
    # The model takes five seconds.
    "extraction": (1, 5.3 * 0.5),
    # client-data three times, each search twice, extraction five times.
    "openmemory": (3 + SEARCHES * 2 + 5, 0.015 * 0.5),
}
# Measured with `openmemory/benchmarks/speed/run functions`: client-data, the searches and extraction. The caller has 50
# memories and an American number, no function has cached the agent's profile, and ten memories and one card are written.
WRITE_UNITS = 64
READ_UNITS = 20 + SEARCHES * 18 + 45
S3_WRITES, S3_READS = 5, 8
SQS_REQUESTS = 3
API_REQUESTS = 2 + SEARCHES
# Memories stay for a year of calls, and are 1 KB with their vector. Calls stay for 90 days.
TABLE_KB, TABLE_DAYS = 10, 365
CALL_KB, CALL_DAYS = 40, 90
LOG_KB = 7
INPUT_TOKENS, OUTPUT_TOKENS = 3_200, 900

# Independent of calls: a health check every five minutes, and Lambda's polling of the queue.
HEALTH_CHECKS = 12 * 24 * DAYS
POLLS = 5 * 3 * 60 * 24 * DAYS
# The pepper and the webhooks' secret. Each of few instances reads them every five minutes while it is used.
SECRETS, SECRET_READS = 2, 12 * 24 * DAYS * 3
METRICS, ALARMS = 7, 10


def month(calls_a_day: int) -> dict[str, float]:
    """Returns the dollars of each service in a month."""
    price, calls, gb = PRICES, calls_a_day * DAYS, 1e-6
    is_called = calls > 0
    seconds = sum(count * gb_seconds for count, gb_seconds in FUNCTIONS.values())
    invocations = sum(count for count, _ in FUNCTIONS.values())
    return {
        "Lambda": (calls * invocations + 2 * HEALTH_CHECKS) * price["Lambda request"]
        + (calls * seconds + HEALTH_CHECKS * 0.020) * price["Lambda GB-second"],
        "API Gateway": calls * API_REQUESTS * price["HTTP API request"],
        "S3": calls * (S3_WRITES * price["S3 write"] + S3_READS * price["S3 read"])
        + calls_a_day * CALL_DAYS * CALL_KB * gb * price["S3 GB-month"],
        "SQS": (calls * SQS_REQUESTS + POLLS) * price["SQS request"],
        "DynamoDB": calls * (WRITE_UNITS * price["DynamoDB write unit"] + READ_UNITS * price["DynamoDB read unit"])
        + calls_a_day * TABLE_DAYS * TABLE_KB * gb * (price["DynamoDB GB-month"] + price["DynamoDB backup GB-month"]),
        # Metrics are billed only while they are sent; the health check sends one of them.
        "CloudWatch": (METRICS if is_called else 1) * price["metric-month"]
        + ALARMS * price["alarm-month"]
        + (calls * LOG_KB + HEALTH_CHECKS * 2) * gb * price["log GB"],
        "Secrets Manager": SECRETS * price["secret-month"] + SECRET_READS * price["secret request"],
        "Bedrock": calls * (INPUT_TOKENS * price["Nova Lite input token"] + OUTPUT_TOKENS * price["Nova Lite output token"]),
    }


def dollars(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def table(rows: list[list[str]]) -> str:
    """Formats rows as a Markdown table. The first is the head."""
    lines = [rows[0], ["---"] * len(rows[0]), *rows[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cost_table() -> str:
    months = [month(calls) for calls in CALLS_A_DAY]
    rows = [["calls a day", *(f"{calls:,}" for calls in CALLS_A_DAY)]]
    rows += [[service, *(dollars(one[service]) for one in months)] for service in months[0]]
    without = [sum(one.values()) - one["Bedrock"] for one in months]
    rows.append(["**total without a model**", *(f"**{dollars(one)}**" for one in without)])
    rows.append(["**total with Nova Lite**", *(f"**{dollars(sum(one.values()))}**" for one in months)])
    return table(rows)


def print_or_check(script: Path, tables: list[str]) -> int:
    """Prints the tables of a script, or with --check, compares them with the page of its name. Returns the exit code."""
    if "--check" not in sys.argv:
        print("\n".join(tables), end="")
        return 0
    page = script.with_suffix(".md")
    is_current = all(one in page.read_text() for one in tables)
    print(f"{page.name} is current" if is_current else f"{page.name} has other tables than {script.name} computes")
    return 0 if is_current else 1


if __name__ == "__main__":
    sys.exit(print_or_check(Path(__file__), [cost_table()]))

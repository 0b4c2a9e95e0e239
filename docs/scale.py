#!/usr/bin/env python3
"""Computes the tables of scale.md: concurrency at the peak, and the backlog after an outage.

    python3 docs/scale.py            print the tables
    python3 docs/scale.py --check    fail if scale.md has other tables
"""

import math
import sys
from pathlib import Path

from costs import API_REQUESTS, FUNCTIONS, INPUT_TOKENS, OUTPUT_TOKENS, READ_UNITS, WRITE_UNITS, print_or_check, table

CALLS_A_DAY = (1_000, 10_000, 100_000, 1_000_000)
MINUTES_A_DAY = 24 * 60
BUSIEST_MINUTE = 15 * 60

# Seconds of one invocation, with a reserve over those in costs.py.
SECONDS = {"client-data": 0.05, "search-memory": 0.05, "post-call": 0.1, "extraction": 5.3, "openmemory": 0.015}
INVOCATIONS = {name: count for name, (count, _) in FUNCTIONS.items()}

# A job whose provider or store fails pauses 30 s, then twice as long each time, up to 15 minutes.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15
OUTAGE_MINUTES = 60


def calls_in(minute: int, calls_a_day: int) -> float:
    """The calls that end in a minute: a wave with its crest in the afternoon, never below zero."""
    phase = 2 * math.pi * (minute - BUSIEST_MINUTE) / MINUTES_A_DAY
    # The mean of the cube of a raised cosine is 0.3125, so the busiest minute has 3.2 times the average.
    wave = ((1 + math.cos(phase)) / 2) ** 3
    return calls_a_day / MINUTES_A_DAY * wave / 0.3125


def retried_at(arrival: int, end: int) -> int:
    """The minute of a job's first attempt after an outage."""
    at, pause = float(arrival), FIRST_PAUSE
    while at < end:
        at += pause
        pause = min(pause * 2, LONGEST_PAUSE)
    return math.ceil(at)


def outage(calls_a_day: int, concurrency: int) -> tuple[int, int, int]:
    """Simulates an outage in the busiest hour. Returns the largest backlog, the minutes until it is gone, and the
    longest delay of a job in minutes."""
    start = BUSIEST_MINUTE
    end = start + OUTAGE_MINUTES
    capacity = concurrency / SECONDS["extraction"] * 60
    returning: dict[int, list[tuple[int, float]]] = {}
    for minute in range(start, end):
        returning.setdefault(retried_at(minute, end), []).append((minute, calls_in(minute, calls_a_day)))
    paused = sum(calls for jobs in returning.values() for _, calls in jobs)
    largest, delay = paused, 0
    ready: list[tuple[int, float]] = []
    minute = end
    while paused > 0.5 or sum(calls for _, calls in ready) > capacity:
        due = returning.pop(minute, [])
        paused -= sum(calls for _, calls in due)
        ready += due + [(minute, calls_in(minute, calls_a_day))]
        left = capacity
        while ready and left > 0:
            arrived, calls = ready[0]
            done = min(calls, left)
            left -= done
            delay = max(delay, minute - arrived)
            ready[0] = (arrived, calls - done)
            if ready[0][1] <= 0:
                ready.pop(0)
        largest = max(largest, paused + sum(calls for _, calls in ready))
        minute += 1
    return round(largest), minute - end, delay


def peak_rate(calls_a_day: int) -> float:
    """Calls a second in the busiest minute."""
    return calls_in(BUSIEST_MINUTE, calls_a_day) / 60


def concurrency(calls_a_day: int, function: str) -> int:
    return math.ceil(peak_rate(calls_a_day) * INVOCATIONS[function] * SECONDS[function])


def recommended(calls_a_day: int) -> int:
    """ExtractionConcurrency with half as much again as the peak needs, so that a backlog shrinks even then."""
    return max(2, math.ceil(concurrency(calls_a_day, "extraction") * 1.5))


def peak_table() -> str:
    head = ["at the peak", *(f"{calls:,} calls a day" for calls in CALLS_A_DAY)]
    rate = ["calls a second", *(f"{peak_rate(calls):.2f}" for calls in CALLS_A_DAY)]
    used = [[f"instances of {name}", *(f"{concurrency(calls, name):,}" for calls in CALLS_A_DAY)] for name in SECONDS]
    requests = ["requests a second to API Gateway", *(f"{peak_rate(calls) * API_REQUESTS:,.1f}" for calls in CALLS_A_DAY)]
    sqs = ["SQS requests a second, each action", *(f"{peak_rate(calls):,.1f}" for calls in CALLS_A_DAY)]
    writes = ["DynamoDB write units a second", *(f"{peak_rate(calls) * WRITE_UNITS:,.0f}" for calls in CALLS_A_DAY)]
    reads = ["DynamoDB read units a second", *(f"{peak_rate(calls) * READ_UNITS:,.0f}" for calls in CALLS_A_DAY)]
    model = ["model requests a minute", *(f"{peak_rate(calls) * 60:,.0f}" for calls in CALLS_A_DAY)]
    tokens = [
        "model tokens a minute",
        *(f"{peak_rate(calls) * 60 * (INPUT_TOKENS + OUTPUT_TOKENS):,.0f}" for calls in CALLS_A_DAY),
    ]
    return table([head, rate, *used, requests, sqs, writes, reads, model, tokens])


def outage_table() -> str:
    results = {calls: outage(calls, recommended(calls)) for calls in CALLS_A_DAY}
    head = ["an hour's outage at the peak", *(f"{calls:,} calls a day" for calls in CALLS_A_DAY)]
    chosen = ["`ExtractionConcurrency`", *(f"{recommended(calls):,}" for calls in CALLS_A_DAY)]
    names = ["largest backlog, jobs", "minutes until it is gone", "longest delay of a call, minutes"]
    rows = [[name, *(f"{results[calls][at]:,}" for calls in CALLS_A_DAY)] for at, name in enumerate(names)]
    return table([head, chosen, *rows])


if __name__ == "__main__":
    sys.exit(print_or_check(Path(__file__), [peak_table(), outage_table()]))

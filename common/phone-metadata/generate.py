"""Builds src/call/phone/metadata.bin from libphonenumber's metadata (PyPI `phonenumbers`).

The file answers two questions without a regular expression engine: is a run of digits an international number, and which
prefixes does a country put before national and international numbers. `src/call/phone/metadata.rs` reads it.

Layout, all integers little-endian:
    u16 number of states, u16 number of countries
    states:    10 x u16 next state for the digits 0 to 9, 0 meaning "no number begins like this"; the first state is state 1.
               Two bits of the entry for digit 0 mark a state in which a number may end: 0x8000 where libphonenumber calls
               the number valid, 0x4000 where it fits the looser general description of its country.
    countries: 3 bytes calling code filled up with blanks, u8 length and 3 bytes national prefix, u8 length and 4 bytes
               international prefix
"""

import re._constants as sre
import re._parser as sre_parser
import random
import struct
import sys

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

NON_GEOGRAPHIC = "001"
VALID, POSSIBLE = 0x8000, 0x4000
KINDS = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan", "voicemail",
)


class Nfa:
    def __init__(self):
        self.steps, self.jumps = {}, {}
        self.size = 0

    def state(self):
        self.size += 1
        return self.size - 1

    def step(self, start, digits, end):
        self.steps.setdefault(start, []).append((digits, end))

    def jump(self, start, end):
        self.jumps.setdefault(start, []).append(end)

    def add(self, tree, start):
        """Adds a parsed pattern behind `start`, and returns the state behind it."""
        for kind, value in tree:
            start = self.add_one(kind, value, start)
        return start

    def add_one(self, kind, value, start):
        if kind in (sre.LITERAL, sre.IN):
            end = self.state()
            self.step(start, digits_of(kind, value), end)
            return end
        if kind is sre.BRANCH:
            end = self.state()
            for branch in value[1]:
                self.jump(self.add(branch, start), end)
            return end
        if kind is sre.SUBPATTERN:
            return self.add(value[3], start)
        if kind is sre.MAX_REPEAT:
            least, most, tree = value
            for _ in range(least):
                start = self.add(tree, start)
            end = self.state()
            self.jump(start, end)
            for _ in range(most - least):
                start = self.add(tree, start)
                self.jump(start, end)
            return end
        raise ValueError(f"the pattern uses {kind}")

    def closure(self, states):
        found, waiting = set(states), list(states)
        while waiting:
            for end in self.jumps.get(waiting.pop(), []):
                if end not in found:
                    found.add(end)
                    waiting.append(end)
        return frozenset(found)


def digits_of(kind, value):
    if kind is sre.LITERAL:
        return {int(chr(value))}
    digits = set()
    for item, what in value:
        if item is sre.LITERAL:
            digits.add(int(chr(what)))
        elif item is sre.RANGE:
            digits.update(int(chr(one)) for one in range(what[0], what[1] + 1))
        elif item is sre.CATEGORY and what is sre.CATEGORY_DIGIT:
            digits.update(range(10))
        else:
            raise ValueError(f"the class uses {item}")
    return digits


def descriptions():
    """For each region and kind of number: calling code, flag, pattern and lengths of national numbers."""
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        for region in regions:
            found = (
                PhoneMetadata.metadata_for_nongeo_region(code)
                if region == NON_GEOGRAPHIC
                else PhoneMetadata.metadata_for_region(region)
            )
            if found is None:
                continue
            general = found.general_desc
            yield code, POSSIBLE, general.national_number_pattern, general.possible_length
            for kind in KINDS:
                one = getattr(found, kind)
                if one is not None and one.national_number_pattern and one.possible_length != (-1,):
                    yield code, VALID, one.national_number_pattern, one.possible_length or general.possible_length


def automaton():
    nfa = Nfa()
    first = nfa.state()
    ends = {}
    for code, flag, pattern, lengths in descriptions():
        start = first
        for digit in str(code):
            end = nfa.state()
            nfa.step(start, {int(digit)}, end)
            start = end
        end = nfa.add(sre_parser.parse(pattern), start)
        ends[end] = (flag, {len(str(code)) + length for length in lengths})
    return determined(nfa, first, ends)


def determined(nfa, first, ends):
    """The deterministic automaton, with the number of digits read as a part of each state."""
    start = (nfa.closure([first]), 0)
    numbers, table, final, waiting = {start: 0}, [], [], [start]
    for states, length in waiting:
        row = []
        for digit in range(10):
            behind = [e for s in states for digits, e in nfa.steps.get(s, []) if digit in digits]
            if not behind or length >= 15:
                row.append(None)
                continue
            target = (nfa.closure(behind), length + 1)
            if target not in numbers:
                numbers[target] = len(waiting)
                waiting.append(target)
            row.append(numbers[target])
        table.append(row)
        flags = 0
        for state in states:
            flag, lengths = ends.get(state, (0, ()))
            flags |= flag if length in lengths else 0
        final.append(flags)
    return minimised(table, final)


def minimised(table, final):
    classes = list(final)
    while True:
        signatures = {}
        renamed = [
            signatures.setdefault(
                (classes[state], tuple(-1 if end is None else classes[end] for end in row)), len(signatures)
            )
            for state, row in enumerate(table)
        ]
        if len(signatures) == len(set(classes)):
            return compact(table, final, renamed)
        classes = renamed


def compact(table, final, classes):
    """One row for each class, states that lead nowhere left out, the first state first."""
    members = {}
    for state, name in enumerate(classes):
        members.setdefault(name, state)
    alive = {name for name, state in members.items() if final[state]}
    while True:
        more = {n for n, s in members.items() if any(e is not None and classes[e] in alive for e in table[s])} | alive
        if more == alive:
            break
        alive = more
    order = [classes[0]] + sorted(alive - {classes[0]})
    number = {name: place + 1 for place, name in enumerate(order)}
    rows = []
    for name in order:
        state = members[name]
        row = [0 if e is None else number.get(classes[e], 0) for e in table[state]]
        row[0] |= final[state]
        rows.append(row)
    return rows


def countries():
    """The prefixes of each calling code's main region. A prefix that is not plain digits is left out."""
    for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items()):
        if regions[0] == NON_GEOGRAPHIC:
            continue
        found = PhoneMetadata.metadata_for_region(regions[0])
        national, abroad = found.national_prefix or "", found.international_prefix or ""
        yield code, plain(national, 3), plain(abroad, 4)


def plain(prefix, longest):
    return prefix if prefix.isdigit() and len(prefix) <= longest else ""


def check(rows):
    """Compares the automaton with libphonenumber on random numbers."""
    dice = random.Random(7)
    for _ in range(100_000):
        code = dice.choice(list(COUNTRY_CODE_TO_REGION_CODE))
        digits = str(code) + "".join(dice.choices("0123456789", k=dice.randint(3, 12)))
        if len(digits) > 15 or digits[len(str(code))] == "0":
            continue
        number = phonenumbers.PhoneNumber(country_code=code, national_number=int(digits[len(str(code)):]))
        state = 1
        for digit in digits:
            state = rows[state - 1][int(digit)] & (POSSIBLE - 1) if state else 0
        valid = bool(state and rows[state - 1][0] & VALID)
        assert valid == phonenumbers.is_valid_number(number), digits


def main(path):
    rows, known = automaton(), list(countries())
    assert len(rows) < POSSIBLE
    check(rows)
    with open(path, "wb") as out:
        out.write(struct.pack("<HH", len(rows), len(known)))
        for row in rows:
            out.write(struct.pack("<10H", *row))
        for code, national, abroad in known:
            out.write(struct.pack("<3sB3sB4s", f"{code:<3}".encode(), len(national), national.encode(), len(abroad), abroad.encode()))
    print(f"phonenumbers {phonenumbers.__version__}: {len(rows)} states, {len(known)} countries")


if __name__ == "__main__":
    main(sys.argv[1])

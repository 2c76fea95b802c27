#!/usr/bin/env python3
"""Verify the draw of a lottery group yourself (抽奖团开奖复核). One file, Python 3.8 or newer, nothing to install.

    python3 verify_draw.py RECORD.json [HASH ...]

RECORD.json is the record that was published after the draw. Each HASH is one that you kept from before: the announcement's, shown before
anybody joined, or that of the list of entrants, shown when the group was complete. Without any you learn only that the record fits
together. docs/draws.md explains every step; the text below is meant to be read beside it. Exit status: 0 right, 1 wrong, 2 not readable.
"""

import hashlib
import hmac
import json
import re
import sys

FORMAT = "tuan-draw/1"

# What each document holds besides "format" and "stage".
FIELDS = {
    "announced": {
        "draw_id": "name",
        "prizes": "number",
        "entrants_max": "number",
        "odds_ppm": "number",
        "draw_after_ms": "number",
        "announce_time_ms": "number",
        "seed_commitment": "hash",
    },
    "frozen": {
        "announcement": "hash",
        "entrants": "names",
        "complete_time_ms": "number",
        "draw_time_ms": "number",
    },
    "revealed": {
        "frozen": "hash",
        "seed": "hash",
        "winners": "names",
        "reveal_time_ms": "number",
    },
}


def is_name(value):
    return isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:-]{1,128}", value) is not None


KINDS = {
    "name": is_name,
    "names": lambda value: isinstance(value, list) and len(value) <= 100_000 and all(map(is_name, value)),
    "number": lambda value: type(value) is int and 0 <= value < 2**53,
    "hash": lambda value: isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) is not None,
}


def digest(document):
    """SHA-256 of a document's canonical JSON: keys in order, no white space."""
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def words(seed, frozen_hash):
    """The stream of random numbers below 2**64 that follows from the seed and the frozen list."""
    block = 0
    while True:
        message = b"tuan-draw/1" + frozen_hash + block.to_bytes(8, "big")
        random = hmac.new(seed, message, hashlib.sha256).digest()
        for start in (0, 8, 16, 24):
            yield int.from_bytes(random[start : start + 8], "big")
        block += 1


def number_below(n, stream):
    """A number from 0 to n - 1. Words beyond the last multiple of n are dropped: they would make small numbers likelier."""
    end = 2**64 - 2**64 % n
    while True:
        word = next(stream)
        if word < end:
            return word % n


def draw(record):
    """The winners, by shuffling the first places of the list."""
    stream = words(bytes.fromhex(record["revealed"]["seed"]), bytes.fromhex(digest(record["frozen"])))
    entrants = list(record["frozen"]["entrants"])
    count = min(record["announced"]["prizes"], len(entrants))
    for i in range(count):
        j = i + number_below(len(entrants) - i, stream)
        entrants[i], entrants[j] = entrants[j], entrants[i]
    return entrants[:count]


def misshapen(record):
    """What is missing, too much, or not what its field holds."""
    if not isinstance(record, dict) or set(record) != set(FIELDS):
        return ["a record has the documents announced, frozen and revealed"]
    faults = []
    for stage, fields in FIELDS.items():
        document = record[stage]
        if not isinstance(document, dict) or set(document) != {"format", "stage", *fields}:
            faults.append(f"{stage} has a field too many or too few")
        elif (document["format"], document["stage"]) != (FORMAT, stage):
            faults.append(f"{stage} is of another format")
        else:
            faults += [
                f"{stage}.{name} is no {kind}" for name, kind in fields.items() if not KINDS[kind](document[name])
            ]
    return faults


def faults_of(record, kept=()):
    """Everything that is wrong; an empty list if the draw is right."""
    faults = misshapen(record)
    if faults:
        return faults
    announced, frozen, revealed = record["announced"], record["frozen"], record["revealed"]
    entrants = frozen["entrants"]
    rules = {
        "there is no prize": announced["prizes"] >= 1,
        "the odds promise more than the prizes give": announced["odds_ppm"] <= 1_000_000
        and announced["odds_ppm"] * announced["entrants_max"] <= announced["prizes"] * 1_000_000,
        "nobody takes part, or more than announced": 1 <= len(entrants) <= announced["entrants_max"],
        "somebody takes part twice": len(set(entrants)) == len(entrants),
        "the entrants are not in order": entrants == sorted(entrants),
        "the announcement was changed": frozen["announcement"] == digest(announced),
        "the list of entrants was changed": revealed["frozen"] == digest(frozen),
        "the seed is not the one that was committed": hashlib.sha256(bytes.fromhex(revealed["seed"])).hexdigest()
        == announced["seed_commitment"],
        "complete before it was announced": frozen["complete_time_ms"] >= announced["announce_time_ms"],
        "not the announced time": frozen["draw_time_ms"] == frozen["complete_time_ms"] + announced["draw_after_ms"],
        "drawn before its time": revealed["reveal_time_ms"] >= frozen["draw_time_ms"],
        "others have won": revealed["winners"] == draw(record),
        "a hash that you kept is not of this draw": all(
            given.strip().lower() in (digest(announced), digest(frozen)) for given in kept
        ),
    }
    return [fault for fault, holds in rules.items() if not holds]


def each_key_once(pairs):
    """Two readers must not see two values of one key."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    try:
        with open(arguments[0], "rb") as file:
            record = json.loads(file.read().decode("utf-8"), object_pairs_hook=each_key_once)
    except (OSError, ValueError, RecursionError) as error:
        print(f"{arguments[0]}: {error}")
        return 2
    faults = faults_of(record, arguments[1:])
    for fault in faults:
        print(f"wrong: {fault}")
    if faults:
        return 1
    print("announced", digest(record["announced"]))
    print("frozen   ", digest(record["frozen"]))
    print("right, these have won:", *record["revealed"]["winners"])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

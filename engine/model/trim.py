#!/usr/bin/env python3
"""Makes mock-results.json: what the results of service integrations look like, which TestState holds mocked results against.

Usage: trim.py FOLDER > mock-results.json

FOLDER is botocore's `data` folder (Apache License 2.0, Amazon.com, Inc.) with its service-2.json files, plain or gzipped. Kept: the
shape of each result that a task of this server can have, with types, required members, bounds and enums; names as Step Functions
writes them, with a capital first letter.
"""

import gzip
import json
import pathlib
import sys

# The result of each resource: the service's folder, the operation that it comes from, and members that are any JSON.
RESULTS = {
    "lambda:invoke": ("lambda/2015-03-31", "Invoke", []),
    "states:startExecution": ("stepfunctions/2016-11-23", "StartExecution", []),
    # What is polled until the execution has ended.
    "states:startExecution.sync": ("stepfunctions/2016-11-23", "DescribeExecution", []),
    # The same with JSON where the other has texts.
    "states:startExecution.sync:2": ("stepfunctions/2016-11-23", "DescribeExecution", ["Input", "Output"]),
}

TYPES = {
    "string": "string",
    # The mocks of AWS hold times as texts.
    "timestamp": "string",
    "integer": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "list": "list",
    "map": "map",
    "structure": "structure",
    # A payload in JSON.
    "blob": "any",
}


def load(folder, service):
    plain = pathlib.Path(folder, service, "service-2.json")
    if plain.exists():
        return json.loads(plain.read_text(encoding="utf-8"))
    return json.loads(gzip.decompress(plain.with_suffix(".json.gz").read_bytes()))


def capital(name):
    return name[0].upper() + name[1:]


def shape(model, name, around=()):
    assert name not in around, "results are trees"
    source = model["shapes"][name]
    kept = {"type": TYPES[source["type"]]}
    if source["type"] in ("string", "integer", "long"):
        kept.update({key: source[key] for key in ("min", "max", "enum") if key in source})
    around = (*around, name)
    if kept["type"] == "structure":
        kept["required"] = [capital(member) for member in source.get("required", [])]
        kept["members"] = {capital(m): shape(model, value["shape"], around) for m, value in source["members"].items()}
    elif kept["type"] == "list":
        kept["member"] = shape(model, source["member"]["shape"], around)
    elif kept["type"] == "map":
        kept["member"] = shape(model, source["value"]["shape"], around)
    return kept


def main():
    results = {}
    for resource, (service, operation, anything) in RESULTS.items():
        model = load(sys.argv[1], service)
        results[resource] = shape(model, model["operations"][operation]["output"]["shape"])
        for member in anything:
            results[resource]["members"][member] = {"type": "any"}
    json.dump(results, sys.stdout, indent=1, sort_keys=False)
    print()


main()

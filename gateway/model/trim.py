#!/usr/bin/env python3
"""Makes states-2016-11-23.json: the part of the AWS Step Functions API model that requests are checked against.

Usage: trim.py SERVICE-2.JSON > states-2016-11-23.json

Source: botocore's data/stepfunctions/2016-11-23/service-2.json (Apache License 2.0, Amazon.com, Inc.). Kept: the operations that this
server offers and the shapes of their requests, with types, required members, bounds, patterns and enums; everything else is left out.
"""

import json
import sys

OPERATIONS = """
CreateActivity CreateStateMachine CreateStateMachineAlias DeleteActivity DeleteStateMachine DeleteStateMachineAlias
DeleteStateMachineVersion DescribeActivity DescribeExecution DescribeMapRun DescribeStateMachine DescribeStateMachineAlias
DescribeStateMachineForExecution GetActivityTask GetExecutionHistory ListActivities ListExecutions ListMapRuns
ListStateMachineAliases ListStateMachineVersions ListStateMachines ListTagsForResource PublishStateMachineVersion
RedriveExecution
SendTaskFailure SendTaskHeartbeat SendTaskSuccess StartExecution StartSyncExecution StopExecution TagResource TestState
UntagResource UpdateMapRun UpdateStateMachine UpdateStateMachineAlias ValidateStateMachineDefinition
""".split()

# The order in which AWS's own error texts list an enum, where it is known and isn't the model's.
ENUM_ORDER = {
    "ExecutionStatus": ["SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING"],
}


def main():
    with open(sys.argv[1], encoding="utf-8") as source:
        model = json.load(source)
    shapes = {}

    def keep(name):
        if name in shapes:
            return
        shape = model["shapes"][name]
        kept = {key: shape[key] for key in ("type", "required", "min", "max", "pattern", "sensitive") if key in shape}
        if "enum" in shape:
            kept["enum"] = ENUM_ORDER.get(name, shape["enum"])
            assert sorted(kept["enum"]) == sorted(shape["enum"]), name
        shapes[name] = kept
        if "members" in shape:
            kept["members"] = {member: value["shape"] for member, value in shape["members"].items()}
            for member in kept["members"].values():
                keep(member)
        if "member" in shape:
            kept["member"] = shape["member"]["shape"]
            keep(kept["member"])

    operations = {}
    for name in OPERATIONS:
        operations[name] = model["operations"][name]["input"]["shape"]
        keep(operations[name])
    json.dump({"operations": operations, "shapes": shapes}, sys.stdout, indent=1, sort_keys=False)
    print()


main()

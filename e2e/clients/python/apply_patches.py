"""Apply patch instructions as conda-index does. Keys: cases, a list of {repodata, instructions}."""

import copy

from conda_index.index import _apply_instructions
from driver import drive


def apply(request):
    return [apply_one(case["repodata"], case["instructions"]) for case in request["cases"]]


def apply_one(repodata, instructions):
    # Each map alone: conda-index hands the very same lists to a .tar.bz2 and to the .conda of its stem, so that a change
    # of the one, such as its revocation, would show in the other.
    result = {"removed": []}
    for name in ("packages", "packages.conda"):
        alone = {name: repodata.get(name, {})}
        patched = _apply_instructions("linux-64", alone, copy.deepcopy(instructions))
        result[name] = patched[name]
        result["removed"] += patched["removed"]
    result["removed"].sort()
    return result


drive(apply)

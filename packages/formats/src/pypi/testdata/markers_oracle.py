"""Writes markers.json: what `packaging` says of random markers in three environments. Run: python3 markers_oracle.py > markers.json"""

import json
import random

from packaging.markers import Marker
from packaging.requirements import Requirement

chance = random.Random(508)
pick = chance.choice


def environment(python, os_name, sys_platform, system, machine, extra):
    full = python + ".0"
    return {
        "os_name": os_name,
        "sys_platform": sys_platform,
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": system,
        "platform_version": "",
        "python_version": python,
        "python_full_version": full,
        "implementation_name": "cpython",
        "implementation_version": full,
        "extra": extra,
    }


environments = {
    "linux-64 3.12": environment("3.12", "posix", "linux", "Linux", "x86_64", ""),
    "osx-arm64 3.9": environment("3.9", "posix", "darwin", "Darwin", "arm64", "dev"),
    "win-64 2.7": environment("2.7", "nt", "win32", "Windows", "AMD64", "My_Extra"),
}


def comparison():
    kind = chance.random()
    if kind < 0.4:
        name = pick(["python_version", "python_full_version", "implementation_version"])
        operand = pick(["2.7", "3", "3.9", "3.12", "3.12.0", "3.9.1", "3.10", "3.9rc1", "3.*"])
        operator = pick(["==", "!="] if operand.endswith("*") else ["==", "!=", "<=", ">=", "<", ">"])
        if pick([0, 0, 0, 1]) and not operand.endswith("*"):
            return f"'{operand}' {operator} {name}"
        return f'{name} {operator} "{operand}"'
    if kind < 0.5:
        return f"python_version {pick(['in', 'not in'])} '2.7, 3.9 3.10'"
    if kind < 0.7:
        return f"extra {pick(['==', '!='])} '{pick(['dev', 'DEV', 'my-extra', 'other'])}'"
    name = pick(["os_name", "sys_platform", "platform_system", "platform_machine", "sys.platform", "os.name", "python_implementation"])
    operand = pick(["posix", "nt", "linux", "linux2", "darwin", "win32", "Linux", "Windows", "x86_64", "CPython"])
    if pick([0, 0, 1]):
        return f"'{pick(['lin', 'win', operand])}' {pick(['in', 'not in'])} {name}"
    return f"{name}{pick(['==', ' != ', ' == '])}'{operand}'"


def marker(depth=0):
    if depth > 2 or chance.random() < 0.4:
        return comparison()
    parts = [marker(depth + 1) for _ in range(pick([2, 2, 3]))]
    text = f" {pick(['and', 'or'])} ".join(parts)
    return f"({text})" if chance.random() < 0.5 else text


rows = []
for _ in range(200):
    text = marker()
    read = Marker(text)
    rows.append([text, str(read), "".join("01"[read.evaluate(e)] for e in environments.values())])

requirements = {}
for text in [
    "a", " a ", "A.b_c", "a[]", "a[x]", "a[ x , y ]", "a[x,]", "a[,x]", "a[x y]", "a [x] >=1", "a>=1,<2", "a >=1 <2", "a>=1,", "a,>=1",
    "a(>=1)", "a (>=1,<2)", "a (>=1", "a >=1)", "a ()", "a(1.0)", "a 1.0", "a==1.*", "a>=1.*", "a===x.y", "a~=1", "a~=1.0", "a=1",
    "a@https://x.test/a.whl", "a @ file:///x", "a@ https://x.test/a;b", "a @ https://x.test/a ;os_name=='nt'",
    "a @ https://x.test/a; os_name=='nt'", "a @", "a @ ; os_name=='nt'", "a; os_name=='nt'", "a;os_name=='nt' or", "a;", "a; (os_name=='nt'",
    "a; os_name=='nt')", "a; os_name='nt'", "a; os_name == nt", "a; nope == 'x'", "a; os_name == 'nt' python_version > '3'", "-a", "a-",
    "a--b>=1", "a>=1;python_version<'3'", "a[x]@https://x.test/a", "a; extra == 'x' and (python_version < '3' or os_name != 'nt')", "",
    "a>1 ; python_version not in '2.7'", "a; python_version notin '2.7'", "a>=1 --hash=sha256:00", "a!=1.0+local", "a>=1.0+local", "été",
]:
    try:
        read = Requirement(text)
        requirements[text] = [read.name, sorted(read.extras), str(read.specifier), read.url, str(read.marker) if read.marker else None]
    except Exception:
        requirements[text] = None

print(json.dumps({"markers": rows, "requirements": requirements}, separators=(",", ":")))

"""Writes versions.json: what `packaging` says of random versions and specifiers. Run: python3 versions_oracle.py > versions.json"""

import functools
import json
import random

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

chance = random.Random(440)
pick = chance.choice


def release():
    return ".".join(pick(["0", "1", "2", "3", "10", "00", "20240102030405060708"]) for _ in range(pick([1, 2, 2, 3, 3, 4])))


def version():
    text = pick(["", "", "", "", "1!"]) + release()
    text += pick(["", "", "a1", "b2", "rc1", ".c", "-alpha_3", "preview"])
    text += pick(["", "", "", ".post1", "-2", ".r", "rev3"])
    text += pick(["", "", "", ".dev1", "dev"])
    return text + pick(["", "", "", "", "+abc.5", "+5", "+5.abc", "+Ubuntu-1"])


def clause():
    operator = pick(["~=", "==", "!=", "<=", ">=", "<", ">", "==="])
    if operator in ("==", "!=") and chance.random() < 0.4:
        return operator + release() + ".*"
    return operator + version() + pick([""] * 12 + [".*"])


texts = sorted({version() for _ in range(600)})
ordered = sorted(map(Version, texts))
normal = {text: str(Version(text)) for text in texts}
groups = []
for text in sorted(texts, key=functools.cmp_to_key(lambda a, b: (Version(a) > Version(b)) - (Version(a) < Version(b)))):
    if groups and Version(groups[-1][0]) == Version(text):
        groups[-1].append(text)
    else:
        groups.append([text])

specifiers = []
few = [chance.choice(texts) for _ in range(60)]
for _ in range(500):
    text = ",".join(clause() for _ in range(pick([1, 1, 1, 2])))
    try:
        found = SpecifierSet(text)
    except (InvalidSpecifier, InvalidVersion):
        specifiers.append([text, None])
        continue
    near = [pick(few) for _ in range(12)] + [c.version for c in found if not c.version.endswith(".*")]
    near = [v for v in near if normal.setdefault(v, str(Version(v)))]
    specifiers.append([text, {v: found.contains(Version(v), prereleases=True) for v in near}, str(found)])

print(json.dumps({"groups": groups, "normal": normal, "specifiers": specifiers}, separators=(",", ":")))

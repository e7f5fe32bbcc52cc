"""Solve or read a lock file, then download, verify and link with py-rattler.

Keys: see rattler_session, prefix, and lock for a file to read.
"""

import json
import pathlib

import rattler
from driver import drive
from rattler_session import Session, describe


async def install(request):
    session = Session(request)
    records = await session.records(request)
    prefix = pathlib.Path(request["prefix"])
    await rattler.install(
        records,
        prefix,
        cache_dir=session.work / "packages",
        client=session.client,
        platform=rattler.Subdir(request["platform"]),
        show_progress=False,
    )
    linked = {}
    for path in sorted((prefix / "conda-meta").glob("*.json")):
        meta = json.loads(path.read_text())
        linked[meta["name"]] = {"file": meta["fn"], "files": meta["files"]}
    return {"records": [describe(record) for record in records], "linked": linked, "asked": session.asked}


drive(install)

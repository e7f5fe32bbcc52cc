"""Read info/index.json of a .conda with conda-package-streaming, by Range. Keys: url, headers (optional)."""

import json

import requests
from conda_package_streaming.url import stream_conda_info
from driver import drive


def read(request):
    session = requests.Session()
    session.headers.update(request.get("headers", {}))
    asked = []

    def note(response, **_):
        asked.append(
            {
                "range": response.request.headers.get("Range"),
                "status": response.status_code,
                "bytes": int(response.headers.get("content-length", 0)),
            }
        )

    session.hooks["response"].append(note)
    index = None
    for tar, member in stream_conda_info(request["url"], session=session):
        if member.name == "info/index.json":
            index = json.load(tar.extractfile(member))
    return {"index": index, "asked": asked, "bytes": sum(each["bytes"] for each in asked)}


drive(read)

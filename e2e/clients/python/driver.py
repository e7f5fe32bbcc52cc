"""How every driver talks: a JSON request on stdin, a JSON answer as the last line of stdout."""

import asyncio
import inspect
import json
import os
import sys
from typing import Any, Callable


def drive(work: Callable[[dict[str, Any]], Any]) -> None:
    """Answer {"ok": true, "value": …}, or {"ok": false, "error": …, "text": …} when the client refused."""
    request = json.load(sys.stdin)
    try:
        value = work(request)
        if inspect.isawaitable(value):
            value = asyncio.run(_await(value))
        answer = {"ok": True, "value": value}
    except Exception as error:
        answer = {"ok": False, "error": type(error).__name__, "text": str(error)}
    print("\n" + json.dumps(answer), flush=True)
    # py-rattler 0.28.0 now and then crashes while the interpreter ends; all is said by now.
    os._exit(0)


async def _await(value: Any) -> Any:
    return await value

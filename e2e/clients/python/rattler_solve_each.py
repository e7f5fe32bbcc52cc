"""Several solves with py-rattler, each with a client and caches of its own. Keys: requests, see rattler_session."""

from driver import drive
from rattler_session import Session, describe


async def solve_each(request):
    answers = []
    for one in request["requests"]:
        try:
            session = Session(one)
            records = await session.solve(one)
            value = {"records": [describe(record) for record in records], "asked": session.asked}
            answers.append({"ok": True, "value": value})
        except Exception as error:
            answers.append({"ok": False, "error": type(error).__name__, "text": str(error)})
    return answers


drive(solve_each)

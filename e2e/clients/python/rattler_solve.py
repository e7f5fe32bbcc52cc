"""Solve with py-rattler: fetches the index of the channels, chooses, downloads nothing.

Keys: see rattler_session, and lock for a file to write.
"""

from driver import drive
from rattler_session import Session, describe, write_lock


async def solve(request):
    session = Session(request)
    records = await session.solve(request)
    if "lock" in request:
        write_lock(request["lock"], request, records)
    return {"records": [describe(record) for record in records], "asked": session.asked}


drive(solve)

"""Solve with py-rattler: fetches the index of the channels, chooses, downloads nothing. Keys: see rattler_session."""

from driver import drive
from rattler_session import Session, describe


async def solve(request):
    session = Session(request)
    records = await session.solve(request)
    return {"records": [describe(record) for record in records], "asked": session.asked}


drive(solve)

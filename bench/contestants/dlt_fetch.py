"""The contestant of `bench/fetch.py` that is dlt: its REST client on the pages of the business register.

Its paginator walks through the lists; the details of an enterprise are one GET each, whose answer is the record. It
signs in once and reads each list twice, as the hub must.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from contestants.plain_fetch import (
    DETAIL,
    FORM_HEADERS,
    LIST,
    LIST_LIMIT,
    LOGIN_FORM,
    Record,
    account_keys,
    business_record,
    latest_approvals,
    signed,
    windows,
)
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import OffsetPaginator


def business(url: str, since: datetime, until: datetime, page_size: int) -> list[Record]:
    """Reads the list of dossiers and asks about every enterprise in it."""
    found: list[Record] = []
    client = RESTClient(f"{url}/")

    client.session.headers.update(account_keys())
    login = client.post("token", data=LOGIN_FORM, headers=FORM_HEADERS)
    login.raise_for_status()
    client.session.headers.update(signed(login.json()["access_token"]))
    for first, last, start, end in windows(since, until):
        days = {"from_date": f"{first:%d/%m/%Y}", "to_date": f"{last:%d/%m/%Y}"}
        for _ in range(2):
            paginator = OffsetPaginator(limit=min(page_size, LIST_LIMIT), total_path="DataCount")
            rows: list[dict[str, Any]] = []
            for page in client.paginate(LIST, params=dict(days), paginator=paginator, data_selector="Data"):
                rows += page
        for key in latest_approvals(rows, start, end):
            answer = client.get(DETAIL, params={"msdn": key})
            answer.raise_for_status()
            found.append(business_record(key, answer.json()))
    return found

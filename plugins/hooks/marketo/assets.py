"""Single assets, of which Marketo says by a warning, or by nothing at all, that they are not there.

https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/assets/programs
"""

from __future__ import annotations

from collections.abc import Sequence

from hooks.marketo.client import MarketoClient
from hooks.marketo.envelope import Page

PAUSE_SECONDS = 1.0


def read_asset(client: MarketoClient, path: str, params: Sequence[tuple[str, str]] = ()) -> Page:
    """Return the answer about one asset, without rows where there is none.

    An answer without rows and without the warning that goes with it is believed when it has come twice.
    """
    page = client.get(path, params)
    if not page.rows and not page.body.get("warnings"):
        client.sleep(PAUSE_SECONDS)
        page = client.get(path, params)
    return page

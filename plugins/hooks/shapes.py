"""The shape that an answer must have before anything in it is believed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from leadline.errors import VendorUnavailable


@contextmanager
def understood(what: str) -> Iterator[None]:
    """Turn what goes wrong with an answer of another shape than documented into `VendorUnavailable`.

    The cause is not kept: its text may quote the answer.

    Args:
        what: The call, as a person may read it.
    """
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise VendorUnavailable(
            f"{what}: the answer is not as documented ({type(error).__name__}); try again later"
        ) from None

"""What an error of the database says: that the hub cannot be used now, or that a statement was at fault."""

from __future__ import annotations

from leadline.settings import settings

_LIBRARIES = ("sqlalchemy", "sqlite3", "psycopg")
_STATEMENTS = {"DataError", "IntegrityError", "NotSupportedError"}
_NO_PRIVILEGE = "42501"  # PostgreSQL's code


def trouble_of(error: BaseException) -> str | None:
    """Return what to say of a hub that failed while it was used: locked, full, read-only, damaged, lost.

    None: the statement was at fault, which only a change of the code mends, or it is no error of a database.
    Bulk loads raise the driver's own errors, all else SQLAlchemy's; both have the classes of PEP 249.
    """
    kinds = {one.__name__ for one in type(error).__mro__ if one.__module__.partition(".")[0] in _LIBRARIES}
    if "DatabaseError" not in kinds or kinds & _STATEMENTS:
        return None
    if "ProgrammingError" in kinds:
        original = getattr(error, "orig", None) or error
        if getattr(original, "sqlstate", None) != _NO_PRIVILEGE:
            return None
    from sqlalchemy.engine import make_url

    url = make_url(settings().hub_url.get_secret_value())
    return unusable(url.render_as_string(hide_password=True), error)


def unusable(where: str, error: BaseException) -> str:
    """Return that the hub at this address cannot be used, and the first line of why."""
    reason = str(getattr(error, "orig", None) or getattr(error, "strerror", None) or error)
    lines = [line for line in reason.splitlines() if line.strip()]
    return f"the hub at {where} cannot be used: {lines[0].strip() if lines else type(error).__name__}"

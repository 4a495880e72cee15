"""What the reader of a failure mail can do, by the cause that the task names (docs/operations.md)."""

from __future__ import annotations

_ADVICE = {
    "MappingError": "correct the mapping (leadline lint names each line), then clear the task.",
    "ConfigurationError": "correct the file or the Airflow connection that is named, then clear the task.",
    "FormRefused": "start a new run with what the message allows: cleared, this one asks for the same again.",
    "UnknownRun": "look for the run by the name that leadline report gives it, then start it anew.",
    "UnknownSupplier": "the mapping is gone or renamed: put it back, then clear the task.",
    "CredentialsRefused": (
        "renew the secret of the Airflow connection, or the permission, and clear the task."
    ),
    "SchemaDrift": "ask for the field or value to be put back, or change the mapping, then clear the task.",
    "VendorUnavailable": "nothing, if the other side is back by the next run; else ask there.",
    "HubUnavailable": (
        "nothing, if the database is back by the next run; else end what locks it, make room, or give access "
        "back (LEADLINE_HUB_URL), after an update of Leadline run leadline hub upgrade; then clear the task."
    ),
    "StagingUnavailable": (
        "make room there, or give the folder and its rights back (LEADLINE_STAGING_URL), then clear the task."
    ),
    "StagingDamaged": (
        "put the object that is named back from a copy of the store and clear the task; without a copy see "
        "'A run died' in the operations page."
    ),
    "RawDataGone": "see 'A run died' in the operations page: release the run, and have the rest sent again.",
    "BudgetExhausted": "nothing: the next run goes on when the quota is free again.",
    "LeaseHeld": "nothing, if the other run ends; else look why it does not.",
    "ThresholdExceeded": (
        "look at the refused rows (leadline trace --run); if the rest is good: leadline release."
    ),
    "ChecksFailed": "look at the task's log; nothing of the batch was taken. Then clear the task.",
    "LeftUnfinished": "see whether a held pull may go on (leadline release), or mend what the message names.",
    "UnreadableFile": "have the files corrected and dropped again, then clear the task; others were taken.",
    "BooksDoNotBalance": "do not clear it: look at the run first (leadline trace --run).",
    "NotAllowed": "ask the owner of the other side for the permission that is named, then clear the task.",
    "unknown": "look at the task's log in Airflow, then clear the task.",
}


def advice(cause: str) -> str:
    """Return what to do about a cause; of an error that is none of ours: to look at its log."""
    return _ADVICE.get(cause, "look at the traceback in the task's log; it is a fault of Leadline's own.")

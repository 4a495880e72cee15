"""What a mapping names and a vendor's description no longer has, or has otherwise (M7).

Pure: descriptions, or what was landed, in, findings out. Errors stop work; warnings will cost rows or
values, not runs. `vocabularies` knows how each source system names its objects and fields, `holding` what a
field can hold whatever the vendor calls its type; the rest knows no vendor.
"""

from leadline.drift.comparing import Described, merged
from leadline.drift.crms import crm_drift
from leadline.drift.files import file_drift
from leadline.drift.suppliers import supplier_drift

__all__ = ["Described", "crm_drift", "file_drift", "merged", "supplier_drift"]

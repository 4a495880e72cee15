"""Reading of supplier files: bytes as received in, raw tables with line numbers and row faults out.

Nothing here judges a value; that is `leadline.checks`. A row that cannot be taken apart carries a fault, a
file that cannot be taken apart raises `UnreadableFile` before anything of it is given away. The codes of both
are listed in docs/file-faults.md.
"""

from leadline.reading.files import ReadableFile, open_supplier_file
from leadline.reading.header import unmapped_columns
from leadline.reading.raw_tables import absent_columns, tables

__all__ = ["ReadableFile", "absent_columns", "open_supplier_file", "tables", "unmapped_columns"]

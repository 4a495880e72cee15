"""One import error that names every broken mapping (O1); the DAGs of good mappings are not touched by it.

Airflow only reads files in which the words "airflow" and "dag" stand: this one needs them here.
"""

from leadline.mapping.loading import load_all
from leadline.settings import settings

_, findings = load_all(settings().mappings_dir)
if findings:
    raise ValueError("broken mappings:\n" + "\n".join(str(finding) for finding in findings))

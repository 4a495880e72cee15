"""The demonstration: sandbox and Airflow as native processes, and one distribution day through them.

It stands outside the product: it starts what `docker-compose.yaml` starts, with the same commands and
the same environment, and talks to Airflow and the sandbox over their public interfaces only.
"""

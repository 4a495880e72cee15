# One image for every Airflow component and for the command line.
FROM python:3.11-slim-bookworm AS build
COPY requirements.txt requirements-uv.txt /tmp/
RUN python -m venv /opt/leadline \
    && /opt/leadline/bin/pip install --no-cache-dir --require-hashes -r /tmp/requirements-uv.txt \
    && /opt/leadline/bin/uv pip install --python /opt/leadline/bin/python --require-hashes --compile-bytecode -r /tmp/requirements.txt
COPY . /src
RUN /opt/leadline/bin/uv pip install --python /opt/leadline/bin/python --no-deps --compile-bytecode /src

FROM python:3.11-slim-bookworm AS leadline
# A new volume takes the owner of the folder that it is mounted to, and root's where there is none.
RUN useradd --create-home --uid 50000 leadline \
    && install --directory --owner leadline --mode 0700 /var/lib/leadline /var/lib/sandbox
COPY --from=build /opt/leadline /opt/leadline
COPY --chown=leadline dags /opt/airflow/dags
COPY --chown=leadline plugins /opt/airflow/plugins
COPY --chown=leadline include /opt/airflow/include
COPY --chown=leadline expectations /opt/airflow/expectations
RUN python -m compileall -q /opt/airflow/plugins /opt/airflow/dags
ENV PATH=/opt/leadline/bin:$PATH \
    AIRFLOW_HOME=/home/leadline/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/airflow/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/airflow/plugins \
    LEADLINE_INCLUDE_DIR=/opt/airflow/include \
    GX_ANALYTICS_ENABLED=false \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False \
    SCARF_ANALYTICS=false \
    DO_NOT_TRACK=1 \
    TZ=UTC
USER leadline
WORKDIR /opt/airflow

# The sandbox's servers need the development lock; a target of its own keeps them out of production.
FROM build AS sandbox
RUN /opt/leadline/bin/uv pip install --python /opt/leadline/bin/python --require-hashes -r /src/requirements-dev.txt
RUN useradd --create-home --uid 50000 leadline \
    && install --directory --owner leadline --mode 0700 /var/lib/sandbox
ENV PATH=/opt/leadline/bin:$PATH
USER leadline
WORKDIR /src

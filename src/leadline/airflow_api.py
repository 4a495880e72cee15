"""Starts DAG runs through Airflow's REST API: nothing here talks to a vendor, tasks do.

Source: https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html (v2, 3.3.2) and
"Token API" of the auth managers (POST /auth/token).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, OpenerDirector, Request, build_opener

from leadline.errors import (
    ConfigurationError,
    CredentialsRefused,
    LeadlineError,
    NotAllowed,
    VendorUnavailable,
)
from leadline.settings import Settings, settings

_ENDED = {"success", "failed"}
_TIMEOUT_SECONDS = 30


@dataclass(frozen=True)
class StartedRun:
    """A DAG run that was asked for; `state` is Airflow's word: queued, running, success, failed."""

    dag_id: str
    run_id: str
    state: str
    url: str

    @property
    def ended(self) -> bool:
        """Tell whether nothing of it will run any more."""
        return self.state in _ENDED


def trigger(
    dag_id: str,
    conf: Mapping[str, Any],
    *,
    wait_seconds: float = 0,
    configuration: Settings | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> StartedRun:
    """Start a DAG run and return it as it was last seen, ended or when `wait_seconds` were over.

    Args:
        dag_id: Such as `acme_replay`.
        conf: The run's parameters.
        wait_seconds: How long to wait for its end; 0 does not wait.
        configuration: Where Airflow is and who asks; the process's settings if not given.
        sleep: Waits between two looks.

    Raises:
        ConfigurationError: No user is set, the DAG is not there or paused, or it refuses the parameters.
        CredentialsRefused: Airflow does not know the user.
        NotAllowed: The user may not start this DAG.
        VendorUnavailable: Airflow does not answer.
    """
    airflow = _Airflow(configuration or settings())
    dag = f"/api/v2/dags/{quote(dag_id, safe='')}"
    if airflow.call("GET", dag).get("is_paused"):
        raise ConfigurationError(f"the DAG {dag_id} is paused in Airflow: switch it on first")
    body = airflow.call("POST", f"{dag}/dagRuns", {"logical_date": None, "conf": dict(conf)})
    run = _started(airflow, dag_id, body)
    deadline = time.monotonic() + wait_seconds
    pause = 0.5
    while not run.ended and time.monotonic() < deadline:
        sleep(min(pause, max(0.0, deadline - time.monotonic())))
        pause = min(pause * 1.5, 5.0)
        body = airflow.call("GET", f"{dag}/dagRuns/{quote(run.run_id, safe='')}")
        run = _started(airflow, dag_id, body)
    return run


def _started(airflow: _Airflow, dag_id: str, body: Mapping[str, Any]) -> StartedRun:
    run_id = str(body["dag_run_id"])
    url = f"{airflow.url}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"
    return StartedRun(dag_id, run_id, str(body["state"]), url)


class _NoRedirects(HTTPRedirectHandler):
    """A token goes where it belongs, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Airflow:
    def __init__(self, configuration: Settings) -> None:
        self.url = configuration.airflow_url.rstrip("/")
        self.configuration = configuration
        self.opener: OpenerDirector = build_opener(_NoRedirects)
        self.token: str | None = None

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the JSON answer of one call, signed in at the first."""
        if self.token is None:
            self.token = self._sign_in()
        return self._send(method, path, body, {"Authorization": f"Bearer {self.token}"})

    def _sign_in(self) -> str:
        user, password = self.configuration.airflow_user, self.configuration.airflow_password
        if not user or password is None:
            raise ConfigurationError(
                "set LEADLINE_AIRFLOW_USER and LEADLINE_AIRFLOW_PASSWORD (or …_FILE): a run needs a user"
            )
        body = {"username": user, "password": password.get_secret_value()}
        return str(self._send("POST", "/auth/token", body, {})["access_token"])

    def _send(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        if not self.url.startswith(("http://", "https://")):
            raise ConfigurationError(
                f"LEADLINE_AIRFLOW_URL must start with http:// or https://, not {self.url}"
            )
        request = Request(  # noqa: S310  the scheme was just looked at
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
            method=method,
        )
        try:
            with self.opener.open(request, timeout=_TIMEOUT_SECONDS) as response:
                answer = json.load(response)
        except HTTPError as error:
            with error:
                raise _translated(error, path) from None
        except (URLError, OSError, HTTPException) as error:
            reason = getattr(error, "reason", error)
            raise VendorUnavailable(f"Airflow at {self.url} does not answer: {reason}") from None
        except ValueError:
            raise VendorUnavailable(f"what answers at {self.url}{path} is not Airflow's API") from None
        if not isinstance(answer, dict):
            raise VendorUnavailable(f"what answers at {self.url}{path} is not Airflow's API")
        return answer


def _translated(error: HTTPError, path: str) -> LeadlineError:
    detail = _detail(error)
    if error.code == 401:
        return CredentialsRefused("Airflow does not know this user and password")
    if error.code == 403:
        return NotAllowed("this user may not start that DAG in Airflow")
    if error.code == 404:
        return ConfigurationError(f"Airflow has nothing at {path}: is the supplier's mapping good?")
    if error.code in (400, 409, 422):
        return ConfigurationError(f"Airflow refuses the run: {detail}")
    return VendorUnavailable(f"Airflow answers {error.code}: {detail}")


def _detail(error: HTTPError) -> str:
    try:
        detail = json.loads(error.read(10_000)).get("detail", "")
    except (ValueError, AttributeError, OSError):
        return str(error.reason)
    return detail if isinstance(detail, str) else json.dumps(detail)

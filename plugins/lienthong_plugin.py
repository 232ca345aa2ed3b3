"""Puts the hub's reports into Airflow's navigation, behind Airflow's login.

Airflow imports this file in every process, under its bare name; so it is one file, imports nothing heavy at its top and
builds the pages only in the API server. Should they fail to build, nothing is mounted: there is no unguarded page.
"""

import os
import sys

from airflow.plugins_manager import AirflowPlugin


def _apps():
    """Builds the pages where they are served: `airflow api-server` sets AIRFLOW_API_APPS."""
    if not os.environ.get("AIRFLOW_API_APPS"):
        return []
    from airflow.api_fastapi.core_api.security import get_user

    from hub.console.reports import create_reports_app
    from hub.settings import get_settings

    app = create_reports_app(get_settings().var_dir / "reports", get_user, "/auth/login")
    return [{"app": app, "url_prefix": "/hub", "name": "lienthong reports"}]


if "scheduler" in sys.argv:
    # LocalExecutor forks its workers from the scheduler: what is imported here, no task pays for.
    import great_expectations  # noqa: F401
    import zeep  # noqa: F401

    import hub.pipeline.tasks  # noqa: F401


class LienthongPlugin(AirflowPlugin):
    """The hub's part of Airflow's pages."""

    name = "lienthong"
    fastapi_apps = _apps()
    external_views = [  # noqa: RUF012 - the shape that Airflow asks for
        {"name": "Báo cáo · Reports", "href": "/hub/reports/", "destination": "nav", "url_route": "hub-reports"}
    ]

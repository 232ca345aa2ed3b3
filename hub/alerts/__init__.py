"""Alerts: which conditions there are, whether they hold, and how somebody is told. A round is `hub.alerts.round`."""

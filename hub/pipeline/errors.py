"""What can stop a pipeline step; each message says what to do next and holds no personal value.

PipelineError
├── UnknownFeed        no such feed is declared
├── LandingFailed      the landed batch could not be written (disk full, no access)
├── LandedDamaged      a landed file is missing or does not open: discard the batch, it will be fetched again
├── WindowTooDense     one instant of the source holds more records than a batch may
├── LedgerUnbalanced   the account of a batch does not balance: nothing of it was published
├── ReconciliationDiffers  the store and the register hold different records
├── NotParked          a decision was asked for a batch that waits for none
├── NotThere           what the step needs does not exist yet, or any more
├── DecisionRefused    a decision lacks what the record of it needs, such as a reason
└── ReleaseRefused     a quarantined record still breaks a rule that no human may override
"""

from __future__ import annotations


class PipelineError(RuntimeError):
    """A step could not be done; nothing was lost and nothing was published by it."""

    code = "pipeline"


class UnknownFeed(PipelineError):
    """No such feed is declared."""

    code = "unknown_feed"


class LandingFailed(PipelineError):
    """The landed batch could not be written."""

    code = "landing_failed"


class LandedDamaged(PipelineError):
    """A landed file is missing, or its seal does not open."""

    code = "landed_damaged"


class WindowTooDense(PipelineError):
    """One instant of the source holds more records than a batch may."""

    code = "window_too_dense"


class LedgerUnbalanced(PipelineError):
    """The account of a batch does not balance."""

    code = "ledger_unbalanced"


class ReconciliationDiffers(PipelineError):
    """The store and the register hold different records."""

    code = "reconciliation_differs"


class NotParked(PipelineError):
    """The batch does not wait for a decision."""

    code = "not_parked"


class NotThere(PipelineError, LookupError):
    """What the step needs does not exist yet, or any more."""

    code = "not_there"


class DecisionRefused(PipelineError, ValueError):
    """A decision lacks what the record of it needs."""

    code = "decision_refused"


class ReleaseRefused(PipelineError):
    """The record still breaks a rule that no human may override."""

    code = "release_refused"

"""The tables of the hub (schema `hub`), as SQLAlchemy Core; the migrations in `migrations/` create them.

No column holds a readable identifier, name or other personal value: documents are sealed under their subject's own data
key, numbers are found by a keyed blind index, and every digest is keyed. Times are UTC.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Sequence,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

SCHEMA = "hub"
metadata = MetaData(schema=SCHEMA)


def _time(name: str, *, now: bool = False, null: bool = False, comment: str | None = None) -> Column[datetime]:
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), nullable=null, server_default=default, comment=comment)


# --- pipeline state -------------------------------------------------------------------------------------------------

feed = Table(
    "feed",
    metadata,
    Column("name", Text, primary_key=True, comment="register.feed, such as population.citizens"),
    _time("watermark", null=True),
    _time("updated_at", now=True),
)

batch = Table(
    "batch",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("feed", Text, ForeignKey(feed.c.name), nullable=False),
    Column("state", Text, nullable=False, comment="fetching, landed, checked, parked, published, discarded, failed"),
    Column(
        "sequence", BigInteger, Identity(always=True), nullable=False, comment="order in which batches are published"
    ),
    _time("since"),
    _time("until"),
    _time("asked_until", comment="end of the window that was asked for; later than until when the batch was full"),
    Column("backfill", Boolean, nullable=False, server_default=text("false"), comment="does not move the watermark"),
    Column("scope", Text, nullable=False),
    Column("legal_basis", Text, nullable=False),
    Column("landed_uri", Text, nullable=False),
    Column("master_version", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=True, comment="batch key under the master key; null once destroyed"),
    Column("mapping_version", Integer, nullable=True),
    Column("rules_version", Text, nullable=True),
    Column("counts", JSONB, nullable=False, server_default=text("'{}'"), comment="counts of each stage; no values"),
    Column("parked_rule", Text, nullable=True),
    Column("decision", Text, nullable=True, comment="release or discard"),
    Column("decided_by", Text, nullable=True),
    Column("decision_reason", Text, nullable=True),
    _time("decided_at", null=True),
    _time("created_at", now=True),
    _time("published_at", null=True),
    _time("key_destroyed_at", null=True),
    _time("reported_at", null=True, comment="when its report was written; until then it is announced again"),
    _time("asked_at", null=True, comment="when a human was asked about the parked batch"),
    CheckConstraint(
        "state in ('fetching','landed','checked','parked','published','discarded','failed')", name="batch_state"
    ),
    CheckConstraint("since < until", name="batch_window"),
    Index("batch_feed_sequence", "feed", "sequence"),
    Index("batch_parked", "feed", "sequence", postgresql_where=text("state = 'parked'")),
)

ledger = Table(
    "ledger",
    metadata,
    Column("batch_id", Uuid, ForeignKey(batch.c.batch_id), primary_key=True),
    *(
        Column(name, Integer, nullable=False)
        for name in ("fetched", "published", "unchanged", "superseded", "quarantined", "duplicate", "filtered")
    ),
    _time("written_at", now=True),
    CheckConstraint(
        "fetched = published + unchanged + superseded + quarantined + duplicate + filtered", name="ledger_balances"
    ),
)

rule_result = Table(
    "rule_result",
    metadata,
    Column("batch_id", Uuid, ForeignKey(batch.c.batch_id), nullable=False),
    Column("rule_id", Text, nullable=False),
    Column("field", Text, nullable=False, server_default=text("''")),
    Column("stage", Text, nullable=False, comment="wire, mapping, row, cross_row, batch"),
    Column("error_group", Text, nullable=False),
    Column("severity", Text, nullable=False, comment="warn, quarantine, stop"),
    Column("records", Integer, nullable=False),
    PrimaryKeyConstraint("batch_id", "rule_id", "field"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("entry_id", Uuid, primary_key=True),
    Column("batch_id", Uuid, ForeignKey(batch.c.batch_id), nullable=False),
    Column("position", Integer, nullable=False, comment="place of the record in its landed batch"),
    Column("feed", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("rule_id", Text, nullable=False, comment="the first rule that refused it"),
    Column("field", Text, nullable=False, server_default=text("''")),
    Column("error_group", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("findings", JSONB, nullable=False, comment="[{rule, field, stage, severity}], never a value"),
    Column("key_digest", LargeBinary, nullable=False, comment="keyed digest of the source key, to find later versions"),
    Column("source_version", BigInteger, nullable=False),
    Column(
        "wire_digest",
        LargeBinary,
        nullable=False,
        comment="keyed digest of the wire record: the same record is kept once",
    ),
    Column("master_version", Integer, nullable=False),
    Column("wrapped_key", LargeBinary, nullable=False),
    Column("sealed_wire", LargeBinary, nullable=False),
    Column("sealed_canonical", LargeBinary, nullable=True),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    _time("opened_at", now=True),
    Column("due_on", Date, nullable=False),
    _time("closed_at", null=True),
    Column("closed_by", Text, nullable=True),
    Column("reason", Text, nullable=True),
    Column(
        "announced",
        BigInteger,
        nullable=True,
        comment="when the source announced the change that this record lacks, in epoch milliseconds",
    ),
    UniqueConstraint("batch_id", "position"),
    UniqueConstraint("feed", "key_digest", "source_version", "wire_digest"),
    CheckConstraint(
        "status in ('open','assigned','corrected','released','discarded','returned')", name="quarantine_status"
    ),
    Index("quarantine_open", "feed", "opened_at", postgresql_where=text("status = 'open'")),
    Index("quarantine_key", "key_digest"),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("feed", Text, ForeignKey(feed.c.name), nullable=False),
    _time("at", now=True),
    _time("as_of"),
    Column("source_count", Integer, nullable=False),
    Column("hub_count", Integer, nullable=False),
    Column("missing", Integer, nullable=False, comment="at the source, not here, not in quarantine"),
    Column("quarantined", Integer, nullable=False, comment="at the source, here only in quarantine"),
    Column("extra", Integer, nullable=False, comment="here, not at the source"),
    Column("stale", Integer, nullable=False, comment="older here than at the source"),
    Column("details", JSONB, nullable=False, server_default=text("'{}'"), comment="keyed digests of the differences"),
)

# --- subjects and records -------------------------------------------------------------------------------------------

subject = Table(
    "subject",
    metadata,
    Column("subject_id", BigInteger, Sequence("subject_id_seq", schema=SCHEMA), primary_key=True),
    Column("kind", Text, nullable=False, comment="person or organisation"),
    _time("created_at", now=True),
    _time("erased_at", null=True),
    Column("merged_into", BigInteger, nullable=True, comment="the subject that turned out to be the same person"),
)

# No role may delete a subject, so that the foreign keys of its key and its numbers would prove nothing; checking them
# costs a quarter of a publish (measured: 0.6 of 2.4 s for 100,000 new people).
subject_key = Table(
    "subject_key",
    metadata,
    Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
    Column("master_version", SmallInteger, nullable=False),
    Column(
        "wrapped_key", LargeBinary, nullable=False, comment="the subject's data key; destroying it erases the subject"
    ),
)

subject_identifier = Table(
    "subject_identifier",
    metadata,
    Column(
        "identifier_id", BigInteger, nullable=False, comment="one number held by one subject, under every key version"
    ),
    Column("key_version", SmallInteger, nullable=False, comment="version of the blind-index key"),
    Column("scheme", Text, nullable=False, comment="personal_id, former_id or enterprise_code"),
    Column("blind_index", LargeBinary, nullable=False),
    Column("subject_id", BigInteger, nullable=False),
    Column("status", Text, nullable=False, comment="claimed, current, cancelled, former"),
    _time("valid_from", null=True),
    _time("valid_to", null=True),
    Column("sealed", LargeBinary, nullable=False, comment="the number under its subject's key, to index it anew"),
    PrimaryKeyConstraint("identifier_id", "key_version"),
    CheckConstraint("status in ('claimed','current','cancelled','former')", name="identifier_status"),
    Index("identifier_subject", "subject_id"),
    # A number belongs to one subject (its scheme goes into its blind index); an old 9-digit one may belong to two.
    Index(
        "identifier_number",
        "blind_index",
        "key_version",
        unique=True,
        postgresql_where=text("scheme <> 'former_id'"),
    ),
    Index("identifier_former_id", "blind_index", "key_version", postgresql_where=text("scheme = 'former_id'")),
)
identifier_id_seq = Sequence("identifier_id_seq", metadata=metadata)

_RECORD_COLUMNS = (
    ("subject_id", BigInteger, False),
    ("source_version", BigInteger, False),
    ("correction", Integer, False),
    ("mapping_version", Integer, False),
    ("status", Text, False),
    ("digest", LargeBinary, False),
    ("sealed", LargeBinary, False),
    ("batch_id", Uuid, False),
)

record = Table(
    "record",
    metadata,
    Column("register", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("identifier_id", BigInteger, nullable=False, comment="the source key: the number the record stands under"),
    *(Column(name, kind, nullable=null) for name, kind, null in _RECORD_COLUMNS),
    _time("fetched_at"),
    PrimaryKeyConstraint("register", "kind", "identifier_id"),
    CheckConstraint("status in ('current','cancelled','withdrawn')", name="record_status"),
    Index("record_subject", "subject_id"),
)

record_version = Table(
    "record_version",
    metadata,
    Column("register", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("identifier_id", BigInteger, nullable=False),
    *(Column(name, kind, nullable=null) for name, kind, null in _RECORD_COLUMNS),
    _time("fetched_at"),
    _time("replaced_at", now=True),
    PrimaryKeyConstraint("register", "kind", "identifier_id", "source_version", "correction", "mapping_version"),
    Index("record_version_subject", "subject_id"),
)

role = Table(
    "role",
    metadata,
    Column("register", Text, nullable=False),
    Column("identifier_id", BigInteger, nullable=False, comment="the number of the enterprise whose record says so"),
    Column("organisation_id", BigInteger, nullable=False, comment="the enterprise"),
    Column("kind", Text, nullable=False),
    Column("holder_id", BigInteger, nullable=False, comment="who represents or owns it; 0 when nobody can tell"),
    PrimaryKeyConstraint("register", "identifier_id", "kind", "holder_id"),
    CheckConstraint("kind in ('represents','owns')", name="role_kind"),
    Index("role_holder", "holder_id"),
    Index("role_organisation", "organisation_id"),
)

retired_key = Table(
    "retired_key",
    metadata,
    Column("purpose", Text, nullable=False),
    Column("version", SmallInteger, nullable=False, comment="a process that knows no newer key must restart"),
    _time("retired_at", now=True),
    PrimaryKeyConstraint("purpose", "version"),
    CheckConstraint("purpose in ('master','index')", name="retired_key_purpose"),
)

# --- exchange -------------------------------------------------------------------------------------------------------

consumer = Table(
    "consumer",
    metadata,
    Column("consumer_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    _time("created_at", now=True),
    CheckConstraint("status in ('active','disabled')", name="consumer_status"),
)

consumer_key = Table(
    "consumer_key",
    metadata,
    Column("consumer_id", Text, ForeignKey(consumer.c.consumer_id), nullable=False),
    Column("kid", Text, nullable=False, comment="RFC 7638 thumbprint"),
    Column("jwk", JSONB, nullable=False, comment="the public key"),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    _time("created_at", now=True),
    _time("expires_at", null=True),
    PrimaryKeyConstraint("consumer_id", "kid"),
)

officer = Table(
    "officer",
    metadata,
    Column("consumer_id", Text, ForeignKey(consumer.c.consumer_id), nullable=False),
    Column("officer", Text, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'active'")),
    _time("created_at", now=True),
    PrimaryKeyConstraint("consumer_id", "officer"),
)

consumer_grant = Table(
    "consumer_grant",
    metadata,
    Column("consumer_id", Text, ForeignKey(consumer.c.consumer_id), nullable=False),
    Column("procedure", Text, nullable=False),
    Column("attributes", ARRAY(Text), nullable=False),
    Column("legal_basis", Text, nullable=False),
    _time("valid_from", now=True),
    _time("valid_to", null=True),
    PrimaryKeyConstraint("consumer_id", "procedure"),
)

dossier = Table(
    "dossier",
    metadata,
    Column("consumer_id", Text, ForeignKey(consumer.c.consumer_id), nullable=False),
    Column("dossier", Text, nullable=False),
    Column("procedure", Text, nullable=False),
    Column("subject_id", BigInteger, ForeignKey(subject.c.subject_id), nullable=True, comment="the person"),
    Column("organisation_id", BigInteger, ForeignKey(subject.c.subject_id), nullable=True, comment="the enterprise"),
    Column("status", Text, nullable=False, server_default=text("'open'")),
    _time("opened_at", now=True),
    _time("closed_at", null=True),
    Column(
        "mismatches",
        ARRAY(LargeBinary),
        nullable=False,
        server_default=text("'{}'"),
        comment="keyed digests of the different claims that did not match; five lock the dossier",
    ),
    PrimaryKeyConstraint("consumer_id", "dossier"),
    CheckConstraint("status in ('open','closed')", name="dossier_status"),
    CheckConstraint("num_nonnulls(subject_id, organisation_id) > 0", name="dossier_about"),
    Index("dossier_subject", "subject_id"),
    Index("dossier_organisation", "organisation_id", postgresql_where=text("organisation_id is not null")),
)

used_assertion = Table(
    "used_assertion",
    metadata,
    Column(
        "digest", LargeBinary, primary_key=True, comment="keyed digest of consumer and jti: an assertion is used once"
    ),
    _time("expires_at"),
    Index("used_assertion_expiry", "expires_at"),
)

exchange_log = Table(
    "exchange_log",
    metadata,
    Column("exchange_id", Uuid, nullable=False),
    _time("at"),
    Column("writer", Uuid, nullable=False, comment="the process that wrote it"),
    Column("sequence", BigInteger, nullable=False, comment="gapless within a writer"),
    Column(
        "kind", Text, nullable=False, comment="token, dossier, lookup, procedures, administration, steward, unknown"
    ),
    Column("consumer_id", Text, nullable=True),
    Column("officer", Text, nullable=True),
    Column("subject_id", BigInteger, nullable=True),
    Column("procedure", Text, nullable=True),
    Column("dossier", Text, nullable=True),
    Column("legal_basis", Text, nullable=True),
    Column("attributes", ARRAY(Text), nullable=True),
    Column("sources", ARRAY(Text), nullable=True),
    Column("outcome", Text, nullable=False),
    Column("code", Text, nullable=True, comment="stable error code of a refusal"),
    Column("request_digest", LargeBinary, nullable=True),
    Column("answer_digest", LargeBinary, nullable=True),
    Column("organisation_id", BigInteger, nullable=True, comment="the enterprise; subject_id is the person"),
    PrimaryKeyConstraint("at", "writer", "sequence"),
    Index("exchange_log_subject", "subject_id", "at"),
    Index("exchange_log_organisation", "organisation_id", "at", postgresql_where=text("organisation_id is not null")),
    Index("exchange_log_id", "exchange_id"),
    postgresql_partition_by="RANGE (at)",
)

# --- what all processes share about a register ------------------------------------------------------------------------

register_budget = Table(
    "register_budget",
    metadata,
    Column("register", Text, primary_key=True),
    Column("tokens", Double, nullable=False),
    _time("updated_at", now=True),
    Column(
        "day",
        Date,
        nullable=False,
        server_default=text("'1970-01-01'::date"),
        comment="last call's, in Vietnamese time",
    ),
    Column("day_calls", BigInteger, nullable=False, server_default=text("0"), comment="calls of that day"),
    Column("month_calls", BigInteger, nullable=False, server_default=text("0"), comment="calls of that day's month"),
    Column("per_second", Double, nullable=True, comment="the limits, as the last caller knew them"),
    Column("concurrent", Integer, nullable=True),
    Column("per_day", BigInteger, nullable=True),
    Column("per_month", BigInteger, nullable=True),
)

register_place = Table(
    "register_place",
    metadata,
    Column("register", Text, nullable=False),
    Column("holder", Uuid, nullable=False, comment="the call that holds one of the register's places"),
    Column(
        "expires_at", DateTime(timezone=True), nullable=False, comment="a killed process gives its places back then"
    ),
    PrimaryKeyConstraint("register", "holder"),
)

register_breaker = Table(
    "register_breaker",
    metadata,
    Column("register", Text, primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'closed'")),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("until", DateTime(timezone=True), nullable=True, comment="end of the rest, or of the trial's lease"),
    _time("updated_at", now=True),
    CheckConstraint("state in ('closed','open','half_open')", name="breaker_state"),
)

register_token = Table(
    "register_token",
    metadata,
    Column("register", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("master_version", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    _time("expires_at"),
    PrimaryKeyConstraint("register", "name"),
)

# --- alerts -------------------------------------------------------------------------------------------------------

alert = Table(
    "alert",
    metadata,
    Column("alert_id", Uuid, primary_key=True),
    Column("condition", Text, nullable=False),
    Column("about", Text, nullable=False, comment="a register, a feed or a part of the hub"),
    Column("severity", Text, nullable=False),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'"), comment="counts and ids; no values"),
    _time("began_at"),
    _time("ended_at", null=True),
    CheckConstraint("severity in ('warning','critical')", name="alert_severity"),
    Index("alert_open", "condition", "about", unique=True, postgresql_where=text("ended_at is null")),
)

alert_notice = Table(
    "alert_notice",
    metadata,
    Column("alert_id", Uuid, ForeignKey(alert.c.alert_id, ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False, comment="webhook or email"),
    Column("told", Text, nullable=False, comment="waiting, began, ended"),
    _time("at", comment="when that was told, or when it began to wait"),
    PrimaryKeyConstraint("alert_id", "channel"),
    CheckConstraint("told in ('waiting','began','ended')", name="alert_told"),
    Index("alert_notice_waiting", "channel", postgresql_where=text("told = 'waiting'")),
)

alert_round = Table(
    "alert_round",
    metadata,
    Column("single", Boolean, primary_key=True, server_default=text("true")),
    _time("at", comment="when alerts were looked for last"),
    CheckConstraint("single", name="alert_round_single"),
)

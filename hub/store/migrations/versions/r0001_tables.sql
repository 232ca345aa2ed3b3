-- The tables as of the first release. History: a later change is a later revision, never an edit here.

create sequence hub.identifier_id_seq;
create sequence hub.subject_id_seq;

create table hub.consumer (
    consumer_id text not null,
    name text not null,
    status text default 'active' not null,
    created_at timestamptz default now() not null,
    primary key (consumer_id),
    constraint consumer_status check (status in ('active','disabled'))
);

create table hub.exchange_log (
    exchange_id uuid not null,
    at timestamptz not null,
    writer uuid not null,
    sequence bigint not null,
    kind text not null,
    consumer_id text,
    officer text,
    subject_id bigint,
    procedure text,
    dossier text,
    legal_basis text,
    attributes text[],
    sources text[],
    outcome text not null,
    code text,
    request_digest bytea,
    answer_digest bytea,
    primary key (at, writer, sequence)
) partition by range (at);
create index exchange_log_id on hub.exchange_log (exchange_id);
create index exchange_log_subject on hub.exchange_log (subject_id, at);

create table hub.feed (
    name text not null,
    watermark timestamptz,
    updated_at timestamptz default now() not null,
    primary key (name)
);

create table hub.record (
    register text not null,
    kind text not null,
    identifier_id bigint not null,
    subject_id bigint not null,
    source_version bigint not null,
    correction integer not null,
    mapping_version integer not null,
    status text not null,
    digest bytea not null,
    sealed bytea not null,
    batch_id uuid not null,
    fetched_at timestamptz not null,
    primary key (register, kind, identifier_id),
    constraint record_status check (status in ('current','cancelled','withdrawn'))
);
create index record_subject on hub.record (subject_id);

create table hub.record_version (
    register text not null,
    kind text not null,
    identifier_id bigint not null,
    subject_id bigint not null,
    source_version bigint not null,
    correction integer not null,
    mapping_version integer not null,
    status text not null,
    digest bytea not null,
    sealed bytea not null,
    batch_id uuid not null,
    fetched_at timestamptz not null,
    replaced_at timestamptz default now() not null,
    primary key (register, kind, identifier_id, source_version, correction, mapping_version)
);
create index record_version_subject on hub.record_version (subject_id);

create table hub.register_breaker (
    register text not null,
    state text default 'closed' not null,
    failures integer default 0 not null,
    until timestamptz,
    updated_at timestamptz default now() not null,
    primary key (register),
    constraint breaker_state check (state in ('closed','open','half_open'))
);

create table hub.register_budget (
    register text not null,
    tokens double precision not null,
    updated_at timestamptz default now() not null,
    primary key (register)
);

create table hub.register_place (
    register text not null,
    holder uuid not null,
    expires_at timestamptz not null,
    primary key (register, holder)
);

create table hub.register_token (
    register text not null,
    name text not null,
    master_version integer not null,
    sealed bytea not null,
    expires_at timestamptz not null,
    primary key (register, name)
);

create table hub.retired_key (
    purpose text not null,
    version smallint not null,
    retired_at timestamptz default now() not null,
    primary key (purpose, version),
    constraint retired_key_purpose check (purpose in ('master','index'))
);

create table hub.subject (
    subject_id bigint not null,
    kind text not null,
    created_at timestamptz default now() not null,
    erased_at timestamptz,
    merged_into bigint,
    primary key (subject_id)
);

create table hub.used_assertion (
    digest bytea not null,
    expires_at timestamptz not null,
    primary key (digest)
);
create index used_assertion_expiry on hub.used_assertion (expires_at);

create table hub.batch (
    batch_id uuid not null,
    feed text not null,
    state text not null,
    sequence bigint generated always as identity,
    since timestamptz not null,
    until timestamptz not null,
    asked_until timestamptz not null,
    backfill boolean default false not null,
    scope text not null,
    legal_basis text not null,
    landed_uri text not null,
    master_version integer not null,
    wrapped_key bytea,
    mapping_version integer,
    rules_version text,
    counts jsonb default '{}' not null,
    parked_rule text,
    decision text,
    decided_by text,
    decision_reason text,
    decided_at timestamptz,
    created_at timestamptz default now() not null,
    published_at timestamptz,
    key_destroyed_at timestamptz,
    reported_at timestamptz,
    asked_at timestamptz,
    primary key (batch_id),
    constraint batch_state check (state in ('fetching','landed','checked','parked','published','discarded','failed')),
    constraint batch_window check (since < until),
    foreign key (feed) references hub.feed (name)
);
create index batch_feed_sequence on hub.batch (feed, sequence);

create table hub.consumer_grant (
    consumer_id text not null,
    procedure text not null,
    attributes text[] not null,
    legal_basis text not null,
    valid_from timestamptz default now() not null,
    valid_to timestamptz,
    primary key (consumer_id, procedure),
    foreign key (consumer_id) references hub.consumer (consumer_id)
);

create table hub.consumer_key (
    consumer_id text not null,
    kid text not null,
    jwk jsonb not null,
    status text default 'active' not null,
    created_at timestamptz default now() not null,
    expires_at timestamptz,
    primary key (consumer_id, kid),
    foreign key (consumer_id) references hub.consumer (consumer_id)
);

create table hub.dossier (
    consumer_id text not null,
    dossier text not null,
    procedure text not null,
    subject_id bigint not null,
    status text default 'open' not null,
    opened_at timestamptz default now() not null,
    closed_at timestamptz,
    mismatches bytea[] default '{}' not null,
    primary key (consumer_id, dossier),
    constraint dossier_status check (status in ('open','closed')),
    foreign key (consumer_id) references hub.consumer (consumer_id),
    foreign key (subject_id) references hub.subject (subject_id)
);
create index dossier_subject on hub.dossier (subject_id);

create table hub.officer (
    consumer_id text not null,
    officer text not null,
    status text default 'active' not null,
    created_at timestamptz default now() not null,
    primary key (consumer_id, officer),
    foreign key (consumer_id) references hub.consumer (consumer_id)
);

create table hub.reconciliation (
    run_id uuid not null,
    feed text not null,
    at timestamptz default now() not null,
    as_of timestamptz not null,
    source_count integer not null,
    hub_count integer not null,
    missing integer not null,
    quarantined integer not null,
    extra integer not null,
    stale integer not null,
    details jsonb default '{}' not null,
    primary key (run_id),
    foreign key (feed) references hub.feed (name)
);

create table hub.subject_identifier (
    identifier_id bigint not null,
    key_version smallint not null,
    scheme text not null,
    blind_index bytea not null,
    subject_id bigint not null,
    status text not null,
    valid_from timestamptz,
    valid_to timestamptz,
    sealed bytea not null,
    primary key (identifier_id, key_version),
    constraint identifier_status check (status in ('claimed','current','cancelled','former'))
);
create index identifier_former_id on hub.subject_identifier (blind_index, key_version) where scheme = 'former_id';
create unique index identifier_personal_id on hub.subject_identifier (blind_index, key_version)
    where scheme = 'personal_id';
create index identifier_subject on hub.subject_identifier (subject_id);

create table hub.subject_key (
    subject_id bigint not null,
    master_version smallint not null,
    wrapped_key bytea not null,
    primary key (subject_id)
);

create table hub.ledger (
    batch_id uuid not null,
    fetched integer not null,
    published integer not null,
    unchanged integer not null,
    superseded integer not null,
    quarantined integer not null,
    duplicate integer not null,
    filtered integer not null,
    written_at timestamptz default now() not null,
    primary key (batch_id),
    constraint ledger_balances check (fetched = published + unchanged + superseded + quarantined + duplicate + filtered),
    foreign key (batch_id) references hub.batch (batch_id)
);

create table hub.quarantine (
    entry_id uuid not null,
    batch_id uuid not null,
    position integer not null,
    feed text not null,
    stage text not null,
    rule_id text not null,
    field text default '' not null,
    error_group text not null,
    severity text not null,
    findings jsonb not null,
    key_digest bytea not null,
    source_version bigint not null,
    wire_digest bytea not null,
    master_version integer not null,
    wrapped_key bytea not null,
    sealed_wire bytea not null,
    sealed_canonical bytea,
    status text default 'open' not null,
    opened_at timestamptz default now() not null,
    due_on date not null,
    closed_at timestamptz,
    closed_by text,
    reason text,
    primary key (entry_id),
    unique (batch_id, position),
    unique (feed, key_digest, source_version, wire_digest),
    constraint quarantine_status check (status in ('open','assigned','corrected','released','discarded','returned')),
    foreign key (batch_id) references hub.batch (batch_id)
);
create index quarantine_key on hub.quarantine (key_digest);
create index quarantine_open on hub.quarantine (feed, opened_at) where status = 'open';

create table hub.rule_result (
    batch_id uuid not null,
    rule_id text not null,
    field text default '' not null,
    stage text not null,
    error_group text not null,
    severity text not null,
    records integer not null,
    primary key (batch_id, rule_id, field),
    foreign key (batch_id) references hub.batch (batch_id)
);

-- Ciphertext does not compress: trying costs time.
alter table hub.record alter column sealed set storage external;
alter table hub.record_version alter column sealed set storage external;
alter table hub.quarantine alter column sealed_wire set storage external,
    alter column sealed_canonical set storage external;

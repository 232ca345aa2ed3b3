create table hub.alert (
    alert_id uuid not null,
    condition text not null,
    about text not null,
    severity text not null,
    facts jsonb default '{}' not null,
    began_at timestamptz not null,
    ended_at timestamptz,
    primary key (alert_id),
    constraint alert_severity check (severity in ('warning','critical'))
);
create unique index alert_open on hub.alert (condition, about) where ended_at is null;
comment on column hub.alert.about is 'a register, a feed or a part of the hub';
comment on column hub.alert.facts is 'counts and ids; no values';

create table hub.alert_notice (
    alert_id uuid not null references hub.alert (alert_id) on delete cascade,
    channel text not null,
    told text not null,
    at timestamptz not null,
    primary key (alert_id, channel),
    constraint alert_told check (told in ('waiting','began','ended'))
);
create index alert_notice_waiting on hub.alert_notice (channel) where told = 'waiting';
comment on column hub.alert_notice.channel is 'webhook or email';
comment on column hub.alert_notice.told is 'waiting, began, ended';
comment on column hub.alert_notice.at is 'when that was told, or when it began to wait';

create table hub.alert_round (
    single boolean default true not null,
    at timestamptz not null,
    primary key (single),
    constraint alert_round_single check (single)
);
comment on column hub.alert_round.at is 'when alerts were looked for last';

-- Whether a batch waits for a human is asked every few seconds, and nearly always answered with no.
create index batch_parked on hub.batch (feed, sequence) where state = 'parked';

-- Only the pipeline looks for alerts and tells them; the API shows how things are, and counts them.
grant select, insert, update, delete on hub.alert, hub.alert_notice to hub_pipeline;
grant select, insert, update on hub.alert_round to hub_pipeline;
grant select on hub.alert, hub.alert_notice, hub.alert_round, hub.ledger to hub_api;
grant select (feed) on hub.quarantine to hub_api;

alter table hub.quarantine add column announced bigint;
comment on column hub.quarantine.announced is
    'when the source announced the change that this record lacks, in epoch milliseconds';

-- A dossier is about a person, an enterprise, or both.
alter table hub.dossier
    alter column subject_id drop not null,
    add column organisation_id bigint references hub.subject (subject_id),
    add constraint dossier_about check (num_nonnulls(subject_id, organisation_id) > 0);
create index dossier_organisation on hub.dossier (organisation_id) where organisation_id is not null;
grant update (organisation_id) on hub.dossier to hub_pipeline;

-- Partial, so that an entry about a person alone costs no more than before.
alter table hub.exchange_log add column organisation_id bigint;
create index exchange_log_organisation on hub.exchange_log (organisation_id, at) where organisation_id is not null;

-- One number may stand in two registers: a household business goes by the personal number of its owner.
grant select (feed) on hub.quarantine to hub_api;

comment on column hub.dossier.subject_id is 'the person';
comment on column hub.dossier.organisation_id is 'the enterprise';
comment on column hub.exchange_log.organisation_id is 'the enterprise; subject_id is the person';

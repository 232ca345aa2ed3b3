-- Who represents and who owns an enterprise, as its record says; what else the record says of them stays sealed in it.
create table hub.role (
    register text not null,
    identifier_id bigint not null,
    organisation_id bigint not null,
    kind text not null,
    holder_id bigint not null,
    primary key (register, identifier_id, kind, holder_id),
    constraint role_kind check (kind in ('represents','owns'))
);
create index role_holder on hub.role (holder_id);
create index role_organisation on hub.role (organisation_id);
comment on column hub.role.identifier_id is 'the number of the enterprise whose record says so';
comment on column hub.role.organisation_id is 'the enterprise';
comment on column hub.role.holder_id is 'the person or enterprise that represents or owns it';

-- A publish replaces roles, and moves those of merged subjects; erasing a subject takes its roles with it.
grant select, insert, update (organisation_id, holder_id), delete on hub.role to hub_pipeline;
grant select on hub.role to hub_api;
grant select, delete on hub.role to hub_retention;

create or replace function hub.analyze_records() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    analyze hub.record, hub.subject_identifier, hub.role;
end $$;

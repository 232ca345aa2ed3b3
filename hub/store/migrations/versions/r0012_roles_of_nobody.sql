-- A list of roles is complete only when every enterprise numbers whom it names. One that does not, or whose holder was
-- erased, has a row of holder 0, which is no subject's id.
comment on column hub.role.holder_id is 'who represents or owns it; 0 when nobody can tell';
grant insert on hub.role to hub_retention;

-- What was published before roles were kept has none, whatever it says; until it changes, nobody can tell whose it gives.
insert into hub.role (register, identifier_id, organisation_id, kind, holder_id)
select r.register, r.identifier_id, r.subject_id, k.kind, 0
  from hub.record r, (values ('represents'), ('owns')) k (kind)
 where r.kind = 'organisation' and r.status = 'current'
   and not exists (select from hub.role o where o.register = r.register and o.identifier_id = r.identifier_id);

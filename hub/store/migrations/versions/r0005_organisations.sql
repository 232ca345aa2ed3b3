-- The numbers of organisations stand beside those of people: each belongs to one subject.
drop index hub.identifier_personal_id;
create unique index identifier_number on hub.subject_identifier (blind_index, key_version) where scheme <> 'former_id';
comment on column hub.subject_identifier.scheme is 'personal_id, former_id or enterprise_code';

-- Rights of the three working roles. Nobody but the owner may change a consumer, a key, an officer or a grant; nobody
-- may change or delete an entry of the exchange log; only retention may destroy.

revoke all on schema hub from public;
grant usage on schema hub to hub_pipeline, hub_api, hub_retention;
grant select on hub.alembic_version, hub.retired_key to hub_pipeline, hub_api, hub_retention;
grant usage on sequence hub.subject_id_seq, hub.identifier_id_seq to hub_pipeline, hub_api;
grant select, insert, update, delete on hub.register_budget, hub.register_place, hub.register_breaker,
    hub.register_token
    to hub_pipeline, hub_api;

-- pipeline: copies feeds into the store
grant select, insert, update on hub.feed, hub.batch to hub_pipeline;
grant select, insert on hub.ledger, hub.reconciliation to hub_pipeline;
grant select, insert, update, delete on hub.rule_result, hub.quarantine to hub_pipeline;
grant select, insert on hub.subject, hub.subject_key to hub_pipeline;
grant update (merged_into) on hub.subject to hub_pipeline;
grant delete on hub.subject_key to hub_pipeline;
grant select, insert, update, delete on hub.subject_identifier to hub_pipeline;
grant select, insert, update on hub.record, hub.record_version to hub_pipeline;
grant select, update (subject_id) on hub.dossier to hub_pipeline;
grant select, insert on hub.exchange_log to hub_pipeline;

-- Statistics belong to the owner; a publish that made the tables grow asks for fresh ones.
create function hub.analyze_records() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    analyze hub.record, hub.subject_identifier;
end $$;
revoke all on function hub.analyze_records() from public;
grant execute on function hub.analyze_records() to hub_pipeline;

-- api: answers lookups and registers dossiers
grant select on hub.consumer, hub.consumer_key, hub.officer, hub.consumer_grant to hub_api;
grant select on hub.feed, hub.batch, hub.record, hub.record_version to hub_api;
grant select (key_digest, source_version, status, rule_id, field) on hub.quarantine to hub_api;
grant select, insert on hub.subject, hub.subject_key, hub.subject_identifier to hub_api;
grant select, insert, update (status, closed_at, mismatches) on hub.dossier to hub_api;
grant select, insert on hub.used_assertion, hub.exchange_log to hub_api;

-- retention: destroys what is due, and erases subjects
grant select on hub.feed, hub.batch, hub.ledger, hub.rule_result, hub.quarantine, hub.record, hub.record_version,
    hub.subject, hub.subject_key, hub.subject_identifier, hub.dossier, hub.used_assertion, hub.exchange_log
    to hub_retention;
grant update (wrapped_key, key_destroyed_at, landed_uri) on hub.batch to hub_retention;
grant update (erased_at) on hub.subject to hub_retention;
grant delete on hub.quarantine, hub.record, hub.record_version, hub.subject_key, hub.subject_identifier,
    hub.used_assertion, hub.register_token to hub_retention;
grant execute on function hub.make_log_partition(date), hub.drop_log_partitions(timestamptz) to hub_retention;

-- The API keeps consumers, keys, officers and grants in memory and reads them again when told so.
create function hub.tell_policy_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    perform pg_notify('hub_policy', '');
    return null;
end $$;
create trigger policy_change after insert or update or delete or truncate on hub.consumer
    for each statement execute function hub.tell_policy_change();
create trigger policy_change after insert or update or delete or truncate on hub.consumer_key
    for each statement execute function hub.tell_policy_change();
create trigger policy_change after insert or update or delete or truncate on hub.officer
    for each statement execute function hub.tell_policy_change();
create trigger policy_change after insert or update or delete or truncate on hub.consumer_grant
    for each statement execute function hub.tell_policy_change();

-- Every process that holds a key ring hears when a key is retired, and loads its ring again.
create function hub.tell_key_change() returns trigger language plpgsql set search_path = pg_catalog as $$
begin
    perform pg_notify('hub_keys', '');
    return null;
end $$;
create trigger key_change after insert or update or delete on hub.retired_key
    for each statement execute function hub.tell_key_change();

-- No new key may be wrapped under a retired master key, whoever writes it: it could never be opened again. The lock makes
-- a write that is under way wait for a retirement, and the other way round (see hub/store/retired_keys.py).
create function hub.refuse_retired_key() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    perform pg_advisory_xact_lock_shared(hashtext('hub.keys'));
    if exists (select from written w join hub.retired_key k on k.purpose = 'master' and k.version = w.master_version) then
        raise exception 'master key is retired: restart this process' using errcode = 'object_not_in_prerequisite_state';
    end if;
    return null;
end $$;
create trigger retired_key after insert on hub.batch
    referencing new table as written for each statement execute function hub.refuse_retired_key();
create trigger retired_key after insert on hub.quarantine
    referencing new table as written for each statement execute function hub.refuse_retired_key();
create trigger retired_key after insert on hub.register_token
    referencing new table as written for each statement execute function hub.refuse_retired_key();

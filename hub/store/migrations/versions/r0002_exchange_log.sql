-- The exchange log is kept by month, so that retention drops whole partitions and never deletes an entry.
-- The functions run with the owner's rights: the retention role itself owns nothing.

-- Takes what no month has a partition for: an entry is never lost because a partition is late.
create table hub.exchange_log_default partition of hub.exchange_log default;

create function hub.make_log_partition(month date) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    opens timestamptz := date_trunc('month', month)::timestamp at time zone 'UTC';
    closes timestamptz := (date_trunc('month', month) + interval '1 month')::timestamp at time zone 'UTC';
    name text := 'exchange_log_' || to_char(month, 'YYYY_MM');
begin
    perform pg_advisory_xact_lock(hashtext('hub.exchange_log'));
    if to_regclass('hub.' || name) is not null then
        return false;
    end if;
    execute format('create table hub.%I (like hub.exchange_log including defaults)', name);
    -- Entries that came before their partition move into it.
    lock table hub.exchange_log_default in access exclusive mode;
    execute format(
        'with moved as (delete from hub.exchange_log_default where at >= %L and at < %L returning *)
         insert into hub.%I select * from moved', opens, closes, name);
    execute format('alter table hub.exchange_log attach partition hub.%I for values from (%L) to (%L)',
                   name, opens, closes);
    return true;
end $$;

create function hub.drop_log_partitions(due timestamptz) returns integer
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    partition text;
    dropped integer := 0;
begin
    -- TCVN 11930:2017 keeps a log for a month at the least; no setting may undercut it.
    if due > now() - interval '30 days' then
        raise exception 'entries younger than 30 days are never dropped';
    end if;
    perform pg_advisory_xact_lock(hashtext('hub.exchange_log'));
    for partition in
        select child.relname from pg_inherits
        join pg_class child on child.oid = inhrelid
        where inhparent = 'hub.exchange_log'::regclass
          and child.relname ~ '^exchange_log_\d{4}_\d{2}$'
          and (to_date(right(child.relname, 7), 'YYYY_MM') + interval '1 month')::timestamp at time zone 'UTC' <= due
    loop
        execute format('drop table hub.%I', partition);
        dropped := dropped + 1;
    end loop;
    return dropped;
end $$;

revoke all on function hub.make_log_partition(date), hub.drop_log_partitions(timestamptz) from public;

select hub.make_log_partition((date_trunc('month', now() at time zone 'UTC') + ahead * interval '1 month')::date)
from generate_series(0, 2) ahead;

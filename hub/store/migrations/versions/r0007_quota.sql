alter table hub.register_budget
    add column day date default '1970-01-01'::date not null,
    add column day_calls bigint default 0 not null,
    add column month_calls bigint default 0 not null,
    add column per_second double precision,
    add column concurrent integer,
    add column per_day bigint,
    add column per_month bigint;
comment on column hub.register_budget.day is 'last call''s, in Vietnamese time';
comment on column hub.register_budget.day_calls is 'calls of that day';
comment on column hub.register_budget.month_calls is 'calls of that day''s month';
comment on column hub.register_budget.per_second is 'the limits, as the last caller knew them';

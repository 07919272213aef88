-- Events and jobs wait here in the transaction that caused them, one row per subscriber or job.
create table kernel_outbox (
  id uuid primary key,
  kind varchar(5) not null check (kind in ('event', 'job')),
  name text not null,
  subscriber text not null,
  payload jsonb not null,
  run_at timestamptz not null default now(),
  key text,
  priority integer not null default 0,
  attempts integer not null default 0,
  created_at timestamptz not null default now(),
  done_at timestamptz,
  parked_at timestamptz,
  error text
);

create unique index kernel_outbox_key on kernel_outbox (name, key) where key is not null and done_at is null;
create index kernel_outbox_waiting on kernel_outbox (run_at, priority) where done_at is null and parked_at is null;

-- Events and jobs, one row per subscriber or job, written in the transaction that caused them. Brokers carry only the ids: what
-- there is to do, and what became of it, is known here.
create table kernel_message (
  id uuid primary key,
  -- `<plugin>.<job>`, or `<subscriber>.<plugin>/<event>`: the plugin that handles it comes first. Also the name of the queue.
  task text not null,
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'queued', 'running', 'parked', 'done')),
  -- When somebody looks at it (again): the start that was asked for, the end of a lease, of a pause, or of a worker's time.
  due_at timestamptz not null,
  priority integer not null default 0,
  -- At most one message of a task and key that nobody has begun; beginning it clears the key.
  key text,
  attempts integer not null default 0,
  request_id text,
  actor_id bigint,
  scheduled_for timestamptz,
  created_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  reason text check (reason in ('failed', 'timeout', 'crashed', 'payload', 'unknown', 'off')),
  error text,
  result jsonb
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
-- Every row is updated four times in its short life, and almost all rows are done: vacuum counts the dead, not the share of them,
-- and no index that is read while work is found holds a row that is done.
create unique index kernel_message_key on kernel_message (task, key) where key is not null;
create index kernel_message_due on kernel_message (due_at, created_at) where state in ('waiting', 'queued', 'running');
create index kernel_message_parked on kernel_message (ended_at) where state = 'parked';
create index kernel_message_done on kernel_message (ended_at) where state = 'done';

-- How far a running job is: written outside its transaction, which holds the row of the message.
create table kernel_progress (
  id uuid primary key references kernel_message (id) on delete cascade,
  percent smallint not null check (percent between 0 and 100)
);

-- One row per schedule and due time decides who enqueues. The row due at '-infinity' says since when a schedule is known.
create table kernel_schedule_run (
  schedule text not null,
  due_at timestamptz not null,
  enqueued_at timestamptz not null,
  late boolean not null default false,
  -- Runs before this one that nobody was there to start.
  missed integer not null default 0,
  message_id uuid,
  primary key (schedule, due_at)
);

alter table kernel_message
  -- What the broker carries a message in: the id of the first of those that travel together. Says how many the broker ought to have.
  add column batch uuid,
  -- Attempts during which the process ended: they use up none of those the job declares.
  add column crashes integer not null default 0;

-- What a relay has in its hands: the batches it is about to publish. A row per pass of a relay, gone when the broker has them; one whose
-- time is over was left by a relay that died.
create table kernel_lease (
  id uuid primary key,
  batches uuid[] not null,
  until timestamptz not null
);

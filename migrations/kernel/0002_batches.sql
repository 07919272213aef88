-- What the broker carries a message in: the id of the first of those that travel together. Says how many the broker ought to have.
alter table kernel_message add column batch uuid;

-- What the masked views need and their readers must not see: the key of the pseudonyms, padded as HMAC has it, and what was granted.
create table kernel_reporting (
  id boolean primary key default true check (id),
  inner_key bytea not null check (length(inner_key) = 64),
  outer_key bytea not null check (length(outer_key) = 64),
  fingerprint text,
  role text,
  kernel text,
  granted_at timestamptz
);

-- Groups of at least so many people (age, gender, district …) that to be told one's group does not tell who one is.
create table kernel_reporting_group (
  source text not null,
  members text not null,
  primary key (source, members)
);

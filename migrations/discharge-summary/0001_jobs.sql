-- The latest job that makes a summary of each consultation. No foreign key: who removes consultations need not know of this table.

create table kernel_discharge_summary (
  consultation_id bigint primary key,
  job_id uuid,
  asked_at timestamptz,
  asked_by_user boolean not null default false,
  mail_to text[] not null default '{}'
);

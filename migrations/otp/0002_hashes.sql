-- What a code is known by, while it lives: one that was used, replaced or guessed at too often has no hash any more.
-- Rows of the original have none either: what stands in `otp` opens nothing here.

alter table facility_patientmobileotp
  add column kernel_code_hash text,
  add column kernel_expires_at timestamptz,
  add column kernel_tries smallint;

create unique index kernel_otp_live on facility_patientmobileotp (phone_number) where kernel_code_hash is not null;
create index kernel_otp_asked on facility_patientmobileotp (phone_number, created_date);

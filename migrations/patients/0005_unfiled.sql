-- Patients without a consultation that goes on come first in every list. Which they are is kept in the row, by triggers, so that the
-- list is read in the order of an index whatever else writes to these tables. Without the plugin of consultations: all of them.

alter table facility_patientregistration add column kernel_unfiled boolean not null default true;

create function kernel_patient_is_unfiled(patient facility_patientregistration) returns boolean language plpgsql stable as $$
begin
  return true;
end $$;

create function kernel_patient_unfiled() returns trigger language plpgsql as $$
begin
  new.kernel_unfiled := kernel_patient_is_unfiled(new);
  return new;
end $$;
create trigger kernel_patient_unfiled before insert or update of last_consultation_id, facility_id, is_active
  on facility_patientregistration for each row execute function kernel_patient_unfiled();

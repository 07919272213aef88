-- No last consultation, one at another facility, or a discharge although the patient is active (contract patients §5).

create or replace function kernel_patient_is_unfiled(patient facility_patientregistration) returns boolean language plpgsql stable as $$
begin
  return patient.last_consultation_id is null or exists (
    select from facility_patientconsultation c where c.id = patient.last_consultation_id
      and (c.facility_id is distinct from patient.facility_id or (c.discharge_date is not null and patient.is_active)));
end $$;

create function kernel_consultation_unfiles() returns trigger language plpgsql as $$
begin
  update facility_patientregistration p set kernel_unfiled = kernel_patient_is_unfiled(p)
    where p.last_consultation_id = new.id and p.kernel_unfiled <> kernel_patient_is_unfiled(p);
  return null;
end $$;
create trigger kernel_consultation_unfiles after insert or update of discharge_date, facility_id
  on facility_patientconsultation for each row execute function kernel_consultation_unfiles();

update facility_patientregistration p set kernel_unfiled = false
  where p.last_consultation_id is not null and not kernel_patient_is_unfiled(p);

-- What lists and searches ask for (contract patients §5, §12): the tables of the original have indexes of their foreign keys only.

create extension if not exists pg_trgm;

create index kernel_patient_listed on facility_patientregistration (kernel_unfiled desc, modified_date desc, id desc)
  include (facility_id, is_active, assigned_to_id, last_consultation_id) where not deleted and facility_id is not null;
create index kernel_patient_live on facility_patientregistration (facility_id) where is_active and not deleted;
create index kernel_patient_name on facility_patientregistration using gin (name gin_trgm_ops) where not deleted;
create index kernel_patient_phone_number on facility_patientregistration (phone_number) where not deleted;
create index kernel_patient_emergency_phone_number on facility_patientregistration (emergency_phone_number) where not deleted;
create index kernel_patient_srf_id on facility_patientregistration (srf_id) where srf_id <> '';
create index kernel_patient_covin_id on facility_patientregistration (covin_id) where covin_id <> '';

-- What somebody wrote last: large counts are taken anew after it.
create index kernel_patient_history_writer on facility_historicalpatientregistration (history_user_id, history_id);

-- Finds by the index of names; the threshold is part of the search, not of the session.
create function kernel_patients_named(wanted text) returns setof bigint language sql stable set pg_trgm.similarity_threshold = 0.2 as $$
  select id from facility_patientregistration where name % wanted and not deleted
$$;

-- What lists ask for (contract shifting §3): the tables of the original have indexes of their foreign keys only.

create extension if not exists pg_trgm;

-- Who sees a request and in which column of the board it stands: counts are read from this index alone.
create index kernel_shift_facilities on facility_shiftingrequest
  (origin_facility_id, shifting_approving_facility_id, assigned_facility_id, status, emergency, is_kasp, is_up_shift, breathlessness_level)
  where not deleted;

-- What is asked about the patients of requests: where they are now, what they have, their numbers.
create index kernel_shift_patients_at on facility_patientregistration (facility_id, id);
create index kernel_shift_patients_with on facility_patientregistration (id) include (disease_status, is_antenatal) where not deleted;
create index kernel_shift_patients_called on facility_patientregistration using gin (phone_number gin_trgm_ops) where not deleted;

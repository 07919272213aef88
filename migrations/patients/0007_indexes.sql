-- What lists and searches ask for (contract patients §5, §12): the tables of the original have indexes of their foreign keys only.

create extension if not exists pg_trgm;

-- The default order, with what lists are filtered by: counting and skipping read the index alone.
create index kernel_patient_listed on facility_patientregistration (kernel_unfiled desc, modified_date desc, id desc)
  include (facility_id, last_consultation_id, assigned_to_id, is_active, gender, source, disease_status, allow_transfer, is_vaccinated, number_of_doses,
    is_antenatal, is_declared_positive, ration_card_category, district_id, local_body_id, state_id, date_of_birth, year_of_birth, death_datetime)
  where not deleted and facility_id is not null;
-- The same for whoever sees some facilities only.
create index kernel_patient_listed_at on facility_patientregistration (facility_id, kernel_unfiled desc, modified_date desc, id desc)
  include (is_active) where not deleted;
create index kernel_patient_live on facility_patientregistration (facility_id) where is_active and not deleted;
create index kernel_patient_name on facility_patientregistration using gin (name gin_trgm_ops) where not deleted;
create index kernel_patient_phone_number on facility_patientregistration (phone_number) where not deleted;
create index kernel_patient_emergency_phone_number on facility_patientregistration (emergency_phone_number) where not deleted;
create index kernel_patient_by_name on facility_patientregistration (name) where not deleted;
create index kernel_patient_review_time on facility_patientregistration (review_time) where not deleted;
create index kernel_patient_declared_positive on facility_patientregistration (date_declared_positive) where not deleted;
create index kernel_patient_result on facility_patientregistration (date_of_result) where date_of_result is not null;
create index kernel_patient_vaccinated on facility_patientregistration (last_vaccinated_date) where last_vaccinated_date is not null;
create index kernel_patient_menstruation on facility_patientregistration (last_menstruation_start_date)
  where last_menstruation_start_date is not null;
create index kernel_patient_delivery on facility_patientregistration (date_of_delivery) where date_of_delivery is not null;
create index kernel_patient_antenatal on facility_patientregistration (id) where is_antenatal is true;
create index kernel_patient_positive on facility_patientregistration (id) where is_declared_positive is true;
create index kernel_patient_kept on facility_patientregistration (id) where allow_transfer is false;
create index kernel_patient_ration_card on facility_patientregistration (ration_card_category) where ration_card_category is not null;
create index kernel_patient_srf_id on facility_patientregistration (srf_id) where srf_id <> '';
create index kernel_patient_covin_id on facility_patientregistration (covin_id) where covin_id <> '';

-- What somebody wrote last: large counts are taken anew after it.
create index kernel_patient_history_writer on facility_historicalpatientregistration (history_user_id, history_id);

-- Finds by the index of names; the threshold is part of the search, not of the session.
create function kernel_patients_named(wanted text) returns setof bigint language sql stable set pg_trgm.similarity_threshold = 0.2 as $$
  select id from facility_patientregistration where name % wanted and not deleted
$$;

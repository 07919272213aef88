-- What lists ask for (contract consultations §15, §16): the tables of the original have indexes of their foreign keys only.
create extension if not exists pg_trgm;

-- The newest samples of a laboratory and of a patient; who wrote last, for large counts.
create index kernel_sample_at on facility_patientsample (testing_facility_id, id desc) where not deleted;
create index kernel_sample_of on facility_patientsample (patient_id, id desc) where not deleted;
create index kernel_sample_in on facility_patientsample (consultation_id) include (id, status, result, sample_type) where not deleted;
create index kernel_sample_writer on facility_patientsampleflow (created_by_id, id);

create index kernel_external_test_in on facility_patientexternaltest (district_id, id desc) where not deleted;
create index kernel_external_test_near on facility_patientexternaltest (local_body_id, id desc) where not deleted;
create index kernel_external_test_beside on facility_patientexternaltest (ward_id, id desc) where not deleted;
create index kernel_external_test_name on facility_patientexternaltest using gin (name gin_trgm_ops) where not deleted;
create index kernel_external_test_mobile on facility_patientexternaltest using gin (mobile_number gin_trgm_ops) where not deleted;
create index kernel_external_test_srf on facility_patientexternaltest using gin (srf_id gin_trgm_ops) where not deleted;
create index kernel_external_test_taken on facility_patientexternaltest (sample_collection_date) where not deleted;
create index kernel_external_test_known on facility_patientexternaltest (result_date) where not deleted;
-- Tests and patients find each other by the number of the request, however it is written.
create index kernel_external_test_request on facility_patientexternaltest (upper(srf_id));
create index kernel_external_test_patients on facility_patientregistration (upper(srf_id)) where srf_id <> '';

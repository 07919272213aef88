-- What the hot reads need besides the original's indexes: rounds of a consultation by time, open consultations of a patient,
-- consultations of a facility, newest first,
-- ICD-11 by code, and by the beginning of words (a dotted code is one word).
create extension if not exists pg_trgm;

create index kernel_dailyround_taken on facility_dailyround (consultation_id, taken_at desc, id desc) where not deleted;
create index kernel_consultation_open on facility_patientconsultation (patient_id) where discharge_date is null and not deleted;
create index kernel_consultation_at on facility_patientconsultation (facility_id, id desc) where not deleted;
create index kernel_icd11_coded on facility_icd11diagnosis (label) where label ~ '^(?:[A-Z]+\d|\d+[A-Z])[A-Z\d.]*\s';
create index kernel_icd11_words on facility_icd11diagnosis
  using gin ((' ' || regexp_replace(lower(label), '[^[:alnum:].]+', ' ', 'g')) gin_trgm_ops) where label ~ '^(?:[A-Z]+\d|\d+[A-Z])[A-Z\d.]*\s';

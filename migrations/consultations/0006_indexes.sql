-- What the hot reads need besides the original's indexes: rounds of a consultation by time, consultations of
-- a patient and of a facility without looking at their wide rows,
-- ICD-11 by code, and by the beginning of words (a dotted code is one word).
create extension if not exists pg_trgm;

create index kernel_dailyround_taken on facility_dailyround (consultation_id, taken_at desc, id desc) where not deleted;
create index kernel_consultation_of on facility_patientconsultation (patient_id, id) include (facility_id) where not deleted;
create index kernel_consultation_at on facility_patientconsultation (facility_id, id desc) where not deleted;
create index kernel_icd11_coded on facility_icd11diagnosis (label) where label ~ '^(?:[A-Z]+\d|\d+[A-Z])[A-Z\d.]*\s';
create index kernel_icd11_words on facility_icd11diagnosis
  using gin ((' ' || regexp_replace(lower(label), '[^[:alnum:].]+', ' ', 'g')) gin_trgm_ops) where label ~ '^(?:[A-Z]+\d|\d+[A-Z])[A-Z\d.]*\s';

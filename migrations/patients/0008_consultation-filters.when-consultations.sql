-- What patients are found by that their last consultation says (contract patients §5, `LC`).

create index kernel_consultation_patient_no on facility_patientconsultation (upper(patient_no));
create index kernel_consultation_discharge_date on facility_patientconsultation (discharge_date);
create index kernel_consultation_discharged_at on facility_patientconsultation (facility_id, patient_id)
  where discharge_date is not null and not deleted;
create index kernel_consultation_discharge_reason on facility_patientconsultation (new_discharge_reason) where new_discharge_reason is not null;
create index kernel_consultation_medico_legal on facility_patientconsultation (id) where medico_legal_case is true;
create index kernel_consultation_kasp on facility_patientconsultation (id) where is_kasp is true;
create index kernel_consultation_kasp_enabled on facility_patientconsultation (kasp_enabled_date) where kasp_enabled_date is not null;
create index kernel_consultation_consents on facility_patientconsultation (id) where cardinality(has_consents) > 0;
create index kernel_consultation_category on facility_patientconsultation (category) where last_daily_round_id is null;
create index kernel_dailyround_category on facility_dailyround (patient_category);
create index kernel_dailyround_ventilator on facility_dailyround (ventilator_interface) where ventilator_interface is not null;

-- Kinds of the last consultation that few patients have (contract patients §5).
create index kernel_consultation_telemedicine on facility_patientconsultation (id) where is_telemedicine is true;
create index kernel_consultation_covid_category on facility_patientconsultation (deprecated_covid_category)
  where deprecated_covid_category is not null;

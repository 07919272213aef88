-- baseline: the consultation of a patient and of a note

alter table facility_patientregistration
  add foreign key (last_consultation_id) references facility_patientconsultation deferrable initially deferred;
alter table facility_patientnotes add foreign key (consultation_id) references facility_patientconsultation deferrable initially deferred;

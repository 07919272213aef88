-- baseline: where a patient lies and lay before

alter table facility_patientconsultation add foreign key (current_bed_id) references facility_consultationbed deferrable initially deferred;
alter table facility_patientconsultation add foreign key (transferred_from_location_id) references facility_assetlocation deferrable initially deferred;

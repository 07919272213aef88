-- Few have had many doses; by the time of the next review, each way with the newest first among equals (contract patients §5).
create index kernel_patient_doses on facility_patientregistration (number_of_doses) where not deleted;
create index kernel_patient_review on facility_patientregistration (review_time, id desc) where not deleted;
create index kernel_patient_review_down on facility_patientregistration (review_time desc, id desc) where not deleted;
drop index kernel_patient_review_time;

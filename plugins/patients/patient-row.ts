import { FACILITY } from 'care-kernel/contracts/facilities'
/** Columns of a `PatientRow`, as SQL over `p`. */
export const patientRow = (
  consultations: string
): string => `p.id, p.external_id, p.name, p.phone_number, p.emergency_phone_number,
  p.is_active, p.allow_transfer, p.facility_id, p.local_body_id, p.district_id, p.state_id, p.last_consultation_id, p.created_by_id, p.assigned_to_id,
  p.year_of_birth, p.death_datetime,
  (select json_build_object('id', f.id, 'external_id', f.external_id, 'name', f.name, 'created_by_id', f.created_by_id,
    'district_id', f.district_id, 'state_id', f.state_id) from ${FACILITY} f where f.id = p.facility_id) as facility,
  (select json_build_object('assigned_to_id', c.assigned_to_id) from ${consultations} c where c.id = p.last_consultation_id) as last_consultation,
  to_json(array(select distinct c.facility_id from ${consultations} c where c.patient_id = p.id and not c.deleted)) as consultation_facility_ids`

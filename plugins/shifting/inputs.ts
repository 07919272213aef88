import { phoneField } from 'care-kernel/care'
import { field, record, type Infer } from 'care-kernel/rest'
import { CATEGORIES } from 'care-kernel/contracts/consultations'
import { FACILITY, FACILITY_TYPES } from 'care-kernel/contracts/facilities'
import { requestInputs } from 'care-kernel/toolkits/facilities'
import { PATIENT } from 'care-kernel/contracts/patients'
import { BREATHLESSNESS, VEHICLES } from './enumerations.ts'
import { STATUSES } from './statuses.ts'

const optionalText = () => field.text({ optional: true, blank: true })
const flag = () => field.boolean({ optional: true })

/** A request to shift a patient (`docs/api/shifting-resources.md §4.2`). `patient_category` is stored in the patient's last consultation. */
export const shiftInput = record({
  patient: field.externalId(PATIENT, { source: 'patient_id' }),
  status: field.label(STATUSES),
  breathlessness_level: field.label(BREATHLESSNESS, { optional: true, null: true }),
  origin_facility: field.externalId(FACILITY, { source: 'origin_facility_id' }),
  shifting_approving_facility: field.externalId(FACILITY, { optional: true, source: 'shifting_approving_facility_id' }),
  assigned_facility: field.externalId(FACILITY, { optional: true, null: true, source: 'assigned_facility_id' }),
  assigned_facility_external: field.text({ optional: true, null: true, blank: true }),
  assigned_facility_type: field.label(FACILITY_TYPES, { optional: true, null: true }),
  preferred_vehicle_choice: field.label(VEHICLES, { optional: true, null: true }),
  patient_category: field.label(CATEGORIES, { optional: true }),
  is_up_shift: flag(),
  is_kasp: flag(),
  vehicle_preference: optionalText(),
  comments: optionalText(),
  ambulance_driver_name: field.text({ optional: true, blank: true, null: true }),
  ambulance_phone_number: phoneField({ types: ['mobile', 'landline'], optional: true, blank: true }),
  ambulance_number: field.text({ optional: true, blank: true, null: true }),
  ...requestInputs
})

export type ShiftInput = Infer<typeof shiftInput>

/** Values as columns; null fields of the ambulance become "" (`docs/api/shifting-resources.md §4.2`, FIX). */
export function shiftColumns({ patient_category: category, ...values }: Partial<ShiftInput>): Record<string, unknown> {
  const columns = shiftInput.columns(values)
  for (const name of ['ambulance_driver_name', 'ambulance_number']) if (name in columns) columns[name] ??= ''
  return columns
}

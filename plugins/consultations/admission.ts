import type { Actor, Tx } from 'care-kernel'
import { invalid } from 'care-kernel/rest'
import { RANK, USER } from 'care-kernel/contracts/auth-permissions'
import { MEMBER } from 'care-kernel/contracts/facilities'
import type { PatientRow } from 'care-kernel/contracts/patients'
import type { ConsultationInput } from './inputs.ts'
import type { ConsultationScope } from './scope.ts'

// Rules of a consultation over several fields (contract consultations §4.1, §4.2), for creation and change.

export type ConsultationValues = Partial<ConsultationInput>

const NO_DOCTOR = "This field is required as the suggestion is not 'Declared Death'"
const ONE_SOURCE = 'Only one of referred_from_facility and referred_from_facility_external can be set'

/** Throws 400 for an admission without a number; `stored` where there is a consultation already. */
export function requireNumber(
  { suggestion, patient_no: number = null }: ConsultationValues,
  stored?: { readonly patient_no: string | null }
): void {
  if (suggestion === 'A' && !number && (!stored || number !== stored.patient_no))
    throw invalid({ patient_no: ['This field is required for admission.'] })
}

/** Throws 400 unless the doctor in charge is named, is one, and works at the facility. */
export async function requirePhysician(
  tx: Tx,
  { suggestion, treating_physician: id }: ConsultationValues,
  facilityId: number | null
): Promise<void> {
  if (suggestion !== undefined && suggestion !== 'DD' && suggestion !== 'DC' && !id)
    throw invalid({ treating_physician: [NO_DOCTOR] })
  if (!id) return
  const {
    rows: [user]
  } = await tx.query<{ user_type: number; home_facility_id: number | null; linked: boolean }>(
    `select u.user_type, u.home_facility_id, exists (select from ${MEMBER} m where m.user_id = u.id and m.facility_id = $2::bigint) as linked
    from ${USER} u where u.id = $1`,
    [id, facilityId]
  )
  const refuse = (message: string) => invalid({ non_field_errors: [message] })
  if (user?.user_type !== RANK.doctor) throw refuse('Only Doctors can verify a Consultation')
  if (!user.linked)
    throw refuse(
      'The treating doctor is no longer linked to this facility. Please update the respective field in the form before proceeding.'
    )
  if (user.home_facility_id !== null && user.home_facility_id !== facilityId)
    throw refuse('Home Facility of the Doctor must be the same as the Consultation Facility')
}

/** Where a referral goes: one of both, the other is emptied. Throws 400 for neither. */
export function referralOf({ suggestion, referred_to: to, referred_to_external: external }: ConsultationValues): object {
  if (suggestion !== 'R') return {}
  if (!to && !external) throw invalid({ referred_to: ['This field is required as the suggestion is R.'] })
  return external ? { referred_to_id: null } : { referred_to_external: null }
}

/** Columns of the way into the facility: what does not belong to the route is emptied. Throws 400 for what is missing. */
export function routeOf(values: ConsultationValues, location: number | null): object {
  const { route_to_facility: route, referred_from_facility: from, referred_from_facility_external: external } = values
  const notReferred = {
    referred_from_facility_id: null,
    referred_from_facility_external: '',
    referred_by_external: ''
  }
  if (!route) throw invalid({ route_to_facility: 'This field is required' })
  if (route === 10) return { ...notReferred, icu_admission_date: null, transferred_from_location_id: null }
  if (route === 30) {
    if (location === null)
      throw invalid({
        transferred_from_location: ['This field is required as the patient has been transferred from another location.']
      })
    return { ...notReferred, transferred_from_location_id: location }
  }
  if (!from && !external)
    throw invalid({
      referred_from_facility: ['This field is required as the patient has been referred from another facility.']
    })
  if (from && external) throw invalid({ referred_from_facility: [ONE_SOURCE], referred_from_facility_external: [ONE_SOURCE] })
  return { transferred_from_location_id: null }
}

/** The consultation a patient had before this one, as far as creation looks at it. */
export interface PreviousConsultation {
  readonly id: number
  readonly assigned_to_id: number | null
  readonly discharge_date: string | null
  readonly suggestion: string
}

/** The patient's last consultation. Throws 400 where the caller looks after it, or while it is open. */
export async function requireFree(
  tx: Tx,
  actor: Actor,
  { last_consultation_id: id }: PatientRow
): Promise<PreviousConsultation | undefined> {
  if (id === null) return undefined
  const {
    rows: [last]
  } = await tx.query<PreviousConsultation>(
    'select id, assigned_to_id, discharge_date, suggestion from facility_patientconsultation where id = $1',
    [id]
  )
  if (last && last.assigned_to_id === actor.id)
    throw invalid({ 'Permission Denied': 'Only Facility Staff can create consultation for a Patient' })
  if (last && last.discharge_date === null) throw invalid({ consultation: 'Exists please Edit Existing Consultation' })
  return last
}

/** Ids of the bed and the location a body names; only the plugin that keeps them knows which there are. Throws 400. */
export async function placesOf(
  { hooks }: ConsultationScope,
  tx: Tx,
  { bed, transferred_from_location: location }: ConsultationValues
): Promise<{ readonly bed: number | null; readonly location: number | null }> {
  const named = async (hook: 'bed-named' | 'location-named', field: string, uuid: string | undefined) => {
    if (uuid === undefined) return null
    const id = (await hooks[hook](tx, { uuid })).find(answer => answer !== undefined)
    if (id === undefined) throw invalid({ [field]: ['object with this id not found'] })
    return id
  }
  return {
    bed: await named('bed-named', 'bed', bed),
    location: await named('location-named', 'transferred_from_location', location)
  }
}

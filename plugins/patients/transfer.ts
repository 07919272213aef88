import type { Actor, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params } from 'care-kernel/data'
import { ApiError, denied, field, invalid, isUuid, notAUuid, notFound, readInput, record } from 'care-kernel/rest'
import { facilitiesOf } from 'care-kernel/contracts/auth-permissions'
import type { FastifyRequest } from 'fastify'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { PatientRow } from './contract.ts'
import { patientUpdate } from './policy.ts'
import type { PatientScope } from './services.ts'

const input = record({ facility: field.text({ optional: true }), year_of_birth: field.integer({ optional: true, null: true }) })
const reach = facilitiesOf('f')

const refused = (reason: string) => new ApiError(406, { Patient: `Patient transfer cannot be completed because ${reason}` })

/**
 * Moves a patient to the facility of the body (docs/api/patients.md §11). FIX-5: allowed for users who work at or administer the
 * destination, or may change the patient; unknown ids are 404 or 400.
 */
export async function transfer(
  { patients }: PatientScope,
  tx: Tx,
  actor: Actor,
  request: FastifyRequest<{ Params: { id: string } }>
): Promise<PatientRow> {
  const { facility: to, year_of_birth: year } = await readInput(request, input, { db: tx })
  if (!isUuid(request.params.id)) throw notFound()
  if (to === undefined) throw invalid({ facility: ['This field is required.'] })
  if (!isUuid(to)) throw notAUuid(to)
  const patient = await patients.byUuid(tx, request.params.id, { lock: true })
  if (!patient) throw notFound('PatientRegistration')
  const destination = await findDestination(tx, actor, to)
  if (!destination) throw notFound('Facility')
  if (!destination.reached && !patientUpdate.test(actor, patient)) throw denied()
  if (patient.death_datetime !== null) throw refused('the patient is expired')
  if (patient.is_active && patient.facility_id === destination.id)
    throw refused('the patient has an active consultation in the same facility')
  if (!patient.allow_transfer) throw refused('the source facility does not permit it')
  if (year !== undefined && year !== patient.year_of_birth) throw invalid({ year_of_birth: ['Year of birth does not match'] })
  await patients.move(tx, actor, patient, { facility: destination, by: 'transfer' })
  return patient
}

/** The live facility, locked against its deletion, and whether the actor works there or administers it. */
async function findDestination(
  tx: Tx,
  actor: Actor,
  uuid: string
): Promise<{ id: number; name: string; reached: boolean } | undefined> {
  const params = new Params([uuid])
  const { rows } = await tx.query<{ id: number; name: string; reached: boolean }>(
    `select f.id, f.name, coalesce(${rowCondition(reach, actor, params)}, false) as reached from ${FACILITY} f where f.external_id = $1 and not f.deleted for share`,
    params.values
  )
  return rows[0]
}

import type { Actor, Tx } from 'care-kernel'
import { PATIENT } from 'care-kernel/contracts/patients'
import { DISTRICT } from 'care-kernel/contracts/places'
import type { Repositories } from 'care-kernel/data'
import { Invalid, invalid } from 'care-kernel/rest'
import { placesOf } from './external-places.ts'
import { externalResult } from './inputs.ts'
import { PatientExternalTest } from './models.ts'

type Item = Readonly<Record<string, unknown>>

const REQUESTED = `select distinct upper(p.srf_id) as srf from ${PATIENT} p
  where upper(p.srf_id) = any($1) and p.srf_id <> '' and not p.deleted`

/**
 * Adds what a laboratory reports, all or nothing (docs/api/consultations.md §16): `sample_tests` is a list of results from the district of
 * whoever uploads it. Throws 400 with what is wrong with each result that cannot be.
 */
export async function upload(tx: Tx, actor: Actor, body: unknown, repository: Repositories): Promise<void> {
  const items = itemsOf(body)
  const { districtId } = actor
  const {
    rows: [district]
  } = await tx.query<{ name: string }>(`select name from ${DISTRICT} where id = $1`, [districtId])
  if (items.some(({ district: name }) => name !== district?.name)) throw invalid({ Error: 'User must belong to same district' })
  if (items.length === 0) return

  const places = await placesOf(tx, districtId, items)
  const read = places.map((place, at) => (place instanceof Invalid ? place : resultOf(items[at] ?? {}, place)))
  const refused = read.flatMap(one => (one instanceof Invalid ? [one.messages] : []))
  if (refused.length > 0) throw invalid(refused)
  const valid = read.flatMap(one => (one instanceof Invalid ? [] : [one]))

  const { rows } = await tx.query<{ srf: string }>(REQUESTED, [valid.map(({ srf_id: id }) => String(id).toUpperCase())])
  const requested = new Set(rows.map(({ srf }) => srf))
  await repository(PatientExternalTest).insertMany(
    tx,
    valid.map(result => ({
      ...result,
      // An actor without a district was refused: no place was found.
      district_id: districtId ?? undefined,
      patient_created: requested.has(String(result.srf_id).toUpperCase())
    }))
  )
}

function itemsOf(body: unknown): readonly Item[] {
  const list = (typeof body === 'object' && body !== null ? body : {}) as { readonly sample_tests?: unknown }
  if (list.sample_tests === undefined || list.sample_tests === null) throw invalid({ sample_tests: 'No Data was provided' })
  const { sample_tests: tests } = list
  if (!Array.isArray(tests) || !tests.every(isItem)) throw invalid({ sample_tests: 'Data should be provided as a list' })
  return tests
}

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value)

function resultOf(item: Item, place: object): Item | Invalid {
  const values = externalResult.read(item, { arrival: { form: false, zone: 'UTC' } })
  return values instanceof Invalid ? values : { ...values, ...place }
}

import { pipeline } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { stringify } from 'csv-stringify'
import QueryStream from 'pg-query-stream'
import { labelSql, Params, type Where } from 'care-kernel'
import { DOCTOR_AREAS, FACILITY_TYPES, ROOM_TYPES } from './enumerations.ts'
import { facilityFilters } from './facility-resources.ts'
import type { FacilityScope } from './scope.ts'

/** A set of columns: header → SQL, and the rows that hang on the facility `f`. */
interface ColumnSet {
  readonly columns: Readonly<Record<string, string>>
  readonly join: string
  readonly order: string
}

const BASE = {
  'Facility Name': 'f.name',
  'Facility Type': labelSql('f.facility_type', FACILITY_TYPES),
  Address: 'f.address',
  'Ward Name': 'w.name',
  'Ward Number': 'w.number',
  'Local Body': 'l.name',
  District: 'd.name',
  State: 's.name',
  'Phone Number': 'f.phone_number'
}
const PLACES = `left join users_ward w on w.id = f.ward_id left join users_localbody l on l.id = f.local_body_id
  left join users_district d on d.id = f.district_id left join users_state s on s.id = f.state_id`

const CAPACITY: ColumnSet = {
  columns: {
    'Room Type': labelSql('c.room_type', ROOM_TYPES),
    'Total Capacity': 'c.total_capacity',
    'Current Capacity': 'c.current_capacity',
    'Updated Date': `to_char(c.modified_date at time zone 'UTC', 'DD-MM-YYYY')`,
    'Oxygen Capacity': 'f.oxygen_capacity',
    'B Type Oxygen Cylinder': 'f.type_b_cylinders',
    'C Type Oxygen Cylinder': 'f.type_c_cylinders',
    'Jumbo D Type Oxygen Cylinder': 'f.type_d_cylinders'
  },
  join: 'left join facility_facilitycapacity c on c.facility_id = f.id and not c.deleted',
  order: ', c.id'
}
const DOCTORS: ColumnSet = {
  columns: { 'Doctors Area': labelSql('h.area', DOCTOR_AREAS), 'Doctors Count': 'h.count' },
  join: 'left join facility_hospitaldoctors h on h.facility_id = f.id and not h.deleted',
  order: ', h.id'
}
const NOTHING: ColumnSet = { columns: {}, join: '', order: '' }

/** The visitors of a day, from whoever counts them; "Vistited" is part of the contract. */
const triage = (rows: string): ColumnSet => ({
  columns: {
    'Entry Date': 't.day',
    'Vistited Patients': 't.visited',
    'Home Quarantined Patients': 't.quarantined',
    'Patients Isolated': 't.isolated',
    'Patients Referred': 't.referred',
    'Patients Confirmed Positive': 't.positive'
  },
  join: `left join lateral (${rows}) t(day, visited, quarantined, isolated, referred, positive) on true`,
  order: ', t.day desc'
})

const ROWS_AT_ONCE = 200

/** The list as a table (contract facilities §4.6): read with a cursor and written as it comes, so its size costs no memory. */
export function facilityCsv({
  database,
  slots
}: FacilityScope): (request: FastifyRequest, reply: FastifyReply, visible: Where) => Promise<FastifyReply> {
  const sets: readonly (readonly [string, ColumnSet])[] = [
    ['capacity', CAPACITY],
    ['doctors', DOCTORS],
    ['triage', triage(slots.triage.rows)]
  ]
  return async (request, reply, visible) => {
    const query = request.query as Record<string, string | string[]>
    const { columns, join, order } = sets.find(([name]) => Object.hasOwn(query, name))?.[1] ?? NOTHING
    const params = new Params()
    const found = ['not f.deleted', ...visible(params), ...facilityFilters.compile(query, params)].filter(Boolean).join(' and ')
    const all = { ...BASE, ...columns }
    const text = `select ${Object.values(all)
      .map(sql => `(${sql})::text`)
      .join(', ')} from facility_facility f ${PLACES} ${join} where ${found} order by f.id${order}`

    const client = await database.pool.connect()
    const rows = client.query(new QueryStream(text, params.values, { rowMode: 'array', batchSize: ROWS_AT_ONCE }))
    // As Python's csv writer: quotes only where they are needed, a lone line feed being such a place.
    const table = stringify({
      header: true,
      columns: Object.keys(all),
      bom: true,
      record_delimiter: '\r\n',
      quoted_match: /[\r\n]/
    })
    pipeline(rows, table, error => {
      const { code } = (error ?? {}) as { code?: string }
      // Whoever asked may leave; anything else ends the file early, which only the log can tell.
      if (error && code !== 'ERR_STREAM_PREMATURE_CLOSE') request.log.error({ code }, 'a CSV export ended early')
      client.release(error ?? undefined)
    })
    return reply
      .headers({
        'content-type': 'text/csv',
        'content-disposition': 'attachment; filename=facility_export.csv;',
        'cache-control': 'no-cache'
      })
      .send(table)
  }
}

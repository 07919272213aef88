import type { FastifyReply, FastifyRequest } from 'fastify'
import { DISTRICT, LOCAL_BODY, STATE, WARD } from 'care-kernel/contracts/places'
import { Params } from 'care-kernel/data'
import { cell, labelSql, sendCsv, type Where } from 'care-kernel/rest'
import { DOCTOR_AREAS, FACILITY_TYPES, ROOM_TYPES } from './enumerations.ts'
import { facilityFilters } from './reads.ts'
import type { FacilityScope } from './services.ts'

/** A set of columns (header → SQL), and the join of their rows to the facility `f`. */
interface ColumnSet {
  readonly columns: Readonly<Record<string, string>>
  readonly join: string
  readonly order: string
}

const BASE = {
  'Facility Name': cell.text('f.name'),
  'Facility Type': labelSql('f.facility_type', FACILITY_TYPES),
  Address: cell.text('f.address'),
  'Ward Name': cell.text('w.name'),
  'Ward Number': cell.value('w.number'),
  'Local Body': cell.text('l.name'),
  District: cell.text('d.name'),
  State: cell.text('s.name'),
  'Phone Number': cell.text('f.phone_number')
}
const PLACES = `left join ${WARD} w on w.id = f.ward_id left join ${LOCAL_BODY} l on l.id = f.local_body_id
  left join ${DISTRICT} d on d.id = f.district_id left join ${STATE} s on s.id = f.state_id`

const CAPACITY: ColumnSet = {
  columns: {
    'Room Type': labelSql('c.room_type', ROOM_TYPES),
    'Total Capacity': cell.value('c.total_capacity'),
    'Current Capacity': cell.value('c.current_capacity'),
    'Updated Date': `to_char(c.modified_date at time zone 'UTC', 'DD-MM-YYYY')`,
    'Oxygen Capacity': cell.value('f.oxygen_capacity'),
    'B Type Oxygen Cylinder': cell.value('f.type_b_cylinders'),
    'C Type Oxygen Cylinder': cell.value('f.type_c_cylinders'),
    'Jumbo D Type Oxygen Cylinder': cell.value('f.type_d_cylinders')
  },
  join: 'left join facility_facilitycapacity c on c.facility_id = f.id and not c.deleted',
  order: ', c.id'
}
const DOCTORS: ColumnSet = {
  columns: { 'Doctors Area': labelSql('h.area', DOCTOR_AREAS), 'Doctors Count': cell.value('h.count') },
  join: 'left join facility_hospitaldoctors h on h.facility_id = f.id and not h.deleted',
  order: ', h.id'
}
const NOTHING: ColumnSet = { columns: {}, join: '', order: '' }

/** Triage rows of the slot `triage`, one per day; the header "Vistited" is spelled as in the original. */
const triage = (rows: string): ColumnSet => ({
  columns: {
    'Entry Date': cell.value('t.day'),
    'Vistited Patients': cell.value('t.visited'),
    'Home Quarantined Patients': cell.value('t.quarantined'),
    'Patients Isolated': cell.value('t.isolated'),
    'Patients Referred': cell.value('t.referred'),
    'Patients Confirmed Positive': cell.value('t.positive')
  },
  join: `left join lateral (${rows}) t(day, visited, quarantined, isolated, referred, positive) on true`,
  order: ', t.day desc'
})

/** The list as a table (docs/api/facilities.md §4.6). */
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
    return sendCsv(request, reply, database, {
      file: 'facility_export.csv',
      columns: { ...BASE, ...columns },
      rows: `from facility_facility f ${PLACES} ${join} where ${found} order by f.id${order}`,
      params
    })
  }
}

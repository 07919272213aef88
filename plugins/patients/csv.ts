import type { FastifyReply, FastifyRequest } from 'fastify'
import { Params } from 'care-kernel/data'
import { cell, invalid, isDate, labelSql, sendCsv, type Query, type Resource, type Where, valueOf } from 'care-kernel/rest'
import { GENDERS } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import type { JoinedRows } from './contract.ts'
import type { PatientScope } from './services.ts'
import { AGE_YEARS } from './outputs.ts'

/** Ranges that make an export small enough; one of them is required (docs/api/patients.md §6). */
const RANGES = [
  'created_date',
  'modified_date',
  'date_declared_positive',
  'date_of_result',
  'last_vaccinated_date',
  'last_consultation_encounter_date',
  'last_consultation_discharge_date'
] as const
const MOST_DAYS = 7
const STATUSES = ['unconfirmed', 'provisional', 'differential', 'confirmed']
const DAY_MS = 86_400_000

function requireShortRange(query: Query): void {
  let ranges = 0
  for (const name of RANGES) {
    const [after = '', before = ''] = [`${name}_after`, `${name}_before`].map(key => valueOf(query, key)?.trim())
    if (!after && !before) continue
    if (!after || !before) throw invalid({ [name]: 'both starting and ending date must be provided for export' })
    if (!isDate(after) || !isDate(before)) throw invalid({ [name]: ['Enter a valid date.'] })
    if (Date.parse(before) - Date.parse(after) > MOST_DAYS * DAY_MS)
      throw invalid({ [name]: `Cannot export more than ${MOST_DAYS} days at a time` })
    ranges++
  }
  if (ranges === 0) throw invalid({ date: 'Atleast one date field must be filtered to be within 7 days' })
}

const day = (sql: string) => `to_char(${sql}, 'DD/MM/YYYY')`
const time = (sql: string) => `to_char(${sql}, 'HH24:MI')`
const known = (sql: string, raw: string) => `coalesce(${sql}, case when ${raw} is not null then '-' end)`

/** The diagnoses of the consultation `c`, a column for each status: looked up once for all of them. */
function diagnosed({ diagnoses }: JoinedRows): string {
  const labels = (name: string, condition: string) =>
    `string_agg(g.label, ', ' order by g.diagnosis_id) filter (where ${condition}) as ${name}`
  const status = (name: string) => labels(name, `g.verification_status = '${name}'`)
  return `(select ${labels('principal', 'g.is_principal')}, ${STATUSES.map(status).join(', ')} from ${diagnoses} g where g.consultation_id = c.id)`
}

function columns(labels: Readonly<Record<'route_to_facility' | 'suggestion' | 'category' | 'new_discharge_reason', string>>) {
  return {
    'Patient ID': cell.value('p.external_id'),
    'Facility Name': cell.text('f.name'),
    Gender: labelSql('p.gender', GENDERS),
    'Date of Registration': day('p.created_date'),
    'Time of Registration': time('p.created_date'),
    'Route to Facility': known(labels.route_to_facility, 'c.route_to_facility'),
    'Date of first consultation': day('c.created_date'),
    'Time of first consultation': time('c.created_date'),
    'Decision after consultation': known(labels.suggestion, 'c.suggestion'),
    Category: known(labels.category, 'c.category'),
    'Reason for discharge': known(labels.new_discharge_reason, 'c.new_discharge_reason'),
    'Date of discharge': day('c.discharge_date'),
    'Time of discharge': time('c.discharge_date'),
    Age: cell.value(AGE_YEARS),
    'Principal Diagnosis': 'g.principal',
    'Unconfirmed Diagnoses': 'g.unconfirmed',
    'Provisional Diagnoses': 'g.provisional',
    'Differential Diagnoses': 'g.differential',
    'Confirmed Diagnoses': 'g.confirmed'
  }
}

/** The list as a table (docs/api/patients.md §6). Rows: active patients where `is_active` is exactly `True`, else discharged ones. */
export function patientCsv(
  { database, slots }: PatientScope,
  { filters }: Resource
): (request: FastifyRequest, reply: FastifyReply, where: Where) => Promise<FastifyReply> {
  const { joined, consultation } = slots
  const table = columns(consultation)
  return async (request, reply, where) => {
    const query = request.query as Query
    requireShortRange(query)
    const params = new Params()
    const found = [
      'not p.deleted',
      ...where(params),
      ...(filters?.compile(query, params) ?? []),
      valueOf(query, 'is_active') === 'True' ? 'c.discharge_date is null' : 'c.discharge_date is not null'
    ].filter(Boolean)
    return sendCsv(request, reply, database, {
      file: 'patientregistration_export.csv',
      columns: table,
      rows: `from facility_patientregistration p left join ${FACILITY} f on f.id = p.facility_id
        left join ${joined.consultations} c on c.id = p.last_consultation_id left join lateral ${diagnosed(joined)} g on true
        where ${found.join(' and ')} order by p.kernel_unfiled desc, p.modified_date desc, p.id desc`,
      params
    })
  }
}

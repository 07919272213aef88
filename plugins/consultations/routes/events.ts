import type { FastifyInstance } from 'fastify'
import { describe, filter, filters, invalid, ordering, resource, sendJson, type Query } from 'care-kernel/rest'
import { CONSULTATION, consultationOfPath, of, type NestedPath, type NestedRow } from './nested.ts'
import type { ConsultationScope } from '../services.ts'
import { eventShape, eventTypeShape } from '../outputs.ts'

/** Cache tag of the trees of types. */
export const EVENT_TYPES = 'event-types'
const DAY_SECONDS = 86_400

const ORDER = ordering({ created_date: 'e.created_date', taken_at: 'e.taken_at' }, 'e.created_date desc, e.id desc', 'e.id desc')

/** The order as the original checks it: an unknown field is an error, not left out. */
const strictOrder = {
  ...ORDER,
  compile(query: Query) {
    const asked = [query.ordering ?? []].flat().at(-1) ?? ''
    const unknown = asked.split(',').find(part => part.trim() !== '' && !ORDER.fields.includes(part.trim().replace(/^-/, '')))
    if (unknown === undefined) return ORDER.compile(query)
    throw invalid({ ordering: [`Select a valid choice. ${unknown.trim()} is not one of the available choices.`] })
  }
}

const UNKNOWN_CHOICE = { error: 'Select a valid choice. That choice is not one of the available choices.' }
const byKey = (column: string) =>
  filter.custom(
    (text, params) => (/^\d{1,15}$/.test(text.trim()) ? `${column} = ${params.add(text.trim(), 'bigint')}` : UNKNOWN_CHOICE),
    { type: 'integer' }
  )

const events = resource({
  name: 'PatientConsultationEvent',
  from: 'facility_patientconsultationevent e',
  key: { column: 'e.id', kind: 'integer' },
  shape: eventShape,
  ordering: strictOrder,
  filters: filters({
    event_type: byKey('e.event_type_id'),
    caused_by: byKey('e.caused_by_id'),
    is_latest: filter.bool('e.is_latest')
  })
})

const types = resource({
  name: 'EventType',
  from: 'facility_eventtype t',
  key: { column: 't.id', kind: 'integer' },
  live: 't.is_active',
  shape: eventTypeShape,
  ordering: ordering({}, 't.id')
})

/** Everything below a type. */
const DESCENDANTS = `with recursive below as (
    select t.* from facility_eventtype t where t.parent_id = $1 union all select t.* from facility_eventtype t join below b on t.parent_id = b.id)
  select coalesce(json_agg(${eventTypeShape.sql} order by t.id), '[]')::text as json from below t`

/** Every type without children, so that the tree is put together here: there are some fifty. */
const ALL = `select coalesce(json_agg(${eventTypeShape.sql} order by t.id), '[]') as types,
  coalesce(json_agg(t.id order by t.id) filter (where t.is_active and t.parent_id is null), '[]') as roots from facility_eventtype t`

interface TypeNode {
  readonly id: number
  readonly parent: number | null
  children: TypeNode[] | null
}

/** `event_types/` and `consultation/{id}/events/` (docs/api/consultations.md §11). */
export function eventRoutes(app: FastifyInstance, scope: ConsultationScope): void {
  const { database } = scope
  const ofPath = consultationOfPath(scope)
  const config = { permission: 'event.read' }
  const kept = { ...config, cache: { seconds: DAY_SECONDS, tag: EVENT_TYPES } }
  const known = new Set<number>()

  /** An unknown type is an error. Types are never deleted, so found ones are cached for the life of the process. */
  async function requireKnown(type: unknown): Promise<void> {
    const id = Number([type ?? ''].flat().at(-1))
    if (!Number.isSafeInteger(id) || id === 0 || known.has(id)) return
    const { rows } = await database.query('select 1 from facility_eventtype where id = $1', [id])
    if (rows.length === 0) throw invalid({ event_type: [UNKNOWN_CHOICE.error] })
    known.add(id)
  }

  app.get<NestedPath>(
    `${CONSULTATION}events/`,
    {
      config,
      schema: describe({
        summary: 'What changed in a consultation',
        filters: events.filters,
        ordering: ORDER,
        paging: 'limit',
        answer: eventShape
      })
    },
    async (request, reply) => {
      const consultation = await ofPath(request)
      await requireKnown((request.query as Query).event_type)
      return sendJson(reply, await events.list(database, request, of('e', consultation)))
    }
  )

  app.get<NestedRow>(
    `${CONSULTATION}events/:id/`,
    { config, schema: describe({ summary: 'One change', answer: eventShape }) },
    async (request, reply) => sendJson(reply, await events.one(database, request.params.id, of('e', await ofPath(request))))
  )

  app.get(
    '/api/v1/event_types/',
    { config, schema: describe({ summary: 'Types of changes', paging: 'limit', answer: eventTypeShape }) },
    async (request, reply) => sendJson(reply, await types.list(database, request))
  )

  app.get(
    '/api/v1/event_types/roots/',
    { config: kept, schema: describe({ summary: 'Types of changes as trees' }) },
    async () => {
      const {
        rows: [row]
      } = await database.query<{ types: TypeNode[]; roots: number[] }>(ALL)
      return treesOf(row?.types ?? [], row?.roots ?? [])
    }
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/event_types/:id/',
    { config, schema: describe({ summary: 'One type of changes', answer: eventTypeShape }) },
    async (request, reply) => sendJson(reply, await types.one(database, request.params.id))
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/event_types/:id/descendants/',
    { config: kept, schema: describe({ summary: 'All types below one' }) },
    async (request, reply) => {
      const { id } = await types.row<{ id: number }>(database, request.params.id, 't.id')
      const {
        rows: [row]
      } = await database.query<{ json: string }>(DESCENDANTS, [id])
      return sendJson(reply, row?.json ?? '[]')
    }
  )
}

/** Puts every type under its parent; a leaf has null for children. */
function treesOf(all: readonly TypeNode[], roots: readonly number[]): readonly TypeNode[] {
  const byId = new Map(all.map(type => [type.id, { ...type, children: null as TypeNode[] | null }]))
  for (const type of byId.values()) {
    const parent = type.parent === null ? undefined : byId.get(type.parent)
    if (parent) parent.children = [...(parent.children ?? []), type]
  }
  return roots.flatMap(id => byId.get(id) ?? [])
}

import type { FastifyInstance } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { refusingDuplicates } from 'care-kernel/data'
import { actorOf, describe, invalid, ordering, out, readInput, resource, sendJson, shape } from 'care-kernel/rest'
import { capacityInput } from '../inputs.ts'
import { FacilityCapacity } from '../models.ts'
import { ofFacility, reportRoutes, type OfReport } from './reports.ts'
import type { FacilityScope } from '../services.ts'
import { capacityShape } from '../outputs.ts'

interface CapacityRow {
  readonly id: number
  readonly facility_id: number
  readonly room_type: number
  readonly total_capacity: number
  readonly current_capacity: number
}

const capacities = resource({
  name: 'FacilityCapacity',
  from: 'facility_facilitycapacity p',
  key: { column: 'p.room_type::bigint', kind: 'integer' },
  live: 'not p.deleted',
  ordering: ordering({}, 'p.id'),
  shape: capacityShape
})

const history = resource({
  name: 'HistoricalFacilityCapacity',
  from: 'facility_historicalfacilitycapacity h',
  key: { column: 'h.history_id', kind: 'integer' },
  ordering: ordering({}, 'h.history_date desc, h.history_id desc'),
  shape: shape({
    history_id: out.integer('h.history_id'),
    id: out.integer('h.id'),
    external_id: out.uuid('h.external_id'),
    room_type: out.integer('h.room_type'),
    total_capacity: out.integer('h.total_capacity'),
    current_capacity: out.integer('h.current_capacity'),
    history_date: out.datetime('h.history_date'),
    history_change_reason: out.text('h.history_change_reason'),
    history_type: out.text('h.history_type'),
    history_user: out.integer('h.history_user_id')
  })
})

const COPIED = 'id, external_id, created_date, modified_date, deleted, room_type, total_capacity, current_capacity, facility_id'
const TAKEN = {
  unique_facility_room_type: () => invalid({ room_type: ['This facility already has a capacity of this room type.'] })
}

/** `facility/{id}/capacity/` and its history (docs/api/facilities.md §7.1). */
export function capacityRoutes(app: FastifyInstance, scope: FacilityScope): void {
  const { database, clock, emit, repository } = scope
  const reported = repository(FacilityCapacity)

  /** Appends the current state of the row to the history and emits `capacity-changed`. */
  async function record(
    tx: Tx,
    actor: Actor,
    id: number,
    kind: '+' | '~',
    { facility_id: facilityId, room_type: roomType }: Pick<CapacityRow, 'facility_id' | 'room_type'>
  ): Promise<void> {
    // Raw SQL: copies the row as it is stored, so that columns that the input leaves out are in the history too.
    await tx.query(
      `insert into facility_historicalfacilitycapacity (${COPIED}, history_date, history_type, history_user_id)
      select ${COPIED}, $2, $3, $4 from facility_facilitycapacity where id = $1`,
      [id, clock.now().toISOString(), kind, actor.id]
    )
    await emit(tx, 'capacity-changed', { facilityId, roomType })
  }

  reportRoutes<CapacityRow>(app, scope, {
    path: 'capacity',
    what: 'Beds',
    rows: capacities,
    input: capacityInput,
    columns: 'p.id, p.facility_id, p.room_type, p.total_capacity, p.current_capacity',
    async add(tx, request, { id: facilityId }) {
      const values = await readInput(request, capacityInput, { db: tx })
      requireFitting(values)
      const row = { facility_id: facilityId, ...values }
      const { id } = await refusingDuplicates(TAKEN, () => reported.insert(tx, row))
      await record(tx, actorOf(request), id, '+', row)
      return values.room_type
    },
    async change(tx, request, row) {
      const partial = request.method === 'PATCH'
      const values = await (partial
        ? readInput(request, capacityInput, { db: tx, partial })
        : readInput(request, capacityInput, { db: tx }))
      if (values.total_capacity !== undefined || values.current_capacity !== undefined) requireFitting({ ...row, ...values })
      await refusingDuplicates(TAKEN, () => reported.update(tx, row.id, values))
      await record(tx, actorOf(request), row.id, '~', { ...row, ...values })
      return values.room_type ?? row.room_type
    },
    async remove(tx, request, row) {
      await reported.delete(tx, row.id)
      await record(tx, actorOf(request), row.id, '~', row)
    }
  })

  app.get<OfReport>(
    '/api/v1/facility/:facility/capacity/:key/history/',
    {
      config: { permission: 'facility.part.read', permissionBefore405: 'facility.part.write' },
      schema: describe({ summary: 'What was reported before', paging: 'limit', answer: history.shape })
    },
    async (request, reply) => {
      const { facility, key } = request.params
      const { id } = await capacities.row<CapacityRow>(
        database,
        key,
        'p.id',
        ofFacility('p.facility_id', facility, actorOf(request))
      )
      return sendJson(reply, await history.list(database, request, params => [`h.id = ${params.add(id)}`]))
    }
  )
}

/** 400 if more beds are taken than there are; fields missing in the body have their stored values (FIX of docs/api/facilities.md §7.1). */
function requireFitting({
  total_capacity: total = 0,
  current_capacity: current = 0
}: {
  readonly total_capacity?: number
  readonly current_capacity?: number
}): void {
  if (total !== 0 && current > total)
    throw invalid({ current_capacity: ['Current capacity cannot be greater than total capacity.'] })
}

import { rowCondition } from 'care-kernel/access'
import { describe, field, filter, filters, ordering, out, readInput, record, resource, sendJson, shape } from 'care-kernel/rest'
import { facilitiesOf } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { BloodUnit, GROUPS } from './models.js'

const input = record({
  facility: field.externalId(FACILITY, { source: 'facility_id' }),
  blood_group: field.choice(GROUPS),
  expires_on: field.date()
})

const units = resource({
  name: 'BloodUnit',
  from: 'blood_bank_unit b',
  key: { column: 'b.external_id', kind: 'uuid' },
  live: 'not b.expired',
  shape: shape({
    id: out.uuid('b.external_id'),
    facility: out.uuid(`(select f.external_id from ${FACILITY} f where f.id = b.facility_id)`),
    blood_group: out.text('b.blood_group'),
    expires_on: out.date('b.expires_on'),
    created_date: out.datetime('b.created_date')
  }),
  filters: filters({
    blood_group: filter.text('b.blood_group'),
    facility: filter.uuid(`(select f.external_id from ${FACILITY} f where f.id = b.facility_id)`)
  }),
  ordering: ordering({ expires_on: 'b.expires_on' }, 'b.id')
})

/** The units of facilities the actor reaches. */
const visible = actor => params => [
  `exists (select 1 from ${FACILITY} f where f.id = b.facility_id and ${rowCondition(facilitiesOf('f'), actor, params)})`
]

export function routes(app, scope) {
  const { database, permissions } = scope
  app.get(
    '/api/v1/blood_unit/',
    {
      config: { permission: 'blood-unit.read' },
      schema: describe({ summary: 'Units of blood', paging: 'limit', filters: units.filters, answer: units.shape })
    },
    async (request, reply) => sendJson(reply, await units.list(database, request, visible(request.actor)))
  )

  app.get(
    '/api/v1/blood_unit/:id/',
    { config: { permission: 'blood-unit.read' }, schema: describe({ summary: 'One unit', answer: units.shape }) },
    async (request, reply) => sendJson(reply, await units.one(database, request.params.id, visible(request.actor)))
  )

  app.post(
    '/api/v1/blood_unit/',
    {
      config: { permission: 'blood-unit.write' },
      schema: describe({ summary: 'Add a unit', body: input, answer: units.shape, status: 201 })
    },
    async (request, reply) => {
      const text = await database.transaction(async tx => {
        const values = input.columns(await readInput(request, input, { db: tx }))
        const {
          rows: [facility]
        } = await tx.query(`select id, district_id, state_id, created_by_id from ${FACILITY} where id = $1`, [values.facility_id])
        permissions.check(request.actor, 'blood-unit.write', facility)
        const unit = await scope.repository(BloodUnit).insert(tx, values)
        await scope.enqueue(
          tx,
          'check-stock',
          { facilityId: values.facility_id, group: values.blood_group },
          { key: `${values.facility_id}-${values.blood_group}` }
        )
        return units.one(tx, unit.external_id)
      })
      return sendJson(reply, text, 201)
    }
  )
}

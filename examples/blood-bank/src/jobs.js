import { Type } from 'typebox'

const Stock = Type.Object({ facilityId: Type.Integer(), group: Type.String() })

/** Work after the answer. The effect and the mark that it is done share one transaction: it happens once. */
export const jobs = {
  'check-stock': {
    payload: Stock,
    attempts: 5,
    async run({ facilityId, group }, { tx }, { config, emit }) {
      const {
        rows: [{ units }]
      } = await tx.query(
        'select count(*) as units from blood_bank_unit where facility_id = $1 and blood_group = $2 and not expired',
        [facilityId, group]
      )
      if (units < config.minimumUnits) await emit(tx, 'stock-low', { facilityId, group, units })
    }
  },
  'expire-units': {
    payload: Type.Object({}),
    async run(payload, { tx }, { clock, enqueue, logger }) {
      const { rows } = await tx.query(
        'update blood_bank_unit set expired = true where not expired and expires_on < $1 returning facility_id, blood_group',
        [clock.now().toISOString().slice(0, 10)]
      )
      for (const { facility_id: facilityId, blood_group: group } of rows)
        await enqueue(tx, 'check-stock', { facilityId, group }, { key: `${facilityId}-${group}` })
      logger.info({ expired: rows.length }, 'units expired')
    }
  }
}

/** Every night at two, in the deployment's time zone. */
export const schedules = { nightly: { cron: '0 2 * * *', job: 'expire-units', payload: {} } }

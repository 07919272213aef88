import { FACILITY } from 'care-kernel/contracts/facilities'
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
    // A run that is made up for late expires what had expired when it was due.
    async run(payload, { tx, scheduledFor }, { clock, enqueue, logger }) {
      const { rows } = await tx.query(
        'update blood_bank_unit set expired = true where not expired and expires_on < $1 returning facility_id, blood_group',
        [(scheduledFor ?? clock.now()).toISOString().slice(0, 10)]
      )
      // The key makes one check per facility and group of however many units.
      for (const { facility_id: facilityId, blood_group: group } of rows)
        await enqueue(tx, 'check-stock', { facilityId, group }, { key: `${facilityId}-${group}` })
      logger.info({ expired: rows.length }, 'units expired')
    }
  }
}

/** Tells the blood bank's own people. The mail may be sent again after a crash: its key lets the provider drop the repeat. */
export const on = {
  async 'blood-bank/stock-low'({ facilityId, group, units }, { tx, id }, { config, email }) {
    if (!config.warn) return
    const {
      rows: [facility]
    } = await tx.query(`select name from ${FACILITY} where id = $1`, [facilityId])
    await email.send({
      to: [config.warn],
      subject: `Low stock of ${group}`,
      text: `${facility.name} has ${units} units of ${group} left.`,
      key: id
    })
  }
}

/** Every night at two, in the deployment's time zone. */
export const schedules = { nightly: { cron: '0 2 * * *', job: 'expire-units', payload: {} } }

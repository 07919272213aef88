import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { Type } from 'typebox'
import { defineContract, definePlugin } from 'care-kernel'

const { FAULT_FOLDER, FAULT_TICK } = process.env

const Numbered = Type.Object({ n: Type.Integer() })

/** What the fault tests run: each job writes one row, so that a lost one and a repeated one can both be counted. */
export default definePlugin({
  contract: defineContract({ name: 'fault', version: 1, events: { written: Numbered } }),
  version: '1.0.0',
  kernel: '^1.0.0',
  summary: 'Effects that can be counted',
  ports: ['database'],
  migrations: pathToFileURL(`${FAULT_FOLDER}/`),
  routes(app, { database, enqueue }) {
    app.post('/api/v1/fault/', { config: { permission: 'public' } }, async (request, reply) => {
      const { n } = request.body as { n: number }
      await database.transaction(async tx => {
        await tx.query('insert into fault_write (n) values ($1)', [n])
        await enqueue(tx, 'work', { n })
      })
      return reply.code(201).send({ n })
    })
  },
  jobs: {
    work: {
      payload: Numbered,
      concurrency: 10,
      timeoutSeconds: 5,
      async run({ n }, { tx }) {
        await tx.query('insert into fault_effect (n) values ($1)', [String(n)])
        await wait(5)
      }
    },
    // For the bench: nothing but the effect, or not even that.
    effect: {
      payload: Numbered,
      concurrency: 25,
      run: async ({ n }, { tx }) => void (await tx.query('insert into fault_effect (n) values ($1)', [String(n)]))
    },
    nothing: { payload: Numbered, concurrency: 25, run: async () => undefined },
    deadly: {
      payload: Numbered,
      attempts: 2,
      timeoutSeconds: 5,
      run: async () => process.kill(process.pid, 'SIGKILL')
    },
    tick: {
      payload: Type.Object({}),
      timeoutSeconds: 5,
      async run(payload, { tx, scheduledFor }) {
        await tx.query('insert into fault_effect (n) values ($1)', [scheduledFor?.toISOString() ?? ''])
      }
    }
  },
  ...(FAULT_TICK ? { schedules: { secondly: { cron: '* * * * * *', job: 'tick', payload: {} } } } : {})
})

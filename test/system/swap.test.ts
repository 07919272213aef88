import t from 'tap'
import { absent, AMQP, REDIS } from '../services.ts'
import { start } from './deployment.ts'
import { amazon, embedded, rabbit, type Kind } from './swap-kinds.ts'
import { eventually, playDay } from './swap-scenario.ts'

// The same day of a hospital on different gateways: nothing but the config differs, and nobody outside can tell.

const SUMMARY = /DISCHARGE_SUMMARY\/[0-9a-f-]{36}\.pdf$/
const SCAN = /CONSULTATION\/[0-9a-f-]{36}\d{10}\.pdf$/
const DAY = {
  upload: 200,
  uploadUnderAnotherName: false,
  scanIsWhatWasUploaded: true,
  shift: ['APPROVED', 'DESTINATION APPROVED'],
  texts: ['+919876543210', '+919876543211'].map(to => [
    to,
    'Your Shifting Request to … has been approved in Care. Please contact … for any queries'
  ]),
  generateAfterDischarge: [406, { detail: 'Cannot generate a new discharge summary for already discharged patient' }],
  summary: ['%PDF-', 'discharge_summary-Asha Menon-…', '.pdf'],
  email: [202, { detail: 'Discharge Summary will be emailed shortly' }],
  mail: [['asha@example.org'], 'Patient Discharge Summary', 'Please find the attached file', 'application/pdf'],
  attachmentIsTheSummary: true
}

const KINDS: readonly [name: string, make: () => Promise<Kind>, needs?: string][] = [
  ['embedded: PostgreSQL, BullMQ on it, cache in memory, files and messages in folders', embedded],
  ['Redis for cache and queue, S3, SNS, SES', () => amazon(), REDIS],
  ['RabbitMQ, SMTP, local files', rabbit, AMQP]
]

for (const [name, make, needs] of KINDS) {
  const skip = needs === undefined ? false : await absent(needs)
  t.test(name, { skip, timeout: 180_000 }, async t => {
    const kind = await make()
    try {
      const server = await start(kind.config, [], kind.env)
      try {
        t.strictSame(await playDay(server.url, kind), DAY)
        const summaries = () => kind.kept().filter(key => SUMMARY.test(key)).length
        await eventually('the summary of the demo', async () => summaries() > 1 || undefined)
        t.equal(summaries(), 2, 'kept where the config says: the one of the demo, and that of the day')
        t.equal(kind.kept().filter(key => SCAN.test(key)).length, 1, 'one upload')
      } finally {
        t.equal(await server.stop(), 0)
      }
    } finally {
      await kind.stop()
    }
  })
}

import type { FastifyInstance } from 'fastify'
import { phoneField } from 'care-kernel/care'
import { describe, field, invalid, out, readInput, record, shape } from 'care-kernel/rest'
import { mobileNumber, normalised } from './phone-number.ts'
import type { OtpScope } from './services.ts'

const asked = record({ phone_number: phoneField({ types: ['mobile', 'landline'] }) })
const login = record({ phone_number: field.text(), otp: field.text() })
const token = shape({ access: out.text('null') })
const open = { config: { permission: 'public' } }
const CODE_LENGTH = 5

const isGiven = (body: unknown): body is { readonly phone_number: unknown; readonly otp: unknown } =>
  typeof body === 'object' && body !== null && 'phone_number' in body && 'otp' in body

/** `otp/token/` and `otp/token/login/` (docs/api/patients.md §16). Nothing here looks at patients: known and unknown numbers are alike. */
export function codeRoutes(app: FastifyInstance, scope: OtpScope): void {
  const { codes, config, database, patientTokens } = scope
  const { rateLimit } = scope['auth-permissions']

  app.post(
    '/api/v1/otp/token/',
    { ...open, schema: describe({ summary: 'Ask for a code by text message', body: asked, status: 201 }) },
    async (request, reply) => {
      const { phone_number: given } = await readInput(request, asked, { db: database })
      const number = normalised(given)
      const { codesPerAddress: rate } = config
      await rateLimit.count(request, { group: 'otp', value: number, rate, ratePerAddress: rate })
      if (!(await codes.ask(number))) throw invalid({ phone_number: 'Max Retries has exceeded' })
      return reply.code(201).send({ phone_number: given })
    }
  )

  app.post(
    '/api/v1/otp/token/login/',
    { ...open, schema: describe({ summary: 'Log in by phone number and code', body: login, answer: token }) },
    async request => {
      const { body } = request
      if (!isGiven(body)) throw invalid(['Request Incomplete'])
      const number = mobileNumber(body.phone_number)
      if (number === undefined) throw invalid({ phone_number: 'Invalid phone number format' })
      const code = typeof body.otp === 'number' ? String(body.otp) : body.otp
      if (typeof code !== 'string' || code.length !== CODE_LENGTH) throw invalid({ otp: 'Invalid OTP' })
      await rateLimit.count(request, { group: 'otp-login', value: number, rate: config.loginsPerNumber })
      if (!(await codes.use(number, code))) throw invalid({ otp: 'Invalid OTP' })
      return { access: patientTokens.issue(number) }
    }
  )
}

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { inContext, rowCondition } from 'care-kernel/access'
import { phoneField } from 'care-kernel/care'
import {
  actorOf,
  describe,
  field,
  invalid,
  ordering,
  out,
  readInput,
  record,
  resource,
  sendJson,
  shape,
  type Where
} from 'care-kernel/rest'
import { PATIENT } from 'care-kernel/contracts/patients'
import { ownRecordAccess } from './row-access.ts'
import { mobileNumber, normalised } from './codes.ts'
import type { OtpScope } from './services.ts'

const codeRequest = record({ phone_number: phoneField({ types: ['mobile', 'landline'] }) })
const login = record({ phone_number: field.text(), otp: field.text() })
const token = shape({ access: out.text('null') })
const open = { config: { permission: 'public' } }
const CODE_LENGTH = 5

const isGiven = (body: unknown): body is { readonly phone_number: unknown; readonly otp: unknown } =>
  typeof body === 'object' && body !== null && 'phone_number' in body && 'otp' in body

/** `otp/token/` and `otp/token/login/` (docs/api/patients.md §16). They read no patients: known and unknown numbers get the same answers. */
function codeRoutes(app: FastifyInstance, scope: OtpScope): void {
  const { codes, config, database, patientTokens } = scope
  const { rateLimit } = scope['auth-permissions']

  app.post(
    '/api/v1/otp/token/',
    { ...open, schema: describe({ summary: 'Ask for a code by text message', body: codeRequest, status: 201 }) },
    async (request, reply) => {
      const { phone_number: given } = await readInput(request, codeRequest, { db: database })
      const number = normalised(given)
      const { codesPerAddress: rate } = config
      await rateLimit.count(request, { group: 'otp', value: number, rate, ratePerAddress: rate })
      if (!(await codes.request(number))) throw invalid({ phone_number: 'Max Retries has exceeded' })
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

const config = { permission: 'otp.own-records', scheme: 'patient' }

/** `otp/patient/`: the records of the token's phone number only (docs/api/patients.md §16). */
function recordRoutes(app: FastifyInstance, { database, patientTokens, patients }: OtpScope): void {
  const { list, detail } = patients.patients.shapes
  const records = resource({
    name: 'PatientRegistration',
    from: `${PATIENT} p`,
    key: { column: 'p.external_id', kind: 'uuid' },
    live: 'not p.deleted',
    ordering: ordering({}, 'p.modified_date desc, p.id desc'),
    shape: list
  })
  const own =
    (request: FastifyRequest): Where =>
    params => [
      rowCondition(inContext(ownRecordAccess, { phoneNumber: patientTokens.numberOf(request) }), actorOf(request), params)
    ]

  app.get(
    '/api/v1/otp/patient/',
    { config, schema: describe({ summary: "A patient's own records", paging: 'limit', answer: list }) },
    async (request, reply) => sendJson(reply, await records.list(database, request, own(request)))
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/otp/patient/:id/',
    { config, schema: describe({ summary: 'One own record', answer: detail }) },
    async (request, reply) => sendJson(reply, await records.one(database, request.params.id, own(request), detail))
  )
}

export function routes(app: FastifyInstance, scope: OtpScope): void {
  codeRoutes(app, scope)
  recordRoutes(app, scope)
}

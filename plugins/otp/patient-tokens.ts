import type { FastifyRequest } from 'fastify'
import type { Actor, AuthenticationScheme, ScopeOf } from 'care-kernel'
import { credentialsOf, refusal } from 'care-kernel/toolkits/auth-permissions'
import type { manifest } from './manifest.ts'

const TYPE = 'patient_login'
const HOUR = 3600

type TokenScope = Pick<ScopeOf<typeof manifest>, 'auth-permissions' | 'clock'>

/** The actor of a patient's token: no user, no place, no facility. */
const PATIENT: Actor = Object.freeze({
  id: 0,
  externalId: '',
  username: 'patient',
  userType: 0,
  superuser: false,
  verified: false,
  wardId: null,
  localBodyId: null,
  districtId: null,
  stateId: null,
  homeFacilityId: null,
  facilityIds: [],
  assetId: null,
  assetFacilityId: null
})

/** Tokens of patients, whose only claim is the phone number (docs/api/patients.md §16, docs/api/auth-users.md §2.6). */
export class PatientTokens {
  readonly #scope: TokenScope
  readonly #numbers = new WeakMap<FastifyRequest, string>()

  constructor({ clock, 'auth-permissions': auth }: TokenScope) {
    this.#scope = { clock, 'auth-permissions': auth }
  }

  issue(number: string): string {
    return this.#scope['auth-permissions'].tokens.issueFor(TYPE, { phone_number: number }, HOUR, this.#now())
  }

  /** The phone number of the token that authenticated a request. */
  numberOf(request: FastifyRequest): string {
    const number = this.#numbers.get(request)
    if (number === undefined) throw new Error('the route does not ask for the scheme patient')
    return number
  }

  authenticate(request: FastifyRequest): Actor | null {
    const token = credentialsOf(request, 'Bearer', REFUSED)
    if (token === null) return null
    const verified = this.#scope['auth-permissions'].tokens.verify(token, TYPE, this.#now())
    if (!verified.ok) throw refused(verified.reason === 'wrong_type' ? 'Token has wrong type' : 'Token is invalid or expired')
    const { phone_number: number } = verified.claims
    if (typeof number !== 'string') throw refused('Token is invalid or expired')
    this.#numbers.set(request, number)
    return PATIENT
  }

  #now(): number {
    return Math.floor(this.#scope.clock.now().getTime() / 1000)
  }
}

const REFUSED = { status: 401, challenge: 'Bearer realm="api"' } as const

const refused = (message: string) =>
  refusal(REFUSED, {
    detail: 'Given token not valid for any token type',
    code: 'token_not_valid',
    messages: [{ token_class: 'PatientToken', token_type: TYPE, message }]
  })

/** Authenticates a patient by the token of a login by code. */
export const patientScheme: AuthenticationScheme<{ readonly patientTokens: PatientTokens }> = {
  summary: 'A patient by the token of a phone number',
  refused: REFUSED,
  authenticate: async (request, { patientTokens }) => patientTokens.authenticate(request)
}

import { randomUUID } from 'node:crypto'
import { createSigner } from 'fast-jwt'
import type { CareKernel } from '../care-kernel.ts'
import { requester, type Requester } from './requesters.ts'

/** Places and rank of a user a test asks for; everything may be left out. */
export interface TestUser {
  readonly username?: string
  readonly user_type?: number
  readonly is_superuser?: boolean
  readonly verified?: boolean
  readonly ward_id?: number
  readonly local_body_id?: number
  readonly district_id?: number
  readonly state_id?: number
  readonly home_facility_id?: number
}

/** A requester with a token of a new user. Needs the tables of the plugin `auth-permissions`. */
export async function asUser(kernel: CareKernel, user: TestUser): Promise<Requester> {
  const { database } = kernel.ports
  if (!database) throw new Error('this kernel has no database')
  const externalId = randomUUID()
  const row = {
    password: '!',
    is_superuser: false,
    first_name: 'Test',
    last_name: 'User',
    email: 'test@example.org',
    is_staff: false,
    is_active: true,
    date_joined: kernel.clock.now().toISOString(),
    external_id: externalId,
    username: `t${externalId.slice(0, 12)}`.replaceAll('-', ''),
    user_type: 15,
    phone_number: '+919876543210',
    gender: 1,
    verified: true,
    deleted: false,
    date_of_birth: '1990-01-01',
    ...user
  }
  const columns = Object.keys(row)
  const {
    rows: [made]
  } = await database.query<{ id: number }>(
    `insert into users_user (${columns.join(', ')}) values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
    Object.values(row)
  )
  const now = Math.floor(kernel.clock.now().getTime() / 1000)
  const sign = createSigner({ key: kernel.root.security.secretKey, algorithm: 'HS256', noTimestamp: true })
  const token = sign({
    token_type: 'access',
    exp: now + 86_400,
    iat: now,
    jti: randomUUID().replaceAll('-', ''),
    user_id: externalId
  })
  return {
    ...requester(kernel, { authorization: `Bearer ${token}` }),
    user: { id: made?.id ?? 0, username: row.username, externalId, token }
  }
}

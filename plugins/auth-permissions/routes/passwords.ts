import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ApiError, describe, field, invalid, readInput, record, unauthenticated } from 'care-kernel/rest'
import type { StoredAccount } from '../accounts.ts'
import { ResetPasswordToken, User } from '../models.ts'
import { passwordProblems } from '../password-policy.ts'
import { isUsable } from '../password-hashes.ts'
import type { AuthScope } from '../services.ts'

interface TokenRow {
  readonly user_id: number
  readonly expired: boolean
}

const { table: TABLE } = ResetPasswordToken
const LIFE = `interval '1 hour'`
const TOKEN_RATE = '20/h'
const resetRequest = record({ username: field.text() })
const check = record({ token: field.text() })
const confirm = record({ token: field.text(), password: field.text() })
const change = record({ old_password: field.text({ untrimmed: true }), new_password: field.text() })
const open = { config: { permission: 'public' } }
const OK = { status: 'OK' }

/** Password reset by email (docs/api/auth-users.md §2.4). Known and unknown users get the same answer: a job sends the email. */
function resetRoutes(app: FastifyInstance, { accounts, rateLimit, clock, database, repository, enqueue }: AuthScope): void {
  const tokens = repository(ResetPasswordToken)
  const now = () => clock.now().toISOString()
  const find = async (token: string): Promise<TokenRow | undefined> =>
    (
      await database.query<TokenRow>(`select user_id, created_at + ${LIFE} < $2 as expired from ${TABLE} where key = $1`, [
        token,
        now()
      ])
    ).rows[0]

  app.post(
    '/api/v1/password_reset/',
    { ...open, schema: describe({ summary: 'Ask for a reset link', body: resetRequest }) },
    async request => {
      const { username } = await readInput(request, resetRequest, { db: database })
      await rateLimit.count(request, { group: 'reset', value: username })
      await database.transaction(async tx => {
        // Raw SQL: a set, all expired tokens.
        await tx.query(`delete from ${TABLE} where created_at + ${LIFE} < $1`, [now()])
        const user = await accounts.named(username, tx)
        if (!user || !eligible(user)) return
        // The lock makes concurrent requests share one token, as successive ones do.
        await tx.query('select 1 from users_user where id = $1 for no key update', [user.id])
        // Raw SQL: conditional, an existing token stays.
        await tx.query(
          `insert into ${TABLE} (user_id, created_at, key, ip_address, user_agent) select $1, $2, $3, $4, $5 where not exists (select 1 from ${TABLE} where user_id = $1)`,
          [user.id, now(), randomBytes(25).toString('hex'), request.ip, (request.headers['user-agent'] ?? '').slice(0, 512)]
        )
        await enqueue(tx, 'send-password-reset', { userId: user.id })
      })
      return OK
    }
  )

  app.post(
    '/api/v1/password_reset/check/',
    { ...open, schema: describe({ summary: 'Whether a reset link is valid', body: check }) },
    async request => {
      const { token } = await readInput(request, check, { db: database })
      await rateLimit.count(request, { group: 'reset-token', value: token, rate: TOKEN_RATE })
      const row = await find(token)
      if (!row) throw new ApiError(404, { status: 'notfound', detail: 'The password reset link is invalid' })
      if (!row.expired) return OK
      await tokens.deleteWhere(database, { key: token })
      throw new ApiError(404, { status: 'expired', detail: 'The password reset link has expired' })
    }
  )

  app.post(
    '/api/v1/password_reset/confirm/',
    { ...open, schema: describe({ summary: 'Set a new password by a reset link', body: confirm }) },
    async request => {
      const { token, password } = await readInput(request, confirm, { db: database })
      await rateLimit.count(request, { group: 'reset-token', value: token, rate: TOKEN_RATE })
      const row = await find(token)
      if (!row) throw unknownToken()
      if (row.expired) throw new ApiError(404, { detail: 'The token has expired' })
      const user = await accounts.byId(row.user_id)
      if (user && eligible(user)) await setPassword(user)
      else await tokens.deleteWhere(database, { user_id: row.user_id })
      return OK

      async function setPassword(account: StoredAccount): Promise<void> {
        const problems = passwordProblems(password, account)
        if (problems.length > 0) throw invalid({ password: problems })
        const hashed = await accounts.hash(password)
        await database.transaction(async tx => {
          // Raw SQL: a set, and conditional. The request that deletes the token first uses it; all other tokens of the user are deleted with it.
          const { rowCount } = await tx.query(
            `delete from ${TABLE} where user_id = $1 and exists (select 1 from ${TABLE} where key = $2)`,
            [account.id, token]
          )
          if (rowCount === 0) throw unknownToken()
          await repository(User).update(tx, account.id, { password: hashed })
        })
      }
    }
  )
}

const unknownToken = () => new ApiError(404, { detail: 'The OTP password entered is not valid. Please check and try again.' })

function eligible({ is_active: active, password, asset_id: asset }: StoredAccount): boolean {
  return active && isUsable(password) && asset === null
}

/** Change of the own password (docs/api/auth-users.md §2.5). PATCH requires both fields too. */
function changeRoutes(app: FastifyInstance, { accounts, database, repository }: AuthScope): void {
  const options = {
    config: { permission: 'authenticated' },
    schema: describe({ summary: 'Change the own password', body: change })
  }
  const handle = async (request: FastifyRequest) => {
    const { old_password: old, new_password: next } = await readInput(request, change, { db: database })
    const user = request.actor ? await accounts.byId(request.actor.id) : undefined
    if (!user) throw unauthenticated()
    if (!(await accounts.matches(old, user.password)))
      throw invalid({ old_password: ['Wrong password entered. Please check your password.'] })
    const problems = passwordProblems(next, user)
    if (problems.length > 0) throw invalid({ new_password: problems })
    await repository(User).update(database, user.id, { password: await accounts.hash(next) })
    return { message: 'Password updated successfully' }
  }
  app.put('/api/v1/password_change/', options, handle)
  app.patch('/api/v1/password_change/', options, handle)
}

export function passwordRoutes(app: FastifyInstance, scope: AuthScope): void {
  resetRoutes(app, scope)
  changeRoutes(app, scope)
}

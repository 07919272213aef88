import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Clock, Database, Deployment, EmailPort, Tx } from 'care-kernel'
import type { Repositories } from 'care-kernel/data'
import { ApiError, describe, field, invalid, readInput, record } from 'care-kernel/rest'
import { Type } from 'typebox'
import type { Accounts, StoredAccount } from './accounts.ts'
import { ResetPasswordToken, User } from './models.ts'
import { passwordProblems } from './password-policy.ts'
import { isUsable } from './password-hashes.ts'
import type { RateLimit } from './rate-limit.ts'

interface ResetScope {
  readonly accounts: Accounts
  readonly rateLimit: RateLimit
  readonly clock: Clock
  readonly database: Database
  readonly repository: Repositories
  readonly enqueue: (tx: Tx, job: 'send-password-reset', payload: { userId: number }) => Promise<string>
}

interface TokenRow {
  readonly user_id: number
  readonly expired: boolean
}

const { table: TABLE } = ResetPasswordToken
const LIFE = `interval '1 hour'`
const TOKEN_RATE = '20/h'
const request_ = record({ username: field.text() })
const check = record({ token: field.text() })
const confirm = record({ token: field.text(), password: field.text() })
const open = { config: { permission: 'public' } }
const OK = { status: 'OK' }

/** Password reset by mail (contract auth-users §2.4). Known and unknown users cannot be told apart: the mail is sent by a job. */
export function passwordResetRoutes(
  app: FastifyInstance,
  { accounts, rateLimit, clock, database, repository, enqueue }: ResetScope
): void {
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
    { ...open, schema: describe({ summary: 'Ask for a reset link', body: request_ }) },
    async request => {
      const { username } = await readInput(request, request_, { db: database })
      await rateLimit.count(request, { group: 'reset', value: username })
      await database.transaction(async tx => {
        // Raw SQL: a set, every token that has expired.
        await tx.query(`delete from ${TABLE} where created_at + ${LIFE} < $1`, [now()])
        const user = await accounts.named(username, tx)
        if (!user || !eligible(user)) return
        // Two requests at once share one token, as one after the other do.
        await tx.query('select 1 from users_user where id = $1 for no key update', [user.id])
        // Raw SQL: conditional, a token that is there is kept.
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
      const {
        rows: [user]
      } = await database.query<StoredAccount>(
        'select id, username, password, is_active, asset_id, first_name, last_name, email from users_user where id = $1 and not deleted',
        [row.user_id]
      )
      if (user && eligible(user)) await setPassword(user)
      else await tokens.deleteWhere(database, { user_id: row.user_id })
      return OK

      async function setPassword(account: StoredAccount): Promise<void> {
        const problems = passwordProblems(password, {
          username: account.username,
          firstName: account.first_name,
          lastName: account.last_name,
          email: account.email
        })
        if (problems.length > 0) throw invalid({ password: problems })
        const hashed = await accounts.hash(password)
        await database.transaction(async tx => {
          // Raw SQL: a set, and conditional. The token is used up by the request that deletes it first, and all others of the user with it.
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

/** The mail with the link; looks the token up again, so that no secret waits in a job. */
export const sendPasswordReset = {
  payload: Type.Object({ userId: Type.Integer() }),
  attempts: 100,
  backoffAtMostSeconds: 45,
  async run(
    { userId }: { userId: number },
    { tx, requestId }: { tx: Tx; requestId: string },
    { email, deployment }: { email: EmailPort; deployment: Deployment }
  ): Promise<void> {
    const {
      rows: [row]
    } = await tx.query<{ username: string; email: string; key: string }>(
      `select u.username, u.email, t.key from users_user u join ${TABLE} t on t.user_id = u.id where u.id = $1 order by t.id limit 1`,
      [userId]
    )
    if (!row?.email) return
    const link = `${deployment.frontendUrl.replace(/\/$/, '')}/password_reset/${row.key}`
    await email.send({
      to: [row.email],
      subject: 'Password Reset for Care',
      key: requestId,
      text: `Hi ${row.username},\n\nset a new password here within 1 hour:\n${link}\n\nIf you did not ask for it, ignore this mail.\n`,
      html: `<p>Hi ${escapeHtml(row.username)},</p><p>set a new password within 1 hour: <a href="${link}">${link}</a></p><p>If you did not ask for it, ignore this mail.</p>`
    })
  }
} as const

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}

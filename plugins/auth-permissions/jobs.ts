import type { Handling } from 'care-kernel/jobs'
import { manifest } from './manifest.ts'
import { ResetPasswordToken } from './models.ts'
import type { AuthScope } from './services.ts'

/** Sends the email with the reset link. The token is looked up here, so that no secret is stored in a job. */
const sendPasswordReset = {
  payload: manifest.payloads['send-password-reset'],
  attempts: 100,
  backoffAtMostSeconds: 45,
  async run({ userId }: { userId: number }, { tx, requestId }: Handling, { email, deployment }: AuthScope): Promise<void> {
    const {
      rows: [row]
    } = await tx.query<{ username: string; email: string; key: string }>(
      `select u.username, u.email, t.key from users_user u join ${ResetPasswordToken.table} t on t.user_id = u.id where u.id = $1 order by t.id limit 1`,
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

export const jobs = { 'send-password-reset': sendPasswordReset }

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
}

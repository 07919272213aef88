import type { Handling } from 'care-kernel/jobs'
import { Type } from 'typebox'
import type { NotificationScope } from './scope.ts'

/** Mobiles that get text messages: Indian ones, and any other country's (contract gateways-jobs §4). */
const INDIAN = /^\+91[6-9]\d{9}$/
const FOREIGN = /^\+(?!91)\d{9,17}$/

/** One job per mobile of those who wait for a shift (contract shifting §6); other numbers are left out. */
export async function textPeople(
  { shiftId }: { readonly shiftId: number },
  { tx }: Handling,
  { config, deployment, enqueue, shifting }: NotificationScope
): Promise<void> {
  if (!(config.textMessages ?? deployment.environment === 'production')) return
  const notice = await shifting?.shifts.notice(tx, shiftId)
  for (const to of notice?.phones ?? [])
    if (INDIAN.test(to) || FOREIGN.test(to)) await enqueue(tx, 'text-of-shift', { shiftId, to })
}

/** Texts one person; tried for four hours where the provider is away. The provider's id stays with the job, as its receipt. */
export const textOfShift = {
  payload: Type.Object({ shiftId: Type.Integer(), to: Type.String() }),
  attempts: 400,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 30,
  // Each holds a connection to the database while the provider is slow.
  concurrency: 1,
  async run(
    { shiftId, to }: { readonly shiftId: number; readonly to: string },
    { tx, id: key }: Handling,
    { notices, shifting, sms }: NotificationScope
  ): Promise<{ readonly id: string } | undefined> {
    const notice = await shifting?.shifts.notice(tx, shiftId)
    if (!notice) return undefined
    const { destination, approving_phone: phone } = notice
    return sms.send({ to, key, text: notices.text('SHIFTING_APPROVED_SMS', { destination, phone: phone ?? '' }) })
  }
} as const

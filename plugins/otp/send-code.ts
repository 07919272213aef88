import type { Handling } from 'care-kernel/jobs'
import { manifest } from './manifest.ts'
import type { OtpScope } from './services.ts'

const textOf = (code: string) =>
  `Open Healthcare Network Patient Management System Login, OTP is ${code} . Please do not share this Confidential Login Token with anyone else`

/**
 * Makes the code and sends it, so that no secret waits in a queue. Another attempt sends another code, the latest is the valid one:
 * the key differs by attempt, lest the provider drops it as a repeat.
 */
export const sendCode = {
  payload: manifest.payloads['send-code'],
  async run({ otpId }: { otpId: number }, { tx, id, attempt }: Handling, { codes, sms }: OtpScope): Promise<void> {
    const made = await codes.make(tx, otpId)
    if (made) await sms.send({ to: made.number, text: textOf(made.code), key: `${id}-${attempt}` })
  }
} as const

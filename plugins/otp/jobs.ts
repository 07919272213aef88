import type { Handling } from 'care-kernel/jobs'
import { manifest } from './manifest.ts'
import type { OtpScope } from './services.ts'

const textOf = (code: string) =>
  `Open Healthcare Network Patient Management System Login, OTP is ${code} . Please do not share this Confidential Login Token with anyone else`

/**
 * Generates the code and sends it, so that no secret is stored in a queue. Another attempt sends another code, and the latest is the valid
 * one. The key differs by attempt, so that the provider does not drop the message as a repeat.
 */
const sendCode = {
  payload: manifest.payloads['send-code'],
  async run({ otpId }: { otpId: number }, { tx, id, attempt }: Handling, { codes, sms }: OtpScope): Promise<void> {
    const code = await codes.generate(tx, otpId)
    if (code) await sms.send({ to: code.number, text: textOf(code.code), key: `${id}-${attempt}` })
  }
} as const

export const jobs = { 'send-code': sendCode }

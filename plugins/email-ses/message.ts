import { createHash } from 'node:crypto'
import type { Email } from 'care-kernel'
import { createTransport } from 'nodemailer'

/** The MIME message, with attachments. The key becomes a header that identifies repeats, because SES assigns message ids itself. */
export async function mimeMessage({ to, subject, text, html, attachments, key }: Email, from: string): Promise<Uint8Array> {
  const { message } = await createTransport({ streamTransport: true, buffer: true, newline: 'windows' }).sendMail({
    from,
    to: [...to],
    subject,
    ...(text === undefined ? {} : { text }),
    ...(html === undefined ? {} : { html }),
    ...(key === undefined ? {} : { headers: { 'X-Care-Key': createHash('sha256').update(key).digest('hex').slice(0, 32) } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    attachments: (attachments ?? []).map(({ filename, contentType, content }) => ({
      filename,
      contentType,
      content: Buffer.from(content)
    }))
  })
  return message as Buffer
}

/** The bare address of `Name <address>`. */
export function addressOf(from: string): string {
  return (/<([^<>\s]+)>\s*$/.exec(from)?.[1] ?? from).trim()
}

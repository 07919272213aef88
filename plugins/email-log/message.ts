import { randomBytes } from 'node:crypto'
import type { Email } from 'care-kernel'

const LINE = 76

/** A MIME message that is readable as text: UTF-8 unencoded, attachments in base64 at the end. */
export function render(email: Email, { id, from, date }: { id: string; from: string; date: Date }): string {
  const boundary = `part-${randomBytes(12).toString('hex')}`
  const parts = [
    ...(email.text === undefined
      ? []
      : [['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', email.text]]),
    ...(email.html === undefined
      ? []
      : [['Content-Type: text/html; charset=utf-8', 'Content-Transfer-Encoding: 8bit', '', email.html]]),
    ...(email.attachments ?? []).map(({ filename, contentType, content }) => [
      `Content-Type: ${oneLine(contentType)}`,
      `Content-Disposition: attachment; filename="${oneLine(filename).replaceAll('"', "'")}"`,
      'Content-Transfer-Encoding: base64',
      '',
      base64(content)
    ])
  ]
  return [
    `From: ${oneLine(from)}`,
    `To: ${email.to.map(oneLine).join(', ')}`,
    `Subject: ${oneLine(email.subject)}`,
    `Date: ${date.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${id}@care.localhost>`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    ...parts.flatMap(part => [`--${boundary}`, ...part]),
    `--${boundary}--`,
    ''
  ].join('\n')
}

/** Prevents header injection by line breaks in subjects and addresses. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+\s*/g, ' ')
}

function base64(content: Uint8Array): string {
  return Buffer.from(content)
    .toString('base64')
    .replaceAll(new RegExp(`.{${LINE}}(?=.)`, 'g'), '$&\n')
}

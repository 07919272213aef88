/** A message as a mail program shows it. */
export interface ReadMail {
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly messageId: string
  readonly text?: string
  readonly html?: string
  readonly attachments: readonly { readonly filename: string; readonly contentType: string; readonly content: Uint8Array }[]
}

interface Part {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** Reads a message as it travels (RFC 5322, MIME), as far as gateways write it: enough to compare it with what was sent. */
export function readMail(raw: string | Uint8Array): ReadMail {
  // One character per byte, so that every part can be decoded by its own encoding.
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : Buffer.from(raw)
  const whole = split(bytes.toString('latin1').replaceAll('\r\n', '\n'))
  const leaves = leavesOf(whole)
  const shown = (type: string) => leaves.find(part => typeOf(part) === type && !isAttachment(part))
  const text = shown('text/plain')
  const html = shown('text/html')
  return {
    from: words(whole.headers.get('from') ?? ''),
    to: words(whole.headers.get('to') ?? '')
      .split(',')
      .map(address => address.trim())
      .filter(Boolean),
    subject: words(whole.headers.get('subject') ?? ''),
    messageId: whole.headers.get('message-id') ?? '',
    ...(text ? { text: contentOf(text).toString('utf8') } : {}),
    ...(html ? { html: contentOf(html).toString('utf8') } : {}),
    attachments: leaves
      .filter(isAttachment)
      .map(part => ({ filename: filenameOf(part), contentType: typeOf(part), content: new Uint8Array(contentOf(part)) }))
  }
}

function split(text: string): Part {
  const end = text.indexOf('\n\n')
  const head = (end < 0 ? text : text.slice(0, end)).replaceAll(/\n[ \t]+/g, ' ')
  const headers = new Map(
    head
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])
  )
  return { headers, body: end < 0 ? '' : text.slice(end + 2) }
}

function leavesOf(part: Part): Part[] {
  const boundary = /^multipart\/.*boundary="?([^";]+)"?/i.exec(part.headers.get('content-type') ?? '')?.[1]
  if (!boundary) return [part]
  const pieces = `\n${part.body}`.split(`\n--${boundary}`).slice(1)
  return pieces.filter(piece => !piece.startsWith('--')).flatMap(piece => leavesOf(split(piece.replace(/^[^\n]*\n/, ''))))
}

function typeOf({ headers }: Part): string {
  return (headers.get('content-type') ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? ''
}

function isAttachment({ headers }: Part): boolean {
  return (headers.get('content-disposition') ?? '').toLowerCase().startsWith('attachment')
}

/** `filename="…"`, or the continued and percent-encoded pieces of RFC 2231. */
function filenameOf({ headers }: Part): string {
  const disposition = headers.get('content-disposition') ?? ''
  const pieces = [...disposition.matchAll(/filename\*(?:(\d+)\*?|)=([^;]+)/g)].sort(
    (a, b) => Number(a[1] ?? 0) - Number(b[1] ?? 0)
  )
  if (pieces.length > 0)
    return decodeURIComponent(
      pieces
        .map(([, , piece]) => piece?.trim())
        .join('')
        .replace(/^utf-8''/i, '')
    )
  return words(/filename="?([^";]+)"?/.exec(disposition)?.[1] ?? '')
}

function contentOf({ headers, body }: Part): Buffer {
  const encoding = headers.get('content-transfer-encoding')?.toLowerCase()
  if (encoding === 'base64') return Buffer.from(body, 'base64')
  if (encoding === 'quoted-printable') return unquoted(body.replaceAll(/=\n/g, ''))
  return Buffer.from(body, 'latin1')
}

function unquoted(text: string): Buffer {
  return Buffer.from(
    text.replaceAll(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1'
  )
}

/** A header's text: encoded words (RFC 2047) and raw UTF-8. */
function words(header: string): string {
  const joined = header.replaceAll(/\?=\s+=\?/g, '?==?')
  const decoded = joined.replaceAll(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
    (kind.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : unquoted(content.replaceAll('_', ' '))).toString('latin1')
  )
  return Buffer.from(decoded, 'latin1').toString('utf8')
}

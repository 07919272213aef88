import { Type, type Static } from 'typebox'
import type { Handling } from 'care-kernel/jobs'
import { FILE_TYPE } from 'care-kernel/contracts/files'
import type { SummaryScope } from './scope.ts'
import { BrokenTemplate } from './typesetter.ts'

const PDF = 'application/pdf'
const generatePayload = Type.Object({ consultationId: Type.Integer() })
const emailPayload = Type.Object({ file: Type.String({ format: 'uuid' }), to: Type.String() })

/** `2024-10-01 10:11:12.123456+00:00`, as the original names its files. */
const stamp = (at: Date) =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.\d{3})Z$/, '$1000+00:00')

/** Makes the summary of a consultation and keeps it as a private file (contract gateways-jobs §10.3), then mails it where somebody asked for that. */
export const generate = {
  payload: generatePayload,
  attempts: 4,
  backoffSeconds: 10,
  timeoutSeconds: 60,
  // The process that sets them takes one after another.
  concurrency: 1,
  async run(
    { consultationId }: Static<typeof generatePayload>,
    { tx, progress, signal }: Handling,
    { clock, enqueue, files, logger, summaries, typesetter }: SummaryScope
  ): Promise<{ readonly file: string } | undefined> {
    const now = clock.now()
    await progress(10)
    const written = await summaries.write(tx, consultationId, now)
    if (!written) return undefined
    await progress(50)
    const { pdf, pages, archival } = await typesetter.set(written.document, now, signal).catch((error: unknown) => {
      if (error instanceof BrokenTemplate) logger.error({ template: 'discharge summary' }, error.message)
      throw error
    })
    if (!archival)
      logger.warn(
        { pages },
        'a discharge summary has characters for which there is no font here: install fonts, or name a folder'
      )
    const { external_id: file } = await files.files.keep(tx, {
      type: FILE_TYPE.dischargeSummary,
      associatingId: written.consultation,
      name: `discharge_summary-${written.patient}-${stamp(now)}`,
      extension: 'pdf',
      contentType: PDF,
      content: pdf,
      by: null
    })
    for (const to of await summaries.takeRecipients(tx, consultationId)) await enqueue(tx, 'email', { file, to })
    return { file }
  }
} as const

/** Mails a summary (contract gateways-jobs §5). Tried for an hour where the mail server or the store is away. */
export const email = {
  payload: emailPayload,
  attempts: 100,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 60,
  // Each holds a connection to the database while the mail server is slow.
  concurrency: 2,
  async run(
    { file, to }: Static<typeof emailPayload>,
    { tx, id: key }: Handling,
    { email: mail, files }: SummaryScope
  ): Promise<{ readonly id: string } | undefined> {
    const found = await files.files.read(tx, file)
    if (!found) return undefined
    return mail.send({
      to: [to],
      subject: 'Patient Discharge Summary',
      html: 'Please find the attached file',
      attachments: [{ filename: `${found.name}.pdf`, contentType: PDF, content: found.content }],
      key
    })
  }
} as const

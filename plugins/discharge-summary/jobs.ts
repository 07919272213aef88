import type { Handling } from 'care-kernel/jobs'
import { FILE_TYPE } from 'care-kernel/contracts/files'
import { manifest } from './manifest.ts'
import type { SummaryScope } from './services.ts'
import { BrokenTemplate } from './typesetter.ts'

const PDF = 'application/pdf'

/** `2024-10-01 10:11:12.123456+00:00`, as the original names its files. */
const stamp = (at: Date) =>
  at
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.\d{3})Z$/, '$1000+00:00')

/** Makes the summary of a consultation, keeps it as a private file (docs/api/gateways-jobs.md §10.3), and mails it to the recipients that were requested. */
export const generate = {
  payload: manifest.payloads.generate,
  attempts: 4,
  backoffSeconds: 10,
  timeoutSeconds: 60,
  // The Typst worker compiles one document at a time.
  concurrency: 1,
  async run(
    { consultationId }: { consultationId: number },
    { tx, progress, signal }: Handling,
    { clock, enqueue, files, logger, summaries, typesetter }: SummaryScope
  ): Promise<{ readonly file: string } | undefined> {
    const now = clock.now()
    await progress(10)
    const summary = await summaries.compose(tx, consultationId, now)
    if (!summary) return undefined
    await progress(50)
    const { pdf, pages, archival } = await typesetter.typeset(summary.document, now, signal).catch((error: unknown) => {
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
      associatingId: summary.consultation,
      name: `discharge_summary-${summary.patient}-${stamp(now)}`,
      extension: 'pdf',
      contentType: PDF,
      content: pdf,
      by: null
    })
    for (const to of await summaries.takeRecipients(tx, consultationId)) await enqueue(tx, 'email', { file, to })
    return { file }
  }
} as const

/** Mails a summary (docs/api/gateways-jobs.md §5). Retried for an hour while the mail server or the store fails. */
export const email = {
  payload: manifest.payloads.email,
  attempts: 100,
  backoffSeconds: 5,
  backoffAtMostSeconds: 45,
  timeoutSeconds: 60,
  // Each run holds a database connection while the mail server is slow.
  concurrency: 2,
  async run(
    { file, to }: { file: string; to: string },
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

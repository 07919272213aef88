import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { Refusal } from '../../../kernel/ports/refusal.ts'
import { testing } from './tools.ts'
import type { EmailSuiteOptions, EmailUnderTest } from './under-test.ts'

const MALAYALAM = 'ഡിസ്ചാർജ് സംഗ്രഹം'

/** Declares the tests of the port `email` in `t` (tap) for one gateway. `open` is called once per test. */
export function emailSuite(t: Test, open: () => Promise<EmailUnderTest>, options: EmailSuiteOptions): void {
  const using = testing(t, open)
  const message = (over: object = {}) => ({ to: ['asha@example.org'], subject: 'A subject', text: 'A text', ...over })

  using('a message arrives', async (t, { port, received }) => {
    await port.check()
    const { id } = await port.send({
      to: ['asha@example.org', 'ravi@example.org'],
      subject: 'Bed found',
      text: 'Ward 3\nBed 7',
      html: '<p>Ward <b>3</b></p>'
    })
    t.type(id, 'string')
    t.not(id, '')
    const [mail, ...more] = await received()
    t.equal(more.length, 0)
    t.strictSame(mail?.to, ['asha@example.org', 'ravi@example.org'])
    t.match(mail, { subject: 'Bed found', text: /^Ward 3\nBed 7\s*$/, html: /<b>3<\/b>/, attachments: [] })
    t.match(mail?.from, /@/, 'it has a sender')
    t.not(mail?.messageId, '')
  })

  using('text alone, HTML alone', async (t, { port, received }) => {
    await port.send(message({ text: 'only text' }))
    await port.send({ to: ['asha@example.org'], subject: 's', html: '<i>only html</i>' })
    const [first, second] = await received()
    t.match(first?.text, /^only text\s*$/)
    t.equal(first?.html, undefined)
    t.match(second?.html, /only html/)
  })

  using('unicode in subject and bodies, long lines', async (t, { port, received }) => {
    const subject = `${MALAYALAM} 🏥 ${'लंबा विषय '.repeat(20)}`.trim()
    const text = `നമസ്കാരം ${'x'.repeat(3000)} =20 .\n.\nFrom here on 🏥`
    await port.send(message({ subject, text, html: `<p>${MALAYALAM} = “quoted”</p>` }))
    const [mail] = await received()
    t.equal(mail?.subject, subject)
    t.equal(mail?.text?.trimEnd(), text)
    t.equal(mail?.html?.trimEnd(), `<p>${MALAYALAM} = “quoted”</p>`)
  })

  using('a subject cannot add headers', async (t, { port, received }) => {
    await port.send(message({ subject: 'one\r\nBcc: mallory@example.org\r\n\r\nbody' }))
    const [mail] = await received()
    t.match(mail?.subject, /^one\s+Bcc: mallory@example.org\s+body$/)
    t.strictSame(mail?.to, ['asha@example.org'])
    t.match(mail?.text, /^A text/)
  })

  using('attachments arrive byte for byte', async (t, { port, received }) => {
    const binary = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 256)
    await port.send(
      message({
        html: 'Please find the attached file',
        attachments: [
          { filename: 'summary.pdf', contentType: 'application/pdf', content: binary },
          { filename: `${MALAYALAM}.txt`, contentType: 'text/plain', content: new TextEncoder().encode('ഒന്ന്\r\nരണ്ട്\n') },
          { filename: 'empty.bin', contentType: 'application/octet-stream', content: new Uint8Array() }
        ]
      })
    )
    const [mail] = await received()
    t.strictSame(
      mail?.attachments.map(({ filename, contentType }) => [filename, contentType]),
      [
        ['summary.pdf', 'application/pdf'],
        [`${MALAYALAM}.txt`, 'text/plain'],
        ['empty.bin', 'application/octet-stream']
      ]
    )
    t.ok(Buffer.from(mail?.attachments[0]?.content ?? []).equals(binary), 'the PDF is whole')
    t.equal(new TextDecoder().decode(mail?.attachments[1]?.content), 'ഒന്ന്\r\nരണ്ട്\n')
    t.equal(mail?.attachments[2]?.content.length, 0)
    t.match(mail?.html, /^Please find the attached file\s*$/)
  })

  using('a key makes a repeat recognisable', async (t, { port, received }) => {
    const key = `reset:${randomUUID()}/odd key\n`
    const ids = await Promise.all([port.send(message({ key })), port.send(message({ key, text: 'changed' }))])
    const third = await port.send(message({ key }))
    const expected = options.ownIds ? 3 : 1
    t.equal(new Set([...ids, third].map(({ id }) => id)).size, expected, 'one id')
    const mails = await received()
    t.equal(mails.length, options.dropsRepeats ? 1 : 3, 'how many arrive')
    t.equal(new Set(mails.map(({ messageId }) => messageId)).size, expected, 'one Message-ID')
    const other = await port.send(message({ key: `${key}2` }))
    t.not(other.id, third.id)
    const [first, second] = [await port.send(message()), await port.send(message())]
    t.not(first.id, second.id, 'without a key every message is its own')
    t.equal((await received()).length, mails.length + 3)
  })

  using('many at once', async (t, { port, received }) => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, index) => port.send(message({ subject: `number ${index}` }))))
    t.equal(new Set(ids.map(({ id }) => id)).size, 30)
    t.equal(new Set((await received()).map(({ subject }) => subject)).size, 30)
  })

  using('what cannot be accepted rejects, and the next one goes through', async (t, { port, received, refused }) => {
    await t.rejects(port.send(message({ to: [] })), 'no recipient')
    if (refused) await t.rejects(port.send(message({ to: [refused] })), Refusal, 'refused by the other side')
    t.equal((await received()).length, 0)
    await port.send(message())
    t.equal((await received()).length, 1)
  })

  using('closing is safe twice', async (t, { port }) => {
    await port.send(message())
    await Promise.all([port.close(), port.close()])
    await port.close()
    await t.rejects(port.send(message()))
  })

  void t.test('an outage rejects in time, and the next one goes through', async t => {
    const under = await open()
    t.teardown(() => under.cleanup())
    if (!under.outage) return void t.pass('nothing can be cut off')
    await under.port.send(message())
    const restore = await under.outage()
    const from = performance.now()
    await t.rejects(under.port.send(message({ subject: 'lost' })))
    await t.rejects(under.port.check())
    t.ok(performance.now() - from < 2 * (options.outageMs ?? 8000), 'in time')
    await restore()
    await under.port.check()
    await under.port.send(message({ subject: 'after' }))
    t.strictSame(
      (await under.received()).map(({ subject }) => subject),
      ['A subject', 'after']
    )
  })
}

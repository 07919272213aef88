import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import { Refusal } from '../../../kernel/ports/refusal.ts'
import { testing } from './tools.ts'
import type { SmsSuiteOptions, SmsUnderTest } from './under-test.ts'

const OTP =
  'Open Healthcare Network Patient Management System Login, OTP is A1B2C . Please do not share this Confidential Login Token with anyone else'

/** Declares the tests of the port `sms` in `t` (tap) for one gateway. `open` is called once per test. */
export function smsSuite(t: Test, open: () => Promise<SmsUnderTest>, options: SmsSuiteOptions): void {
  const using = testing(t, open)
  const to = '+919876543210'

  using('a message arrives as it was written', async (t, { port, received }) => {
    await port.check()
    const texts = [OTP, 'കിടക്ക ലഭ്യമാണ് 🏥 "quoted"\nsecond line', 'x'.repeat(1500)]
    for (const text of texts) {
      const { id } = await port.send({ to, text })
      t.type(id, 'string')
      t.not(id, '')
    }
    t.strictSame(
      (await received()).map(message => ({ to: message.to, text: message.text })).sort(byText),
      texts.map(text => ({ to, text })).sort(byText)
    )
  })

  using('a key makes a repeat recognisable', async (t, { port, received }) => {
    const key = `otp:${randomUUID()}/odd key\n`
    const ids = await Promise.all([port.send({ to, text: 'first', key }), port.send({ to, text: 'first', key })])
    ids.push(await port.send({ to, text: 'changed', key }))
    if (options.dropsRepeats) {
      t.equal(new Set(ids.map(({ id }) => id)).size, 1, 'one id')
      t.strictSame(
        (await received()).map(({ text }) => text),
        ['first'],
        'one message, the first'
      )
    }
    const arrived = (await received()).length
    const [first, second] = [await port.send({ to, text: 'same' }), await port.send({ to, text: 'same' })]
    t.not(first.id, second.id, 'without a key every message is its own')
    t.equal((await received()).length, arrived + 2)
  })

  using('many at once', async (t, { port, received }) => {
    const ids = await Promise.all(Array.from({ length: 30 }, (_, index) => port.send({ to, text: `number ${index}` })))
    t.equal(new Set(ids.map(({ id }) => id)).size, 30)
    t.equal(new Set((await received()).map(({ text }) => text)).size, 30)
  })

  using('what cannot be accepted rejects, and the next one goes through', async (t, { port, received, refused }) => {
    await t.rejects(port.send({ to: '', text: 'no recipient' }))
    if (refused) await t.rejects(port.send({ to: refused, text: 'refused by the other side' }), Refusal)
    t.equal((await received()).length, 0)
    await port.send({ to, text: 'fine' })
    t.equal((await received()).length, 1)
  })

  using('closing is safe twice', async (t, { port }) => {
    await port.send({ to, text: 'last' })
    await Promise.all([port.close(), port.close()])
    await port.close()
    await t.rejects(port.send({ to, text: 'after' }))
  })

  void t.test('an outage rejects, and the next one goes through', async t => {
    const under = await open()
    t.teardown(() => under.cleanup())
    if (!under.outage) return void t.pass('nothing can be cut off')
    const restore = await under.outage()
    await t.rejects(under.port.send({ to, text: 'lost' }))
    await t.rejects(under.port.check())
    await restore()
    await under.port.check()
    await under.port.send({ to, text: 'after' })
    t.strictSame(
      (await under.received()).map(({ text }) => text),
      ['after']
    )
  })
}

function byText(a: { readonly text: string }, b: { readonly text: string }): number {
  return a.text < b.text ? -1 : 1
}

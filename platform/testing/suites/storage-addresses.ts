import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { testing } from './tools.ts'
import type { StorageSuiteOptions, StorageUnderTest } from './under-test.ts'

/** An unused key. */
export const key = (name = 'scan.PDF') => `PATIENT/${randomBytes(8).toString('hex')}-${name}`
export const bytes = (text: string) => new TextEncoder().encode(text)

/** What signed addresses allow and, above all, what they do not. */
export function storageAddresses(t: Test, open: () => Promise<StorageUnderTest>, { keepsVersions }: StorageSuiteOptions): void {
  const using = testing(t, open)
  const pdf = { 'content-type': 'application/pdf' }

  using('an address to PUT takes the bytes once signed for, an address to GET gives them', async (t, { port, send }) => {
    const name = key()
    const upload = port.signedUrl('private', name, { upload: { contentType: 'application/pdf', size: 4, seconds: 60 } })
    t.match(new URL(upload).pathname, new RegExp(`/${name}$`), 'its path ends with the key')
    t.equal((await send(upload, { method: 'PUT', headers: pdf, body: bytes('%PDF') })).status, 200)
    t.match(await port.stat('private', name), { size: 4, contentType: 'application/pdf' })
    const got = await send(port.signedUrl('private', name, { download: { seconds: 60 } }))
    t.equal(got.status, 200)
    t.equal(got.headers.get('content-type'), 'application/pdf')
    t.equal(await got.text(), '%PDF')
    const saved = await send(
      port.signedUrl('private', name, { download: { seconds: 60, disposition: 'attachment', contentType: 'text/plain' } })
    )
    t.equal(saved.headers.get('content-disposition'), 'attachment')
    t.match(saved.headers.get('content-type'), /^text\/plain/)
    const part = await send(port.signedUrl('private', name, { download: { seconds: 60 } }), { headers: { range: 'bytes=1-2' } })
    t.equal(part.status, 206)
    t.equal(await part.text(), 'PD')
  })

  using('any size where none was signed', async (t, { port, send }) => {
    const upload = port.signedUrl('private', key(), { upload: { contentType: 'application/pdf', seconds: 60 } })
    for (const text of ['', '%PDF', '%PDF-1.7 and so on'])
      t.equal((await send(upload, { method: 'PUT', headers: pdf, body: bytes(text) })).status, 200)
  })

  using('attacks', async (t, { port, send, advance, stranger }) => {
    const [name, other] = [key(), key()]
    for (const each of [name, other]) await port.put('private', each, bytes('secret'), { contentType: 'application/pdf' })
    const before = await port.stat('private', name)
    const get = port.signedUrl('private', name, { download: { seconds: 60 } })
    const put = port.signedUrl('private', name, { upload: { contentType: 'application/pdf', size: 4, seconds: 60 } })
    const good = { method: 'PUT', headers: pdf, body: bytes('%PDF') }
    const flipped = (url: string) => url.slice(0, -1) + (url.endsWith('a') ? 'b' : 'a')
    // Every parameter that holds a number of seconds, made longer.
    const longer = (url: string) =>
      url.replace(/(expires=)(\d+)/i, (_, label: string, value: string) => label + String(Number(value) + 900))
    const later = (url: string) => url.replace(/(X-Amz-Date=\d{8}T)\d{6}/, '$1235959')
    const bare = (url: string) => url.split('?')[0] ?? ''
    const elsewhere = get.replace(bare(get), bare(port.signedUrl('public', name, { download: { seconds: 60 } })))
    t.not(elsewhere, get)
    const foreign = await stranger()
    t.teardown(() => foreign.close())

    const attacks: Record<string, () => Promise<Response>> = {
      'a changed signature': () => send(flipped(get)),
      'a changed signature, to write': () => send(flipped(put), good),
      'a changed key': () => send(get.replace(name, other)),
      'a changed key, to write': () => send(put.replace(name, other), good),
      'another bucket': () => send(elsewhere),
      'a longer life': () => send(longer(get)),
      'another time': () => send(`${later(get)}&x=1`),
      'another parameter': () => send(`${get}&disposition=inline&response-content-type=text%2Fhtml`),
      'no signature': () => send(bare(get)),
      'no signature, to write': () => send(bare(put), good),
      'an address to GET used to PUT': () => send(get, good),
      'an address to PUT used to GET': () => send(put),
      'an address to GET used to DELETE': () => send(get, { method: 'DELETE' }),
      'another type': () => send(put, { ...good, headers: { 'content-type': 'text/html' } }),
      'a type with parameters': () => send(put, { ...good, headers: { 'content-type': 'application/pdf; charset=utf-8' } }),
      'no type': () => send(put, { method: 'PUT', body: good.body }),
      'a longer body': () => send(put, { ...good, body: bytes('%PDF and more') }),
      'a shorter body': () => send(put, { ...good, body: bytes('%') }),
      'another secret': () => send(foreign.port.signedUrl('private', name, { download: { seconds: 60 } })),
      'another secret, to write': () =>
        send(foreign.port.signedUrl('private', name, { upload: { contentType: 'application/pdf', size: 4, seconds: 60 } }), good)
    }
    for (const [attack, make] of Object.entries(attacks)) {
      const { status } = await make()
      t.ok(status >= 400 && status < 500, `${attack}: ${status}`)
    }
    t.equal((await send(get)).status, 200, 'the address itself still works')
    await advance(61)
    t.equal((await send(get)).status, 403, 'and no longer once its time is over')
    t.equal((await send(put, good)).status, 403)
    t.strictSame(await port.stat('private', name), before, 'nothing was written by any of them')
  })

  using('an address of a version gives that version', async (t, { port, send }) => {
    if (!keepsVersions) return void t.pass('the store keeps none')
    const name = key()
    const upload = port.signedUrl('private', name, { upload: { contentType: 'application/pdf', seconds: 60 } })
    await send(upload, { method: 'PUT', headers: pdf, body: bytes('checked') })
    const version = (await port.stat('private', name))?.version
    await send(upload, { method: 'PUT', headers: pdf, body: bytes('replaced') })
    const download = { seconds: 60, ...(version === undefined ? {} : { version }) }
    t.equal(await (await send(port.signedUrl('private', name, { download }))).text(), 'checked')
  })
}

import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { access, constants, mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { requireKey, type Part } from 'care-kernel/gateway'

/** Metadata of an object. `version` is the SHA-256 of its bytes. */
export interface Head {
  readonly contentType: string
  readonly size: number
  readonly version: string
}

/** More bytes than allowed, or another number than announced. */
export class WrongSize extends Error {}

const VERSION = /^[0-9a-f]{64}$/
const HEAD = 'current.json'

/**
 * Objects in a folder. A key is a folder with each version under the hash of its bytes, and a file that names the current one. Both are
 * written as drafts, synced and renamed, so that a crash leaves the old object or the new one.
 */
export class Objects {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async make(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await access(this.#folder, constants.W_OK | constants.X_OK)
  }

  /** Rejects with WrongSize and writes nothing for more than `most` bytes, or another number than `exactly`. */
  async write(
    key: string,
    contentType: string,
    content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { most = Number.POSITIVE_INFINITY, exactly }: { readonly most?: number; readonly exactly?: number | undefined } = {}
  ): Promise<Head> {
    const folder = this.#of(key)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const hash = createHash('sha256')
    let size = 0
    const draft = await this.#draft(folder, async write => {
      for await (const chunk of content) {
        size += chunk.length
        if (size > most) throw new WrongSize(`more than ${most} bytes`)
        hash.update(chunk)
        await write(chunk)
      }
      if (exactly !== undefined && size !== exactly) throw new WrongSize(`${size} bytes instead of ${exactly}`)
    })
    const head = { contentType, size, version: hash.digest('hex') }
    await rename(draft, join(folder, head.version))
    await rename(await this.#draft(folder, write => write(Buffer.from(JSON.stringify(head)))), join(folder, HEAD))
    await syncFolder(folder)
    return head
  }

  /** The current version, if any. */
  async head(key: string): Promise<Head | undefined> {
    const text = await absent(readFile(join(this.#of(key), HEAD), 'utf8'))
    return text === undefined ? undefined : (JSON.parse(text) as Head)
  }

  async read(key: string, { first, version }: Part = {}): Promise<Uint8Array | undefined> {
    const file = await this.#file(key, version)
    if (file === undefined) return undefined
    if (first === undefined) return absent(readFile(file))
    const handle = await absent(open(file, 'r'))
    if (!handle) return undefined
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(first), 0, first, 0)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  /** The bytes as a stream, with their number; undefined for a missing object. */
  async stream(
    key: string,
    version: string | undefined
  ): Promise<{ readonly size: number; open(range?: { start: number; end: number }): Readable } | undefined> {
    const file = await this.#file(key, version)
    const handle = file === undefined ? undefined : await absent(open(file, 'r'))
    if (file === undefined || !handle) return undefined
    const { size } = await handle.stat().finally(() => handle.close())
    return { size, open: range => createReadStream(file, range) }
  }

  /** Deletes every version. */
  async delete(key: string): Promise<void> {
    await rm(this.#of(key), { recursive: true, force: true })
  }

  async #file(key: string, version: string | undefined): Promise<string | undefined> {
    const named = version ?? (await this.head(key))?.version
    return named !== undefined && VERSION.test(named) ? join(this.#of(key), named) : undefined
  }

  #of(key: string): string {
    requireKey(key)
    return join(this.#folder, key)
  }

  async #draft(folder: string, fill: (write: (chunk: Uint8Array) => Promise<void>) => Promise<void>): Promise<string> {
    const name = join(folder, `.${randomBytes(9).toString('hex')}.draft`)
    const handle = await open(name, 'wx', 0o600)
    try {
      await fill(async chunk => void (await handle.writeFile(chunk)))
      await handle.sync()
      await handle.close()
      return name
    } catch (error) {
      await handle.close().catch(() => undefined)
      await rm(name, { force: true })
      throw error
    }
  }
}

/** Syncs the entries of a folder to the disk, where the system supports it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

/** Undefined instead of a rejection for a missing file. */
async function absent<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes((error as { code?: string }).code ?? '')) return undefined
    throw error
  })
}

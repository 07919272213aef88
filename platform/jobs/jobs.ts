import type { Job } from '../../kernel/plugin/jobs.ts'
import { Cron } from 'croner'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { messageOf } from '../../kernel/plugin/problems.ts'
import type { UntypedScope } from '../../kernel/plugin/plugin.ts'
import type { Contribution } from '../../kernel/contributions/contribution.ts'

/** A job under its full name `<plugin>.<job>`, with everything it left out filled in. */
export interface OwnedJob {
  readonly owner: string
  readonly name: string
  readonly job: Required<Job<TSchema, UntypedScope>>
}

export type CollectedJobs = ReadonlyMap<string, OwnedJob>

/** What a job has that says nothing of it. */
export const JOB_DEFAULTS = {
  attempts: 5,
  backoffSeconds: 1,
  backoffAtMostSeconds: 86_400,
  timeoutSeconds: 60,
  concurrency: 4
} as const

/** Every job of every plugin. */
export const jobs: Contribution<CollectedJobs> = {
  name: 'jobs',
  ports: ({ jobs, on }) => (Object.keys({ ...jobs, ...on }).length > 0 ? ['database', 'queue'] : []),
  collect: plugins =>
    new Map(
      plugins.flatMap(({ name: owner, plugin }) =>
        Object.entries(plugin.jobs ?? {}).map(([key, job]) => {
          const name = `${owner}.${key}`
          return [name, { owner, name, job: { ...JOB_DEFAULTS, ...job } }] as const
        })
      )
    ),
  describe: collected => ({
    jobs: [...collected.values()]
      .map(({ name, job: { attempts, timeoutSeconds, concurrency } }) => ({ job: name, attempts, timeoutSeconds, concurrency }))
      .sort((a, b) => a.job.localeCompare(b.job))
  })
}

/** A schedule under its full name `<plugin>.<schedule>`. */
export interface OwnedSchedule {
  readonly owner: string
  readonly name: string
  readonly cron: string
  readonly timeZone: string | undefined
  readonly job: string
  readonly payload: unknown
}

/** Cron expressions are readable, jobs exist, payloads fit. */
export const schedules: Contribution<readonly OwnedSchedule[]> = {
  name: 'schedules',
  collect(plugins, { problems }) {
    return plugins.flatMap(({ name: owner, plugin }) =>
      Object.entries(plugin.schedules ?? {}).flatMap(([key, { cron, timeZone, job, payload }]) => {
        const invalid = (fact: string, remedy: string) =>
          problems.push({ code: 'SCHEDULE_INVALID', owner, fact: `schedule ${key}: ${fact}`, remedy })
        try {
          new Cron(cron, { paused: true, ...(timeZone ? { timezone: timeZone } : {}) }).stop()
        } catch (cause) {
          invalid(messageOf(cause), 'write a cron expression of five fields, or six with seconds')
        }
        const declared = plugin.jobs?.[job]
        if (!declared)
          invalid(
            `there is no job ${job}`,
            `declare it under jobs, or name one of ${Object.keys(plugin.jobs ?? {}).join(', ') || 'none yet'}`
          )
        else if (!Value.Check(declared.payload, payload))
          invalid(`its payload is refused by the job ${job}`, 'give a payload that fits the schema of the job')
        return [{ owner, name: `${owner}.${key}`, cron, timeZone, job: `${owner}.${job}`, payload }]
      })
    )
  },
  describe: collected => ({
    schedules: collected
      .map(({ name, cron, job }) => ({ schedule: name, cron, job }))
      .sort((a, b) => a.schedule.localeCompare(b.schedule))
  })
}

import { writePath } from './data/repository.ts'
import type { Contribution } from '../kernel/contributions/contribution.ts'
import { commands, startHooks } from '../kernel/lifecycle/own-contributions.ts'
import { access } from './access/permissions.ts'
import { originalPages } from './care/health-page.ts'
import { hooks } from './data/hooks.ts'
import { migrations } from './data/migrations.ts'
import { models } from './data/models.ts'
import { privacy } from './data/privacy.ts'
import { relations } from './data/relations.ts'
import { slots } from './data/slots.ts'
import { httpServer, routes, serving } from './http/contribution.ts'
import { jobRuntime, type JobContribution } from './jobs/contribution.ts'
import { events } from './jobs/events.ts'
import { jobs, schedules } from './jobs/jobs.ts'

/** Everything plugins can contribute, in the order in which it is collected, mounted and started. */
export const contributionsWith = (runtime: JobContribution): readonly Contribution[] => [
  privacy,
  models,
  writePath,
  migrations,
  access,
  events,
  hooks,
  slots,
  relations,
  jobs,
  schedules,
  commands,
  httpServer,
  originalPages,
  routes,
  startHooks,
  runtime,
  serving
]

export const contributions: readonly Contribution[] = contributionsWith(jobRuntime)

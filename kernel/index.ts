// `care-kernel`: what every plugin declares itself with, and what an embedding program runs.
export type { AuthenticationScheme, PermissionChecks } from './plugin/access.ts'
export { secret } from './config/schema.ts'
export { builtInNames, builtInPlugins } from './lifecycle/import-plugins.ts'
export { openKernel, planKernel, type OpenKernel, type Role } from './lifecycle/kernel.ts'
export type { Actor } from './plugin/actor.ts'
export {
  defineContract,
  hooks,
  type,
  type Contract,
  type HookCalls as HookCallsOf,
  type SlotExpressions as SlotsOf
} from './plugin/contract.ts'
export type { Command, Deployment, Terminal } from './plugin/deployment.ts'
export { definePlugin, type LooseScope, type Plugin, type Scope } from './plugin/plugin.ts'
export { messageOf, ProblemsError, type Problem } from './plugin/problems.ts'
export { VERSION } from './plugin/version.ts'
export type { Cache } from './ports/cache.ts'
export { systemClock, type Clock } from './ports/clock.ts'
export type { Database, Queryable, Result, Tx } from './ports/database.ts'
export type { Email, EmailPort } from './ports/email.ts'
export type { PortName, Ports } from './ports/index.ts'
export { makeLogger, type Logger } from './ports/logger.ts'
export type { Queue } from './ports/queue.ts'
export { Refusal } from './ports/refusal.ts'
export type { Sms, SmsPort } from './ports/sms.ts'
export type { Bucket, Storage, StoredObject } from './ports/storage.ts'

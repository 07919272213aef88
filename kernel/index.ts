// `care-kernel`: what every plugin declares itself with, and what an embedding program runs.
export { secret } from './config/schema.ts'
export type { Contribution, Role } from './contributions/contribution.ts'
export { builtInNames, builtInPlugins } from './lifecycle/import-plugins.ts'
export { openKernel, type OpenKernel } from './lifecycle/kernel.ts'
export { planKernel, type PlannedKernel } from './lifecycle/plan.ts'
export type { AuthenticationScheme, PermissionChecks } from './plugin/access.ts'
export type { Actor } from './plugin/actor.ts'
export {
  defineContract,
  hooks,
  relation,
  type,
  type Contract,
  type HookCalls as HookCallsOf,
  type Relation,
  type SlotExpressions as SlotsOf,
  type TableName
} from './plugin/contract.ts'
export type { Command, Deployment, Terminal } from './plugin/deployment.ts'
export { defineManifest, definePlugin, type Plugin, type PluginScope, type ScopeOf, type UntypedScope } from './plugin/plugin.ts'
export { messageOf, ProblemsError, type Problem } from './plugin/problems.ts'
export { VERSION } from './plugin/version.ts'
export type { Cache } from './ports/cache.ts'
export type { Clock } from './ports/clock.ts'
export type { Database, Queryable, Result, Tx } from './ports/database.ts'
export type { Email, EmailPort } from './ports/email.ts'
export type { PortName, Ports } from './ports/index.ts'
export type { Logger } from './ports/logger.ts'
export type { Queue } from './ports/queue.ts'
export { Refusal } from './ports/refusal.ts'
export type { Sms, SmsPort } from './ports/sms.ts'
export type { Bucket, Storage, StoredObject } from './ports/storage.ts'

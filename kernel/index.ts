// The public surface: what plugins, gateways and embedding programs import as `care-kernel`.
export type { Actor } from './actor.ts'
export { amazonCall, amazonClient, amazonErrors, amazonSettings, examineAmazon, isDeniedByAmazon } from './amazon.ts'
export { secret } from './config/schema.ts'
export {
  defineContract,
  hooks,
  type,
  type Contract,
  type HookCalls as HookCallsOf,
  type SlotExpressions as SlotsOf
} from './contract.ts'
export type { ClassedColumn } from './engines/privacy.ts'
export type { Command, Deployment, Terminal } from './deployment.ts'
export { messageOf, ProblemsError, type Problem } from './errors.ts'
export { defineGateway, type Finding, type Gateway, type GatewayContext } from './gateway.ts'
export { actorOf, writingRequest } from './http/context.ts'
export * from './http/errors.ts'
export type { Upload } from './http/body.ts'
export { invalidateResponses } from './http/response-cache.ts'
export { sendJson } from './http/server.ts'
export type {} from './http/types.ts'
export { builtInNames, builtInPlugins } from './import-plugins.ts'
export { openKernel, planKernel, type OpenKernel, type Role } from './kernel.ts'
export { messageFolder, messageId, type MessageFolder } from './message-folder.ts'
export {
  baseColumns,
  column,
  defineModel,
  type Column,
  type ModelDefinition,
  type ModelOf,
  type PrivacyClass,
  type RowOf
} from './model.ts'
export {
  all,
  any,
  explain,
  not,
  predicate,
  scopeCondition,
  scopePart,
  type Asked,
  type Explanation,
  type Permissions,
  type Predicate,
  type Rule,
  type Scope as RowScope
} from './permission.ts'
export {
  definePlugin,
  type AuthenticationScheme,
  type EnqueueOptions,
  type Handling,
  type LooseScope,
  type PermissionChecks,
  type Plugin,
  type Scope
} from './plugin.ts'
export type { Cache } from './ports/cache.ts'
export { systemClock, type Clock } from './ports/clock.ts'
export type { Database, Queryable, Result, Tx } from './ports/database.ts'
export type { Email, EmailPort } from './ports/email.ts'
export type { PortName, Ports } from './ports/index.ts'
export { makeLogger, type Logger } from './ports/logger.ts'
export {
  backoff,
  bodyText,
  type Delivery,
  type Queue,
  type QueueCounts,
  type QueueMessage,
  type RestingMessage,
  type RetryPolicy
} from './ports/queue.ts'
export { Refusal } from './ports/refusal.ts'
export type { Sms, SmsPort } from './ports/sms.ts'
export {
  requireKey,
  type Bucket,
  type Part,
  type SignedDownload,
  type SignedUpload,
  type Storage,
  type StoredObject
} from './ports/storage.ts'
export { connectPostgres, type PostgresSettings } from './postgres.ts'
export { readRedisInfo, type RedisInfo } from './redis-info.ts'
export { bad, Invalid, type Field, type Messages } from './rest/field.ts'
export { field, type PhoneType, type TextOptions } from './rest/fields.ts'
export * from './rest/filters.ts'
export { isDate } from './rest/formats.ts'
export { cell, sendCsv, sendList, type ListTable, type Table } from './rest/csv.ts'
export { AnyOf, type Branch } from './rest/any-of.ts'
export { describe, type Description } from './rest/describe.ts'
export { lookupIn, readInput } from './rest/input.ts'
export { nested, record, type Fields, type Infer, type RecordInput, type Values } from './rest/record.ts'
export { labelSql, out, quote, shape, type CodeLabels, type Labels, type Output, type Shape } from './rest/out.ts'
export * from './rest/paging.ts'
export { Params } from './rest/params.ts'
export { addressOf, isUuid, resource, type Key, type Resource, type Where } from './rest/resource.ts'
export { rowsOf, type Rows } from './rest/rows.ts'
export { VERSION } from './version.ts'
export { jobState, type JobState } from './work/admin.ts'

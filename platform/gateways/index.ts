// `care-kernel/gateway`: what a gateway is written with. The ports it implements are types of `care-kernel`.
export { defineGateway, type Finding, type Gateway, type GatewayContext } from '../../kernel/plugin/gateway.ts'
export {
  backoff,
  bodyText,
  type Delivery,
  type QueueCounts,
  type QueueMessage,
  type RestingMessage,
  type RetryPolicy
} from '../../kernel/ports/queue.ts'
export { requireKey, type Part, type SignedDownload, type SignedUpload } from '../../kernel/ports/storage.ts'
export { connectPostgres, type PostgresSettings } from '../data/postgres.ts'
export { amazonCall, amazonClient, amazonErrors, amazonSettings, examineAmazon, isDeniedByAmazon } from './amazon.ts'
export { messageFolder, messageId, type MessageFolder } from './message-folder.ts'
export { readRedisInfo, type RedisInfo } from './redis-info.ts'

// `care-kernel/gateway`: what a gateway is written with. The ports it implements are types of `care-kernel`.
export { defineGateway, type Finding, type Gateway, type GatewayContext } from '../../kernel/plugin/gateway.ts'
export { within as withDeadline } from '../../kernel/lifecycle/deadline.ts'
export {
  backoff,
  serializeBody,
  type Delivery,
  type QueueCounts,
  type QueueMessage,
  type RetryPolicy,
  type StoredMessage
} from '../../kernel/ports/queue.ts'
export { requireKey, type Part, type SignedDownload, type SignedUpload } from '../../kernel/ports/storage.ts'
export { amazonCall, amazonClient, amazonErrors, amazonSettings, examineAmazon, isDeniedByAmazon } from './amazon.ts'
export { messageFolder, messageId, type MessageFolder } from './message-folder.ts'
export { readRedisInfo, type RedisInfo } from './redis-info.ts'

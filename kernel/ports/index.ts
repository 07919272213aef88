import type { Cache } from './cache.ts'
import type { Database } from './database.ts'
import type { EmailPort } from './email.ts'
import type { Queue } from './queue.ts'
import type { SmsPort } from './sms.ts'
import type { Storage } from './storage.ts'

/** Every port a plugin may declare, by the name it has in the scope and under `gateways` in the config. */
export interface Ports {
  database: Database
  cache: Cache
  queue: Queue
  storage: Storage
  sms: SmsPort
  email: EmailPort
}

export type PortName = keyof Ports

export const PORT_NAMES: readonly PortName[] = ['database', 'cache', 'queue', 'storage', 'sms', 'email']

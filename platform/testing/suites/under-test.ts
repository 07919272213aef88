// What the author of a gateway hands to the suite of its port: a function that opens the gateway, and what the gateway promises beyond the port.
import type { Cache } from '../../../kernel/ports/cache.ts'
import type { Database } from '../../../kernel/ports/database.ts'
import type { EmailPort } from '../../../kernel/ports/email.ts'
import type { Queue } from '../../../kernel/ports/queue.ts'
import type { SmsPort } from '../../../kernel/ports/sms.ts'
import type { Storage } from '../../../kernel/ports/storage.ts'
import type { ReadMail } from './read-mail.ts'

/** An opened gateway. `cleanup` closes it and removes what the test left behind. */
export interface UnderTest<Port> {
  readonly port: Port
  cleanup(): Promise<void>
}

/** Interrupts the connection of the gateway; the function that is returned restores it. */
export type Outage = () => Promise<() => Promise<void>>

/** Opened on an empty database of its own. */
export interface DatabaseUnderTest extends UnderTest<Database> {
  /** The statement timeout it was opened with, in seconds, at least 1; small, because the suite waits for it. */
  readonly statementSeconds: number
}

export interface CacheUnderTest extends UnderTest<Cache> {
  /** Moves the gateway's clock on; without it the suite waits in real time. */
  advance?(seconds: number): Promise<void>
  /** By kind: refused, silent … */
  readonly outages?: Readonly<Record<string, Outage>>
}

export interface CacheSuiteOptions {
  /** Whether two opened ports see one cache, as two processes do. */
  readonly shared: boolean
  /** Longest a call may take during an outage; 400 ms by default. */
  readonly outageMs?: number
}

export interface QueueUnderTest extends UnderTest<Queue> {
  /** By kind: refused, silent … */
  readonly outages?: Readonly<Record<string, Outage>>
  /** Ends it like a killed process, without any message to the broker. */
  kill?(): Promise<void>
}

export interface QueueSuiteOptions {
  /** Whether smaller priorities are delivered first. */
  readonly priorities: boolean
  /** Longest a call may take during an outage; 11 s by default. */
  readonly outageMs?: number
}

export interface StorageUnderTest extends UnderTest<Storage> {
  /** Sends a request to an address that the port has signed, as a browser does: `fetch`, or a server without a socket. */
  send(url: string, init?: { method?: string; headers?: Record<string, string>; body?: Uint8Array }): Promise<Response>
  /** Moves the clock of the gateway and of the store; waits where the store's is a real one. */
  advance(seconds: number): void | Promise<void>
  /** A gateway with the same settings but for the secret that signs. */
  stranger(): Promise<{ readonly port: Storage; close(): Promise<void> }>
  outage?: Outage
}

export interface StorageSuiteOptions {
  /** Whether a version goes on naming the bytes it named. */
  readonly keepsVersions: boolean
  /** Longest a call may take during an outage; 8 s by default. */
  readonly outageMs?: number
}

export interface SmsUnderTest extends UnderTest<SmsPort> {
  /** All messages that the provider received since the gateway was opened, oldest first. */
  received(): Promise<readonly { readonly to: string; readonly text: string }[]>
  /** A number that the provider refuses. */
  readonly refused?: string
  outage?: Outage
}

export interface SmsSuiteOptions {
  /** Whether the provider delivers a repeat of a key only once. */
  readonly dropsRepeats: boolean
}

export interface EmailUnderTest extends UnderTest<EmailPort> {
  /** All messages that the provider received since the gateway was opened, oldest first; `readMail` parses one. */
  received(): Promise<readonly ReadMail[]>
  /** An address that the provider refuses. */
  readonly refused?: string
  outage?: Outage
}

export interface EmailSuiteOptions {
  /** Whether the provider delivers a repeat of a key only once; otherwise the repeat only has the same id. */
  readonly dropsRepeats: boolean
  /** Whether the provider gives every message an id of its own, repeats of a key too; false by default. */
  readonly ownIds?: boolean
  /** Longest a call may take during an outage; 8 s by default. */
  readonly outageMs?: number
}

import { S3 } from '@aws-sdk/client-s3'
import { messageOf, type Bucket, type Clock, type Logger, type Storage } from 'care-kernel'
import type { Place } from './settings.ts'
import { makeSigner, type Credentials, type Signer } from './signatures.ts'

/** One bucket: the SDK's client for the server's own reads and writes, and how addresses of it are signed. */
export interface Connection {
  readonly place: Place
  readonly client: S3
  /** The bucket as browsers reach it; a key follows `path`. */
  readonly base: { readonly origin: string; readonly host: string; readonly path: string }
  /** The signer with the current keys. */
  signer(): Signer
  close(): void
}

/** The port, with what `doctor` needs. */
export interface OpenS3 extends Storage {
  readonly connections: Readonly<Record<Bucket, Connection>>
  readonly frontendUrl: string
  readonly clock: Clock
}

/** How often temporary keys are read again; the SDK renews them some minutes before they expire. */
const RENEWAL_MS = 60_000

/** Needs no network where keys are configured. Rejects where no keys are found. */
export async function connect(place: Place, ms: number, logger: Logger): Promise<Connection> {
  const { region, accessKey, secretKey, endpoint, address } = place
  const given = accessKey === '' ? undefined : { accessKeyId: accessKey, secretAccessKey: secretKey }
  const client = new S3({
    region,
    ...(given ? { credentials: given } : {}),
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    // Stores other than Amazon's reject the SDK's newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 2,
    requestHandler: { connectionTimeout: ms, requestTimeout: ms, throwOnRequestTimeout: true }
  })
  const { origin, host, pathname } = new URL(address)
  const base = { origin, host, path: pathname === '/' ? '' : pathname }

  let keys: Credentials = given ?? (await temporaryKeys(client))
  let signer = makeSigner(keys, region)
  // Signing is synchronous, so temporary keys are renewed by a timer.
  const renewal = given ? undefined : setInterval(() => void renew(), RENEWAL_MS).unref()
  async function renew(): Promise<void> {
    try {
      const now = await temporaryKeys(client)
      if (now.accessKeyId === keys.accessKeyId && now.sessionToken === keys.sessionToken) return
      keys = now
      signer = makeSigner(keys, region)
    } catch (error) {
      logger.warn({ reason: messageOf(error) }, 'the keys of the store could not be renewed')
    }
  }

  return {
    place,
    client,
    base,
    signer: () => signer,
    close() {
      clearInterval(renewal)
      client.destroy()
    }
  }
}

async function temporaryKeys(client: S3): Promise<Credentials> {
  try {
    const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials()
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) }
  } catch (cause) {
    throw new Error(
      'there are no keys: set accessKey and secretKey under gateways.storage, or give this machine a role that may use the buckets',
      { cause }
    )
  }
}

/** Undefined for a missing object; other errors are rethrown. */
export function missing(error: unknown): undefined | 'unsatisfiable' {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  if (name === 'InvalidRange' || $metadata?.httpStatusCode === 416) return 'unsatisfiable'
  // A missing bucket is an error of the config.
  if (name !== 'NoSuchBucket' && $metadata?.httpStatusCode === 404) return undefined
  throw error
}

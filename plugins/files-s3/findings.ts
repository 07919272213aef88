import { randomUUID } from 'node:crypto'
import { messageOf, type Bucket } from 'care-kernel'
import type { Finding } from 'care-kernel/gateway'
import type { Connection, OpenS3 } from './connection.ts'
import { SETTING_OF } from './settings.ts'

const SECONDS = 5
const MOST_SKEW_SECONDS = 300
const BUCKETS: readonly Bucket[] = ['private', 'public']

/** Checks of `doctor`: each bucket, public access, uploads by browsers, versions. */
export async function examine(port: OpenS3): Promise<Finding[]> {
  const found: Finding[] = []
  for (const name of BUCKETS) {
    const connection = port.connections[name]
    const reached = await reach(name, connection)
    found.push(reached)
    if (!reached.ok) continue
    found.push(await roundTrip(name, port))
    found.push(name === 'private' ? await isPrivate(connection) : isReadable(port))
  }
  const { private: patient } = port.connections
  if (!found[0]?.ok) return found
  return [
    ...found,
    await keepsVersions(patient),
    await allowsUploads(port.frontendUrl, patient),
    await clocksAgree(port),
    isEncrypted(patient)
  ]
}

async function reach(name: Bucket, { client, place }: Connection): Promise<Finding> {
  const where = `the ${SETTING_OF[name]} bucket ${place.bucket} at ${place.endpoint ?? `Amazon, ${place.region}`}`
  try {
    await client.headBucket({ Bucket: place.bucket }, limit())
    return { ok: true, fact: `${where} answers` }
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
    const reason = status === 404 ? 'there is no such bucket' : status === 403 ? 'these keys may not use it' : messageOf(error)
    return {
      ok: false,
      fact: `${where}: ${reason}`,
      remedy: 'correct endpoint, region, keys and bucket names under gateways.storage, or make the bucket'
    }
  }
}

async function roundTrip(name: Bucket, port: OpenS3): Promise<Finding> {
  const key = `care-kernel-doctor/${randomUUID()}`
  try {
    await port.put(name, key, Buffer.from('doctor'), { contentType: 'text/plain' })
    const same = Buffer.from((await port.get(name, key)) ?? []).toString() === 'doctor'
    await port.delete(name, key)
    return {
      ok: same,
      fact: `writes and reads the ${SETTING_OF[name]} bucket`,
      remedy: 'the store returned other bytes than were written'
    }
  } catch (error) {
    return {
      ok: false,
      fact: `the ${SETTING_OF[name]} bucket cannot be written: ${messageOf(error)}`,
      remedy: 'let these keys put, get and delete objects (s3:PutObject, s3:GetObject, s3:DeleteObject)'
    }
  }
}

/** Requests without a signature are refused, whether the object exists or not. */
async function isPrivate({ base }: Connection): Promise<Finding> {
  const status = await unsigned(`${base.origin}${base.path}/care-kernel-doctor/${randomUUID()}`, { method: 'GET' })
  return {
    ok: typeof status === 'number' && [401, 403].includes(status),
    fact: `without a signature the patient bucket answers ${status}`,
    remedy: 'it must answer 403: take public access and listing away from the bucket, and check externalEndpoint'
  }
}

function isReadable(port: OpenS3): Finding {
  return { ok: true, fact: `pictures are read from ${port.publicAddress}; the bucket, or publicAcl, must allow it` }
}

async function keepsVersions({ client, place }: Connection): Promise<Finding> {
  const state = await client.getBucketVersioning({ Bucket: place.bucket }, limit()).then(
    ({ Status: status }) => status === 'Enabled',
    () => undefined
  )
  return {
    ok: state !== false,
    fact:
      state === undefined
        ? 'whether the patient bucket keeps versions cannot be determined'
        : state
          ? 'the patient bucket keeps versions: what was checked is what is served'
          : 'the patient bucket keeps no versions: the uploader of a file can replace it while the upload address is valid',
    remedy: 'switch versioning on'
  }
}

/** Whether a browser of the front end may PUT. */
async function allowsUploads(origin: string, { base }: Connection): Promise<Finding> {
  const answer = await request(`${base.origin}${base.path}/care-kernel-doctor/cors`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' }
  })
  const allowed = typeof answer === 'string' ? undefined : answer.headers.get('access-control-allow-origin')
  const ok = allowed === '*' || allowed === origin
  return {
    ok,
    fact: ok ? `browsers at ${origin} may upload` : `browsers at ${origin} may not upload to the patient bucket`,
    remedy: 'give the bucket a CORS rule: this origin, methods GET and PUT, header Content-Type'
  }
}

async function clocksAgree({ connections: { private: patient }, clock }: OpenS3): Promise<Finding> {
  const answer = await request(`${patient.base.origin}${patient.base.path}/care-kernel-doctor/clock`, { method: 'HEAD' })
  const date = typeof answer === 'string' ? null : answer.headers.get('date')
  const skew = date === null ? 0 : Math.round((Date.parse(date) - clock.now().getTime()) / 1000)
  return {
    ok: Math.abs(skew) <= MOST_SKEW_SECONDS,
    fact: date === null ? 'the store sends no time' : `its clock is ${skew} s from ours`,
    remedy: 'set the clocks: signatures are refused from 15 minutes on'
  }
}

function isEncrypted({ base }: Connection): Finding {
  const local = /^(localhost|127\.|\[::1\])/.test(base.host)
  return {
    ok: local || base.origin.startsWith('https:'),
    fact: `browsers reach the patient bucket at ${base.origin}`,
    remedy: 'give an externalEndpoint with https: files of patients must not be sent unencrypted'
  }
}

async function unsigned(url: string, init: RequestInit): Promise<number | string> {
  const answer = await request(url, init)
  return typeof answer === 'string' ? answer : answer.status
}

const request = (url: string, init: RequestInit): Promise<Response | string> =>
  fetch(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(SECONDS * 1000) }).catch(messageOf)
const limit = () => ({ abortSignal: AbortSignal.timeout(SECONDS * 1000) })

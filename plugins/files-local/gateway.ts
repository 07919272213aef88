import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Bucket, Storage } from 'care-kernel'
import { defineGateway, requireKey } from 'care-kernel/gateway'
import { Type } from 'typebox'
import { Objects } from './objects.ts'
import { serve } from './routes.ts'
import { makeSignatures } from './signatures.ts'

const bucket = (name: string, description: string) =>
  Type.String({ default: name, pattern: '^[a-z0-9][a-z0-9.-]*-bucket$', description })

const addressOf = (url: string) => url.replace(/\/+$/, '')

export default defineGateway({
  port: 'storage',
  name: 'files-local',
  summary: 'Files in a folder, served under signed addresses by this server',
  config: Type.Object(
    {
      directory: Type.String({ default: '.care/files', minLength: 1, description: 'Folder of the files' }),
      url: Type.String({
        default: 'http://localhost:9000',
        format: 'uri',
        description: 'Address of this server for browsers'
      }),
      buckets: Type.Object(
        {
          patient: bucket('patient-bucket', 'First part of the address of files about patients'),
          facility: bucket('facility-bucket', 'First part of the address of pictures')
        },
        { default: {}, additionalProperties: false }
      ),
      maxMegabytes: Type.Integer({ default: 100, minimum: 1, description: 'Largest upload' })
    },
    { additionalProperties: false }
  ),
  // Processes of one machine share the folder.
  shared: true,
  constants: ({ url, buckets }) => ({ publicAddress: `${addressOf(url)}/${buckets.facility}` }),
  async open({ directory, url, buckets, maxMegabytes }, { app, clock, deployment }): Promise<Storage> {
    const address = addressOf(url)
    const folder = resolve(directory)
    const names: Record<Bucket, string> = { private: buckets.patient, public: buckets.facility }
    const objects: Record<Bucket, Objects> = {
      private: new Objects(join(folder, names.private)),
      public: new Objects(join(folder, names.public))
    }
    const make = async () => void (await Promise.all([objects.private.make(), objects.public.make()]))
    await make()
    const signatures = makeSignatures(deployment.security.secretKey)
    await serve(app, {
      buckets: [
        { name: names.private, objects: objects.private, open: false },
        { name: names.public, objects: objects.public, open: true }
      ],
      signatures,
      clock,
      mostBytes: maxMegabytes * 1_048_576
    })

    let closed = false
    const of = (name: Bucket) => {
      if (closed) throw new Error('the gateway is closed')
      return objects[name]
    }
    return {
      publicAddress: `${address}/${names.public}`,
      put: async (name, key, content, { contentType }) => void (await of(name).write(key, contentType, [content])),
      get: async (name, key, part) => of(name).read(key, part),
      delete: async (name, key) => of(name).delete(key),
      async stat(name, key) {
        const head = await of(name).head(key)
        return head && { ...head, etag: `"${head.version}"` }
      },
      signedUrl(name, key, use) {
        requireKey(key)
        return address + signatures.sign(`/${names[name]}/${key}`, use, clock.now())
      },
      async check() {
        if (closed) throw new Error('the gateway is closed')
        await make()
      },
      async close() {
        closed = true
      }
    }
  },
  async doctor(port, { directory, url }) {
    await port.check()
    const folder = resolve(directory)
    const openToOthers = ((await stat(folder)).mode & 0o077) !== 0
    const local = /^https?:\/\/(localhost|127\.|\[::1\])/.test(url)
    return [
      {
        ok: !openToOthers || process.platform === 'win32',
        fact: `files are kept in ${folder}${openToOthers ? ', which other users may open' : ''}`,
        remedy: `chmod 700 ${folder}`
      },
      {
        ok: local || url.startsWith('https:'),
        fact: `browsers reach them at ${url}`,
        remedy: 'set gateways.storage.url to an address with https: files of patients must not be sent unencrypted'
      }
    ]
  }
})

import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Actor, Tx } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { actorOf, describe, ordering, out, resource, shape } from 'care-kernel/rest'
import { facilitiesOf, type FacilityLike } from 'care-kernel/contracts/auth-permissions'
import { FACILITY } from 'care-kernel/contracts/facilities'
import { readPicture } from '../images.ts'
import type { FileScope } from '../services.ts'

type OfFacility = { Params: { id: string } }
type OfUser = { Params: { username: string } }

interface Pictured {
  readonly id: number
  readonly external_id: string
}

const visible = facilitiesOf('f')
const facilities = resource({
  name: 'Facility',
  from: `${FACILITY} f`,
  key: { column: 'f.external_id', kind: 'uuid' },
  live: 'not f.deleted',
  shape: shape({ id: out.uuid('f.external_id') }),
  ordering: ordering({}, 'f.id')
})

const coverAnswer = shape({ read_cover_image_url: out.text('null') })

/** `cover_image/` of facilities, `profile_picture/` of users (docs/api/gateways-jobs.md §3). */
export function pictureRoutes(app: FastifyInstance, scope: FileScope): void {
  const { database, permissions, storage, store } = scope
  const { users } = scope['auth-permissions']
  const places = scope.facilities.facilities

  async function facilityOf(request: FastifyRequest<OfFacility>): Promise<Pictured> {
    const actor: Actor = actorOf(request)
    const facility = await facilities.row<FacilityLike & Pictured>(
      database,
      request.params.id,
      'f.id, f.external_id, f.created_by_id, f.district_id, f.state_id',
      params => [rowCondition(visible, actor, params)]
    )
    permissions.check(actor, 'facility.picture', facility)
    return facility
  }

  async function userOf(request: FastifyRequest<OfUser>): Promise<Pictured> {
    const actor = actorOf(request)
    const user = await users.visible(database, actor, request.params.username)
    permissions.check(actor, 'user.picture', user)
    return user
  }

  /** Stores the picture, writes its key, then deletes the old one: an interruption at any point leaves a picture (FIX §16.18). */
  async function replace(
    request: FastifyRequest,
    field: 'cover_image' | 'profile_picture',
    folder: 'cover_images' | 'avatars',
    { id, external_id: uuid }: Pictured,
    name: (tx: Tx, id: number, key: string | null) => Promise<string | null>
  ): Promise<string> {
    const { extension, content, contentType } = await readPicture(field, request.uploads, request.body)
    const key = `${folder}/${uuid}_${randomBytes(8).toString('hex')}.${extension}`
    await store.putPicture(key, content, contentType)
    const before = await database
      .transaction(tx => name(tx, id, key))
      .catch(async (error: unknown) => {
        await store.dropPicture(key)
        throw error
      })
    await store.dropPicture(before)
    return key
  }

  const ofFacility = { permission: 'facility.picture' }
  app.post<OfFacility>(
    '/api/v1/facility/:id/cover_image/',
    { config: ofFacility, schema: describe({ summary: 'Set the picture of a facility', answer: coverAnswer }) },
    async (request, reply) => {
      const facility = await facilityOf(request)
      const key = await replace(request, 'cover_image', 'cover_images', facility, places.setPicture)
      return reply.send({ read_cover_image_url: `${storage.publicAddress}/${key}` })
    }
  )
  app.delete<OfFacility>(
    '/api/v1/facility/:id/cover_image/',
    { config: ofFacility, schema: describe({ summary: 'Remove the picture of a facility', status: 204 }) },
    async (request, reply) => {
      const { id } = await facilityOf(request)
      await store.dropPicture(await database.transaction(tx => places.setPicture(tx, id, null)))
      return reply.code(204).send()
    }
  )

  const ofUser = { permission: 'user.picture' }
  app.post<OfUser>(
    '/api/v1/users/:username/profile_picture/',
    { config: ofUser, schema: describe({ summary: 'Set the picture of a user' }) },
    async (request, reply) => {
      await replace(request, 'profile_picture', 'avatars', await userOf(request), users.setPicture)
      return reply.send()
    }
  )
  app.delete<OfUser>(
    '/api/v1/users/:username/profile_picture/',
    { config: ofUser, schema: describe({ summary: 'Remove the picture of a user', status: 204 }) },
    async (request, reply) => {
      const { id } = await userOf(request)
      await store.dropPicture(await database.transaction(tx => users.setPicture(tx, id, null)))
      return reply.code(204).send()
    }
  )
}

import type { FastifyInstance } from 'fastify'
import { rowCondition } from 'care-kernel/access'
import { actorOf, ApiError, describe, readInput, sendJson } from 'care-kernel/rest'
import { LISTED, removableUsers } from '../row-access.ts'
import { removesUsers, type UserLike } from '../policy.ts'
import { userInputs } from '../inputs.ts'
import type { AuthScope } from '../services.ts'

type Named = { Params: { username: string } }

/** `users/` (docs/api/auth-users.md §3.2 to §3.5); other plugins mount memberships, pictures and push settings. */
export function userRoutes(app: FastifyInstance, { database, clock, deployment, permissions, users }: AuthScope): void {
  const { reads } = users
  const inputs = userInputs({ clock, deployment })
  const { listed, named, current } = reads

  app.get(
    '/api/v1/users/',
    {
      config: { permission: 'user.read', permissionBefore405: 'user.update' },
      schema: describe({
        summary: 'Users one sees',
        filters: listed.filters,
        ordering: listed.ordering,
        paging: 'limit',
        answer: listed.shape
      })
    },
    async (request, reply) => sendJson(reply, await listed.list(database, request, reads.listedFor(actorOf(request))))
  )

  app.get(
    '/api/v1/users/getcurrentuser/',
    { config: { permission: 'user.read' }, schema: describe({ summary: 'Who is logged in', answer: current.shape }) },
    async (request, reply) => sendJson(reply, await current.one(database, actorOf(request).id))
  )

  app.post(
    '/api/v1/users/add_user/',
    { config: { permission: 'user.add' }, schema: describe({ summary: 'Add a user', body: inputs.create, status: 201 }) },
    async (request, reply) => {
      await users.add(database, actorOf(request), await readInput(request, inputs.create, { db: database }))
      return reply.code(201).send()
    }
  )

  app.get<Named>(
    '/api/v1/users/:username/',
    {
      config: { permission: 'user.detail', permissionBefore405: 'user.update' },
      schema: describe({ summary: 'One user', answer: named.shape })
    },
    async (request, reply) => {
      const user = await reads.visible<UserLike & { json: string }>(
        database,
        actorOf(request),
        request.params.username,
        `u.id, ${named.shape.sql}::text as json`
      )
      permissions.check(actorOf(request), 'user.detail', user)
      return sendJson(reply, user.json)
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<Named>({
      method,
      url: '/api/v1/users/:username/',
      config: { permission: 'user.update' },
      schema: describe({ summary: 'Change a user', body: inputs.update, answer: named.shape }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const json = await database.transaction(async tx => {
          const user = await users.visible(tx, actor, request.params.username, true)
          permissions.check(actor, 'user.update', { ...user, moves: moves(request.body) })
          const values = await (method === 'PATCH'
            ? readInput(request, inputs.update, { db: tx, partial: true })
            : readInput(request, inputs.update, { db: tx }))
          await users.update(tx, actor, user.id, values)
          return current.one(tx, user.id, undefined, named.shape)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<Named>(
    '/api/v1/users/:username/',
    { config: { permission: 'user.delete' }, schema: describe({ summary: 'Deactivate a user', status: 204 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      if (!removesUsers.test(actor, undefined)) throw new ApiError(403, { permission: 'Denied' })
      await database.transaction(async tx => {
        const { id } = await named.row<{ id: number }>(
          tx,
          request.params.username,
          'u.id',
          params => [LISTED, rowCondition(removableUsers, actor, params)],
          true
        )
        await users.deactivate(tx, id)
      })
      return reply.code(204).send()
    }
  )

  app.get<Named>(
    '/api/v1/users/:username/check_availability/',
    { config: { permission: 'user.read' }, schema: describe({ summary: 'Whether a user name is free' }) },
    async (request, reply) => reply.code((await users.isUnavailable(database, request.params.username)) ? 409 : 200).send()
  )
}

/** Whether a body names a district or a state. */
function moves(body: unknown): boolean {
  const { district, state } = (typeof body === 'object' && body !== null ? body : {}) as { district?: unknown; state?: unknown }
  return Boolean(district) || Boolean(state)
}

import type { FastifyInstance } from 'fastify'
import type { Queryable } from 'care-kernel'
import { rowCondition } from 'care-kernel/access'
import { Params, refusingDuplicates } from 'care-kernel/data'
import {
  actorOf,
  describe,
  field,
  filter,
  filters,
  invalid,
  notFound,
  ordering,
  out,
  readInput,
  record,
  resource,
  sendJson,
  shape
} from 'care-kernel/rest'
import { UserSkill } from '../models.ts'
import { usersOf } from '../row-access.ts'
import type { UserLike } from '../policy.ts'
import { skillObject } from '../outputs.ts'
import type { AuthScope } from '../services.ts'

type Named = { Params: { username: string } }
type Linked = { Params: { username: string; id: string } }

/** Skills (docs/api/auth-users.md §3.8). */
const skills = resource({
  name: 'Skill',
  from: 'users_skill k',
  key: { column: 'k.external_id', kind: 'uuid' },
  live: 'not k.deleted',
  shape: skillObject,
  filters: filters({ search_text: filter.search('k.name') }),
  ordering: ordering({}, 'k.id')
})

/** Skills of users. */
const userSkills = resource({
  name: 'UserSkill',
  from: 'users_userskill us',
  key: { column: 'us.external_id', kind: 'uuid' },
  live: 'not us.deleted',
  ordering: ordering({}, 'us.id'),
  shape: shape({
    id: out.uuid('us.external_id'),
    skill_object: out.object(skillObject, 'from users_skill k where k.id = us.skill_id')
  })
})

const LINKED = { unique_user_skill: () => invalid({ skill: 'Already exists' }) }

const input = record({ skill: field.externalId('users_skill', { source: 'skill_id' }) })

/** `skill/` and `users/{username}/skill/` (docs/api/auth-users.md §3.8, with its FIX: authentication on every read, row access `user.skill` on every write). */
export function skillRoutes(app: FastifyInstance, { database, permissions, users, repository }: AuthScope): void {
  const reading = (schema: object) => ({ config: { permission: 'skill.read' }, schema })
  const writing = (schema: object) => ({ config: { permission: 'user.skill.write' }, schema })
  const ofUser =
    ({ id }: UserLike) =>
    (params: Params) => [`us.user_id = ${params.add(id)}`]
  /** The user of the path unless deleted, inactive ones included; 404 otherwise. */
  const owner = (db: Queryable, username: string) =>
    users.reads.named.row<UserLike>(db, username, 'u.id, u.user_type, u.district_id, u.state_id')
  const links = repository(UserSkill)

  app.get(
    '/api/v1/skill/',
    reading(describe({ summary: 'Skills', filters: skills.filters, paging: 'limit', answer: skillObject })),
    async (request, reply) => sendJson(reply, await skills.list(database, request))
  )
  app.get<{ Params: { id: string } }>(
    '/api/v1/skill/:id/',
    reading(describe({ summary: 'One skill', answer: skillObject })),
    async ({ params }, reply) => sendJson(reply, await skills.one(database, params.id))
  )

  app.get<Named>(
    '/api/v1/users/:username/skill/',
    reading(describe({ summary: 'Skills of a user', paging: 'limit', answer: userSkills.shape })),
    async (request, reply) =>
      sendJson(reply, await userSkills.list(database, request, ofUser(await owner(database, request.params.username))))
  )
  app.get<Linked>(
    '/api/v1/users/:username/skill/:id/',
    reading(describe({ summary: 'One skill of a user', answer: userSkills.shape })),
    async ({ params }, reply) =>
      sendJson(reply, await userSkills.one(database, params.id, ofUser(await owner(database, params.username))))
  )

  app.post<Named>(
    '/api/v1/users/:username/skill/',
    writing(describe({ summary: 'Give a user a skill', body: input, answer: userSkills.shape, status: 201 })),
    async (request, reply) => {
      const actor = actorOf(request)
      const json = await database.transaction(async tx => {
        const user = await owner(tx, request.params.username)
        permissions.check(actor, 'user.skill.write', user)
        const values = await readInput(request, input, { db: tx })
        await requireReach(tx, user, params => rowCondition(usersOf('u'), actor, params))
        const { external_id: id } = await refusingDuplicates(LINKED, () =>
          links.insert(tx, { ...input.columns(values), user_id: user.id })
        )
        return userSkills.one(tx, id)
      })
      return sendJson(reply, json, 201)
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<Linked>({
      method,
      url: '/api/v1/users/:username/skill/:id/',
      ...writing(describe({ summary: 'Change a skill of a user', body: input, answer: userSkills.shape })),
      async handler(request, reply) {
        const json = await database.transaction(async tx => {
          const id = await changeable(tx, request.params, request)
          const values = await (method === 'PATCH'
            ? readInput(request, input, { db: tx, partial: true })
            : readInput(request, input, { db: tx }))
          await refusingDuplicates(LINKED, () => links.update(tx, id, input.columns(values)))
          return userSkills.one(tx, request.params.id)
        })
        return sendJson(reply, json)
      }
    })
  }

  app.delete<Linked>(
    '/api/v1/users/:username/skill/:id/',
    writing(describe({ summary: 'Take a skill from a user', status: 204 })),
    async (request, reply) => {
      await database.transaction(async tx => {
        const id = await changeable(tx, request.params, request)
        await links.delete(tx, id)
      })
      return reply.code(204).send()
    }
  )

  /** The key of the link that the path names, locked: 403 before 404, as in the original. */
  async function changeable(
    tx: Queryable,
    { username, id }: Linked['Params'],
    request: Parameters<typeof actorOf>[0]
  ): Promise<number> {
    const actor = actorOf(request)
    const user = await owner(tx, username)
    permissions.check(actor, 'user.skill.write', user)
    await requireReach(tx, user, params => rowCondition(usersOf('u'), actor, params))
    return (await userSkills.row<{ id: number }>(tx, id, 'us.id', ofUser(user), true)).id
  }
}

/** 404 unless row access `user.skill` includes the user. */
async function requireReach(db: Queryable, { id }: UserLike, scope: (params: Params) => string): Promise<void> {
  const params = new Params()
  const { rows } = await db.query(`select 1 from users_user u where u.id = ${params.add(id)} and ${scope(params)}`, params.values)
  if (rows.length === 0) throw notFound('User')
}

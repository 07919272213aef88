import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Database } from 'care-kernel'
import { rowCondition, type RowAccess } from 'care-kernel/access'
import { baseColumns, column, defineModel, type Repositories } from 'care-kernel/data'
import {
  actorOf,
  describe,
  field,
  invalid,
  isUuid,
  notAUuid,
  ordering,
  out,
  readInput,
  record,
  resource,
  sendJson,
  shape,
  type Resource,
  type Shape,
  type Where
} from 'care-kernel/rest'
import { USER, userBaseMinimum } from 'care-kernel/contracts/auth-permissions'

type One = { Params: { id: string } }
type Comment = { Params: { id: string; comment: string } }

const author = `from ${USER} u where u.id = c.created_by_id`

/** A comment; `c` is its row (docs/api/shifting-resources.md §9.6). */
export const commentShape = shape({
  id: out.uuid('c.external_id'),
  comment: out.text('c.comment'),
  created_date: out.datetime('c.created_date'),
  modified_date: out.datetime('c.modified_date'),
  created_by: out.integer('c.created_by_id'),
  created_by_object: out.object(userBaseMinimum, author)
})

/** A comment in the list (docs/api/shifting-resources.md §8). */
export const commentItem = shape({
  id: out.uuid('c.external_id'),
  comment: out.text('c.comment'),
  modified_date: out.datetime('c.modified_date'),
  created_by_object: out.object(
    shape({ id: out.integer('u.id'), first_name: out.text('u.first_name'), last_name: out.text('u.last_name') }),
    author
  )
})

const input = record({ comment: field.text({ blank: true, null: true, default: '' }) })

/** The model of the comments on one kind of request. The text may be about a patient: privacy class `health`. */
export const commentModel = (name: string, table: string, fixture: string) =>
  defineModel({
    name,
    table,
    fixture,
    subject: null,
    stamps: { insert: ['created_by_id'] },
    columns: {
      ...baseColumns(),
      request_id: column.bigint('none'),
      created_by_id: column.bigint('none', { null: true }),
      comment: column.text('health', { default: '' })
    }
  })

/** Comments on one kind of request. */
export interface CommentsOn {
  /** `<path>/{id}/comment/` */
  readonly path: string
  /** The requests; `r` is the row. */
  readonly requests: Resource
  /** The requests that an actor sees. */
  readonly rowAccess: RowAccess
  readonly model: CommentModel
  readonly permissions: { readonly read: string; readonly write: string }
  /** Representations in a list, and of one comment. */
  readonly shapes: { readonly listed: Shape; readonly one: Shape }
}

type CommentModel = ReturnType<typeof commentModel>

/** The part of the scope of the plugin that mounts the routes. */
interface CommentScope {
  readonly database: Database
  readonly repository: Repositories
}

/** Mounts list, detail and creation of comments. Comments are neither changed nor deleted; every status of the request allows one (docs/api/shifting-resources.md §8, §9.6). */
export function commentRoutes(
  app: FastifyInstance,
  { database, repository }: CommentScope,
  { path, requests, rowAccess, model: definition, permissions, shapes }: CommentsOn
): void {
  const url = `/api/v1/${path}/:id/comment/`
  const comments = resource({
    name: definition.name,
    from: `${definition.table} c`,
    key: { column: 'c.external_id', kind: 'uuid' },
    live: 'not c.deleted',
    shape: shapes.one,
    ordering: ordering({}, 'c.created_date desc, c.id desc')
  })
  const config = { permission: permissions.read, permissionBefore405: permissions.write }

  /** Comments on the request of the path, if the actor sees it; none otherwise. */
  const ofRequest = (request: FastifyRequest<One>): Where => {
    const { id } = request.params
    if (!isUuid(id)) throw notAUuid(id)
    return params => [
      `c.request_id = (select r.id from ${requests.from} where r.external_id = ${params.add(id)} and ${requests.live ?? 'true'} and (${rowCondition(rowAccess, actorOf(request), params)}))`
    ]
  }

  app.get<One>(
    url,
    { config, schema: describe({ summary: 'Comments on a request', paging: 'limit', answer: shapes.listed }) },
    async (request, reply) => sendJson(reply, await comments.list(database, request, ofRequest(request), shapes.listed))
  )

  app.get<Comment>(
    `${url}:comment/`,
    { config, schema: describe({ summary: 'One comment on a request', answer: shapes.one }) },
    async (request, reply) => sendJson(reply, await comments.one(database, request.params.comment, ofRequest(request)))
  )

  app.post<One>(
    url,
    {
      config: { permission: permissions.write },
      schema: describe({ summary: 'Comment on a request', body: input, answer: shapes.one, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const { id } = request.params
      if (!isUuid(id)) throw notAUuid(id)
      const json = await database.transaction(async tx => {
        const { comment } = await readInput(request, input, { db: tx })
        if (!comment) throw invalid({ comment: ['Comment cannot be empty'] })
        const parent = await requests.row<{ id: number }>(tx, id, 'r.id', params => [rowCondition(rowAccess, actor, params)])
        const made = await repository(definition).insert(tx, { request_id: parent.id, comment })
        return comments.one(tx, made.external_id)
      })
      return sendJson(reply, json, 201)
    }
  )
}

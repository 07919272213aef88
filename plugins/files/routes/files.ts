import type { FastifyInstance, FastifyRequest } from 'fastify'
import {
  actorOf,
  badRequest,
  denied,
  describe,
  filter,
  filters,
  invalid,
  ordering,
  readInput,
  resource,
  sendJson,
  type Where
} from 'care-kernel/rest'
import { FILE_TYPES, type FileType } from '../enumerations.ts'
import { fileChange, fileInput } from '../inputs.ts'
import { refused } from '../owners.ts'
import { keptFromStaff, mayChange } from '../policy.ts'
import type { FileScope } from '../services.ts'
import { changed, created, listed, retrieved, single, withText } from '../outputs.ts'
import { STORED, type StoredFile } from '../store.ts'

type One = { Params: { id: string } }
type Row = StoredFile & { readonly is_archived: boolean; readonly associating_id: string; readonly uploaded_by_id: number | null }

const ROW = `${STORED}, x.is_archived, x.associating_id, x.uploaded_by_id`

const rows = resource({
  name: 'FileUpload',
  from: 'facility_fileupload x',
  key: { column: 'x.external_id', kind: 'uuid' },
  live: 'not x.deleted',
  shape: listed,
  ordering: ordering({}, 'x.created_date desc nulls last, x.id desc'),
  filters: filters({
    file_category: filter.text('x.file_category'),
    is_archived: filter.bool('x.is_archived')
  })
})

/** The type and the owners of the query. Throws 400 for a missing or invalid parameter, 403 for staff that reads clinical files. */
function ownersQuery(request: FastifyRequest): { readonly type: FileType; readonly ids: readonly string[] } {
  const query = request.query as Record<string, string | string[] | undefined>
  const last = (name: string) => [query[name] ?? []].flat().at(-1)
  const [name, ids] = [last('file_type'), last('associating_id')]
  const type = Object.entries(FILE_TYPES).find(([, label]) => label === name)?.[0]
  if (request.method === 'GET' && type !== undefined && keptFromStaff(actorOf(request), Number(type) as FileType)) throw denied()
  if (name === undefined) throw invalid({ file_type: 'file_type missing in request params' })
  if (ids === undefined) throw invalid({ associating_id: 'associating_id missing in request params' })
  if (type === undefined) throw invalid({ file_type: 'invalid file type' })
  return { type: Number(type) as FileType, ids: ids.split(',') }
}

const of =
  (type: FileType, owners: readonly { readonly key: string }[]): Where =>
  params => [
    `x.file_type = ${params.add(type)}`,
    `x.associating_id = any(${params.add(
      owners.map(({ key }) => key),
      'text[]'
    )})`
  ]

/** `files/` (docs/api/gateways-jobs.md §1). The bytes travel between browser and store only. */
export function fileRoutes(app: FastifyInstance, scope: FileScope): void {
  const { config, database, files, owners, permissions, store } = scope
  const input = fileInput(config.maxMegabytes * 1_048_576)
  const reading = { permission: 'file.read', permissionBefore405: 'file.change' }
  const writing = { permission: 'file.change' }

  app.get(
    '/api/v1/files/',
    {
      config: { permission: 'file.read', permissionBefore405: 'file.change' },
      schema: describe({ summary: 'Files of an owner', filters: rows.filters, paging: 'limit', answer: listed })
    },
    async (request, reply) => {
      const { type, ids } = ownersQuery(request)
      const found = await owners.require(database, actorOf(request), type, ids, 'read')
      return sendJson(reply, await rows.list(database, request, of(type, found)))
    }
  )

  app.post(
    '/api/v1/files/',
    {
      config: { permission: 'file.add' },
      schema: describe({ summary: 'Make a place for a file', body: input, answer: created, status: 201 })
    },
    async (request, reply) => {
      const actor = actorOf(request)
      const given = await readInput(request, input, { db: database })
      const values = { ...given, file_type: given.file_type as FileType }
      if (!config.allowedTypes.includes(values.mime_type)) throw badRequest('Invalid File Type')
      const json = await database.transaction(async tx => {
        const [owner] = await owners.require(tx, actor, values.file_type, [values.associating_id], 'create')
        if (!owner) throw refused()
        permissions.check(actor, 'file.add', values)
        const made = await files.add(tx, actor, owner, values)
        const url = store.uploadUrl({ ...values, internal_name: made.internal_name }, values.mime_type, values.size)
        return withText(made.json, 'signed_url', url)
      })
      return sendJson(reply, json, 201)
    }
  )

  app.get<One>(
    '/api/v1/files/:id/',
    { config: reading, schema: describe({ summary: 'One file, and where to read it', answer: retrieved }) },
    async (request, reply) => {
      const { type, ids } = ownersQuery(request)
      const found = await owners.require(database, actorOf(request), type, ids, 'read')
      const row = await rows.row<StoredFile & { json: string }>(
        database,
        request.params.id,
        `${STORED}, ${single.sql}::text as json`,
        of(type, found)
      )
      return sendJson(reply, await files.answer(database, row))
    }
  )

  for (const method of ['PUT', 'PATCH'] as const) {
    app.route<One>({
      method,
      url: '/api/v1/files/:id/',
      config: writing,
      schema: describe({ summary: 'Rename, complete or archive a file', body: fileChange, answer: changed }),
      async handler(request, reply) {
        const actor = actorOf(request)
        const { type, ids } = ownersQuery(request)
        const found = await owners.require(database, actor, type, ids, 'change')
        const where = of(type, found)
        const row = await rows.row<Row>(database, request.params.id, ROW, where)
        const values = await (method === 'PATCH'
          ? readInput(request, fileChange, { db: database, partial: true })
          : readInput(request, fileChange, { db: database }))
        requireChangeable(row)
        // The store is called before any row is locked, as it may be slow.
        if (values.upload_completed && row.content?.checked_at === null) await store.check(database, row)
        const json = await database.transaction(async tx => {
          const locked = await rows.row<Row>(tx, request.params.id, ROW, where, true)
          requireChangeable(locked)
          const owner = found.find(({ key }) => key === locked.associating_id)
          await files.change(tx, actor, locked, owner, fileChange.columns(values))
          return rows.one(tx, request.params.id, undefined, changed)
        })
        return sendJson(reply, json)

        function requireChangeable(file: Row): void {
          if (file.is_archived) throw invalid({ file: 'Operation not permitted when archived.' })
          if (!mayChange.test(actor, file)) throw invalid({ permission: "Don't have permission to archive" })
          permissions.check(actor, 'file.change', file)
        }
      }
    })
  }

  app.delete<One>(
    '/api/v1/files/:id/',
    { config: writing, schema: describe({ summary: 'Delete a file', status: 204 }) },
    async (request, reply) => {
      const actor = actorOf(request)
      const { type, ids } = ownersQuery(request)
      await database.transaction(async tx => {
        const found = await owners.require(tx, actor, type, ids, 'change')
        const row = await rows.row<Row>(tx, request.params.id, ROW, of(type, found), true)
        permissions.check(actor, 'file.change', row)
        const owner = found.find(({ key }) => key === row.associating_id)
        await files.change(tx, actor, row, owner, { deleted: true })
      })
      return reply.code(204).send()
    }
  )
}

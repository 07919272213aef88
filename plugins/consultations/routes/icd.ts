import type { FastifyInstance } from 'fastify'
import { describe, escapeLike, ordering, resource, sendJson, type Query } from 'care-kernel/rest'
import { icdShape } from '../outputs.ts'
import type { ConsultationScope } from '../services.ts'

const MOST = 20
const MOST_TOKENS = 4

/** Entries with a code, as the partial indexes of `0006_indexes.sql` say it. */
const CODED = "i.label ~ '^(?:[A-Z]+\\d|\\d+[A-Z])[A-Z\\d.]*\\s'"
/** The words of a label in small letters, each after a space; a dotted code is one. Indexed by trigrams in the same words. */
const WORDS = "(' ' || regexp_replace(lower(i.label), '[^[:alnum:].]+', ' ', 'g'))"

const entries = resource({
  // An unknown entry is answered without the class name (docs/api/consultations.md §8.2).
  name: '',
  from: 'facility_icd11diagnosis i',
  key: { column: 'i.id', kind: 'integer' },
  shape: icdShape,
  ordering: ordering({}, 'i.label')
})

/** Entries whose label has, for every token, a word that begins with it; one statement per number of tokens. */
const search = Array.from({ length: MOST_TOKENS + 1 }, (_, tokens) => {
  const where = Array.from({ length: tokens }, (_, at) => ` and ${WORDS} like $${at + 2}`)
  return `select coalesce('[' || string_agg(${icdShape.sql}::text, ',') || ']', '[]') as json from (
    select i.* from facility_icd11diagnosis i where ${CODED}${where.join('')} order by i.label limit $1) i`
})

/** `icd/` (docs/api/consultations.md §8.2). */
export function icdRoutes(app: FastifyInstance, { database }: ConsultationScope): void {
  const config = { permission: 'icd.read' }

  app.get(
    '/api/v1/icd/',
    { config, schema: describe({ summary: 'Entries of ICD-11 by the beginnings of their words' }) },
    async (request, reply) => {
      const { query, limit } = request.query as Query
      const patterns = tokensOf(last(query)).map(token => `% ${escapeLike(token)}%`)
      const {
        rows: [row]
      } = await database.query<{ json: string }>(search[patterns.length] ?? '', [limitOf(last(limit)), ...patterns])
      return sendJson(reply, row?.json ?? '[]')
    }
  )

  app.get<{ Params: { id: string } }>(
    '/api/v1/icd/:id/',
    { config, schema: describe({ summary: 'One entry of ICD-11', answer: icdShape }) },
    async (request, reply) => sendJson(reply, await entries.one(database, request.params.id))
  )
}

const last = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : (value?.at(-1) ?? ''))

/** At most four tokens, split from the right: the rest at the beginning is one. Punctuation counts as spaces. */
function tokensOf(text: string): string[] {
  const words = text.replaceAll('\0', '').trim().split(/\s+/)
  const first = words.slice(0, Math.max(1, words.length - MOST_TOKENS + 1)).join(' ')
  return [first, ...words.slice(1).slice(-MOST_TOKENS + 1)]
    .map(token =>
      token
        .toLowerCase()
        .replace(/[^\p{L}\p{N}.]+/gu, ' ')
        .trim()
    )
    .filter(Boolean)
}

function limitOf(text: string): number {
  const number = /^\d{1,9}$/.test(text.trim()) ? Number(text) : MOST
  return number >= 1 && number <= MOST ? number : MOST
}

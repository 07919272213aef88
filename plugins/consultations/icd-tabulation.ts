/** An entry of ICD-11 as a file gives it. */
export interface IcdEntry {
  readonly id: number
  readonly uri: string
  readonly label: string
  /** `chapter`, `block` or `category`. */
  readonly classKind: string
  readonly isLeaf: boolean
  readonly parentId: number | null
  readonly depth: number
  readonly isAdoptedChild: boolean
  readonly breadth: number
}

const ENTITY = 'http://id.who.int/icd/entity/'
const COLUMNS = {
  foundation: /^foundation uri$/i,
  linearization: /^linearization( \(release\))? uri$/i,
  code: /^code$/i,
  title: /^title$/i,
  kind: /^classkind$/i,
  chapter: /^chapterno$/i,
  leaf: /^isleaf$/i
} as const

/**
 * Reads WHO's tabulation of ICD-11 (LinearizationMiniOutput, SimpleTabulation): one entry a line, columns by their names, the
 * depth as dashes before the title. Throws with the number of an invalid line.
 */
export async function* readTabulation(lines: AsyncIterable<string> | Iterable<string>): AsyncIterable<IcdEntry> {
  let columns: Record<keyof typeof COLUMNS, number> | undefined
  const above: { readonly depth: number; readonly id: number }[] = []
  let number = 0
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const cells = line
      .replace(/^\uFEFF/, '')
      .split('\t')
      .map(unquote)
    if (!columns) {
      columns = positions(cells)
      continue
    }
    const cell = (name: keyof typeof COLUMNS) => cells[columns?.[name] ?? -1]?.trim() ?? ''
    const [, dashes = '', title = ''] = /^((?:- ?)*)(.*)$/.exec(cell('title')) ?? []
    const depth = dashes.replaceAll(' ', '').length
    while ((above.at(-1)?.depth ?? -1) >= depth) above.pop()
    const kind = cell('kind').toLowerCase()
    if (title === '' || !['chapter', 'block', 'category'].includes(kind))
      throw new Error(`line ${number}: no title or kind of entry`)
    let id: number
    const uri = uriOf(cell('foundation'), cell('linearization'))
    try {
      id = keyOf(uri)
    } catch (cause) {
      throw new Error(`line ${number}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    }
    const mark = kind === 'chapter' ? cell('chapter') : cell('code')
    yield {
      id,
      uri,
      label: mark ? `${mark} ${title}` : title,
      classKind: kind,
      isLeaf: /^true$/i.test(cell('leaf')),
      parentId: above.at(-1)?.id ?? null,
      depth,
      isAdoptedChild: false,
      breadth: 0
    }
    above.push({ depth, id })
  }
  if (!columns) throw new Error('the file is empty')
}

/** Residual entries ("other specified") have no foundation: they are named by their place in the linearization. */
function uriOf(foundation: string, linearization: string): string {
  const [, place = ''] = /\/(\d+(?:\/(?:other|unspecified))?)$/.exec(linearization) ?? []
  return foundation || (place ? `${ENTITY}${place}` : linearization)
}

function positions(header: readonly string[]): Record<keyof typeof COLUMNS, number> {
  const found = Object.fromEntries(
    Object.entries(COLUMNS).map(([name, pattern]) => [name, header.findIndex(cell => pattern.test(cell.trim()))])
  ) as Record<keyof typeof COLUMNS, number>
  const missing = (['linearization', 'code', 'title', 'kind'] as const).filter(name => found[name] === -1)
  if (missing.length > 0)
    throw new Error(
      `this is not WHO's tabulation: its first line has no column for ${missing.join(', ')}; expected text separated by tabs`
    )
  return found
}

const unquote = (cell: string) => (/^".*"$/s.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell)

const SUFFIXES: Readonly<Record<string, number>> = { mms: 1, other: 2, unspecified: 3 }

/** The key of an entity: its number; with a suffix a thousand times that, and the suffix's own (docs/api/consultations.md §8.2). */
export function keyOf(uri: string): number {
  const [, entity = '', suffix] = /\/(\d+)(?:\/([a-z]+))?$/.exec(uri) ?? []
  const added = suffix === undefined ? 0 : SUFFIXES[suffix]
  if (entity === '' || added === undefined) throw new Error(`${uri} does not name an entity of ICD-11`)
  return suffix === undefined ? Number(entity) : Number(entity) * 1000 + added
}
